// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace lsm {

/// What went wrong, as coarse as what the caller can do about it.
enum class errc {
    io = 1,            ///< The medium failed. Retry, free space, or stop.
    corruption,        ///< Stored bytes are not what was written. Restore or repair.
    incompatible,      ///< Other types, another format or another version than stored.
    locked,            ///< Another owner has the tree open.
    read_only,         ///< The tree takes no writes. Reopen it for writing.
    invalid_argument,  ///< The call asks for what cannot be. Change the call.
    busy               ///< The tree is not ready for this. Try again later.
};

namespace detail {

// Visible beyond its module, so that modules which hide their symbols share one category.
class [[gnu::visibility("default")]] error_category_type final : public std::error_category {
public:
    const char* name() const noexcept override { return "lsm"; }
    std::string message(int code) const override {
        switch (static_cast<errc>(code)) {
        case errc::io: return "input or output failed: retry, free space, or stop";
        case errc::corruption: return "stored data is damaged: restore or repair it";
        case errc::incompatible: return "stored data is of another kind: use matching types";
        case errc::locked: return "another owner has it open: close that one first";
        case errc::read_only: return "no writes are taken: reopen for writing";
        case errc::invalid_argument: return "the call asks for what cannot be: change it";
        case errc::busy: return "not ready: try again later";
        }
        return "unknown";
    }
    /// Categories of one name are one category: a plugin may have an object of its own.
    bool equivalent(const std::error_code& code, int condition) const noexcept override {
        return code.value() == condition && std::string_view(code.category().name()) == name();
    }
};

}  // namespace detail

/// The category of every `lsm::errc`.
[[nodiscard]] [[gnu::visibility("default")]] inline const std::error_category&
error_category() noexcept {
    static const detail::error_category_type category;
    return category;
}

[[nodiscard]] inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// Whether @p code is an `lsm::errc` of this value, from any module of the process: `e.code() == lsm::errc::io`.
/// Two `std::error_code`s compare the addresses of their categories, of which some modules have their own.
[[nodiscard]] inline bool operator==(const std::error_code& code, errc which) noexcept {
    return error_category().equivalent(code, static_cast<int>(which));
}

/// The world failed. `code()` is one of `lsm::errc`; `what()` names the file, the place, what was
/// expected and what was found, and ends with what to do. The wording is no interface.
class [[gnu::visibility("default")]] error : public std::system_error {
public:
    /// @param code what the caller can act on
    /// @param what what happened and where
    /// @param system_errno the operating system's error number, 0 where it has no part
    error(errc code, const std::string& what, int system_errno = 0)
        : std::system_error(make_error_code(code), what), system_errno_(system_errno) {}

    /// The code as the enumeration.
    [[nodiscard]] errc which() const noexcept { return static_cast<errc>(code().value()); }
    /// The `errno` behind an `errc::io`, 0 where there is none.
    [[nodiscard]] int system_errno() const noexcept { return system_errno_; }

private:
    int system_errno_;
};

}  // namespace lsm

/// @cond
template <>
struct std::is_error_code_enum<lsm::errc> : std::true_type {};
/// @endcond
