// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>

namespace lsm::engine {

/// A failure that more than one thread hears of. Each is thrown an object of its own: one exception in
/// several threads would be freed by whichever looks at it last.
class failure {
public:
    failure() = default;
    explicit failure(std::exception_ptr original) : original_(std::move(original)) {
        try {
            std::rethrow_exception(original_);
        } catch (const error& what) {
            is_error_ = true;
            code_ = what.which();
            system_errno_ = what.system_errno();
            text_ = what.what();
            const std::string suffix = ": " + what.code().message();  // the next one adds it again
            if (text_.ends_with(suffix)) text_.resize(text_.size() - suffix.size());
        } catch (const std::exception& what) {
            text_ = what.what();
        } catch (...) {
            text_ = "unknown";
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return original_ != nullptr; }
    [[nodiscard]] const std::exception_ptr& original() const noexcept { return original_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Whether it was the medium, or stored bytes, and not a user's type or memory.
    [[nodiscard]] bool is_of_medium() const noexcept {
        return is_error_ && (code_ == errc::io || code_ == errc::corruption);
    }
    /// Whether space, descriptors or memory were short: nothing is damaged, and a later attempt may succeed.
    [[nodiscard]] bool is_shortage() const noexcept {
        if (!is_error_ || code_ != errc::io) return false;
        for (const int each : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM})
            if (system_errno_ == each) return true;
        return false;
    }
    /// Throws it once more. @pre there is one
    [[noreturn]] void raise() const {
        if (is_error_) throw error(code_, text_, system_errno_);
        std::rethrow_exception(original_);
    }

private:
    std::exception_ptr original_;
    std::string text_;
    errc code_ = errc::io;
    int system_errno_ = 0;
    bool is_error_ = false;
};

}  // namespace lsm::engine
