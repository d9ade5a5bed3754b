// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/storage/file_system/posix.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

namespace bounded {

/// The operating system's files, on a device that takes its time for what it is given, tables and log, and for reads
/// where `before_read` says so.
class slow_file_system {
    using posix = lsm::posix_file_system;
    static constexpr auto per_call = std::chrono::milliseconds(2);

public:
    static constexpr bool may_be_remote = false;
    /// Called before this thread reads, if it is set.
    static inline thread_local std::function<void()> before_read;
    static void wait_for_device() { std::this_thread::sleep_for(per_call); }

    class file : public posix::file {
    public:
        explicit file(posix::file opened) : posix::file(std::move(opened)) {}
        std::size_t read(std::uint64_t offset, std::span<std::byte> to) const {
            if (before_read) before_read();
            return posix::file::read(offset, to);
        }
        void append(lsm::byte_view bytes) {
            wait_for_device();
            posix::file::append(bytes);
        }
        void sync() {
            wait_for_device();
            posix::file::sync();
        }
        void sync_data() {
            wait_for_device();
            posix::file::sync_data();
        }
    };
    class folder : public posix::folder {
    public:
        explicit folder(posix::folder opened) : posix::folder(std::move(opened)) {}
        [[nodiscard]] file create(const std::string& name) {
            return file(posix::folder::create(name));
        }
        [[nodiscard]] std::optional<file> open(const std::string& name) const {
            auto opened = posix::folder::open(name);
            if (!opened) return std::nullopt;
            return file(std::move(*opened));
        }
    };

    [[nodiscard]] std::string boot_id() const { return posix().boot_id(); }
    [[nodiscard]] std::optional<folder> open_folder(const std::string& path,
                                                    bool may_create) const {
        auto opened = posix().open_folder(path, may_create);
        if (!opened) return std::nullopt;
        return folder(std::move(*opened));
    }
};

}  // namespace bounded
