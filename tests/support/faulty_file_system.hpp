// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/error.hpp>
#include <lsm/storage/file_system/posix.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace support {

/// What goes wrong in every `faulty_file_system` of this thread.
struct file_faults {
    std::uint64_t calls = 0;    ///< counted so far
    std::uint64_t fail_at = 0;  ///< the call that fails, counted from 1; 0: none
    bool for_ever = false;      ///< whether all calls after that fail too
    bool only_writes = false;   ///< whether only calls that take space count
    int number = 0;             ///< the errno

    static file_faults& here() {
        static thread_local file_faults faults;
        return faults;
    }
    /// Counts a call. @returns whether it fails
    [[nodiscard]] bool fails(bool writes) {
        if (only_writes && !writes) return false;
        ++calls;
        return fail_at != 0 && (for_ever ? calls >= fail_at : calls == fail_at);
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw lsm::error(lsm::errc::io,
                         what + ": injected " + std::generic_category().message(number), number);
    }
    void check(bool writes, const std::string& what) {
        if (fails(writes)) fail(what);
    }
};

/// The operating system's files, failing on demand. A write that fails has written half.
class faulty_file_system {
    using posix = lsm::posix_file_system;

public:
    class file {
    public:
        explicit file(posix::file opened) : file_(std::move(opened)) {}
        void append(lsm::byte_view bytes) {
            if (file_faults::here().fails(true)) {
                file_.append(bytes.first(bytes.size() / 2));
                file_faults::here().fail("writing " + path());
            }
            file_.append(bytes);
        }
        std::size_t read(std::uint64_t offset, std::span<std::byte> to) const {
            file_faults::here().check(false, "reading " + path());
            return file_.read(offset, to);
        }
        [[nodiscard]] std::uint64_t bytes() const { return file_.bytes(); }
        [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
        void sync() {
            file_faults::here().check(true, "syncing " + path());
            file_.sync();
        }

    private:
        posix::file file_;
    };

    class folder {
    public:
        explicit folder(posix::folder opened) : folder_(std::move(opened)) {}
        [[nodiscard]] const std::string& path() const noexcept { return folder_.path(); }
        [[nodiscard]] bool lock(bool shared) { return folder_.lock(shared); }
        [[nodiscard]] file create(const std::string& name) {
            file_faults::here().check(true, "creating " + path() + "/" + name);
            return file(folder_.create(name));
        }
        [[nodiscard]] std::optional<file> open(const std::string& name) const {
            file_faults::here().check(false, "opening " + path() + "/" + name);
            std::optional<posix::file> opened = folder_.open(name);
            if (!opened) return std::nullopt;
            return file(std::move(*opened));
        }
        void rename(const std::string& from, const std::string& to) {
            file_faults::here().check(true, "renaming " + path() + "/" + from);
            folder_.rename(from, to);
        }
        void remove(const std::string& name) {
            file_faults::here().check(false, "removing " + path() + "/" + name);
            folder_.remove(name);
        }
        void sync() {
            file_faults::here().check(true, "syncing " + path());
            folder_.sync();
        }
        [[nodiscard]] std::vector<std::string> list() const {
            file_faults::here().check(false, "listing " + path());
            return folder_.list();
        }

    private:
        posix::folder folder_;
    };

    [[nodiscard]] std::optional<folder> open_folder(const std::string& path,
                                                    bool may_create) const {
        file_faults::here().check(true, "opening folder " + path);
        std::optional<posix::folder> opened = posix().open_folder(path, may_create);
        if (!opened) return std::nullopt;
        return folder(std::move(*opened));
    }
};

}  // namespace support
