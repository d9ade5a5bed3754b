// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/storage/file_system/posix.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace bounded {

/// The operating system's files, on a device that takes its time for every table it is given.
class slow_file_system {
    using posix = lsm::posix_file_system;
    static constexpr auto per_call = std::chrono::milliseconds(2);

public:
    class file : public posix::file {
    public:
        explicit file(posix::file opened) : posix::file(std::move(opened)) {}
        void append(lsm::byte_view bytes) {
            std::this_thread::sleep_for(per_call);
            posix::file::append(bytes);
        }
        void sync() {
            std::this_thread::sleep_for(per_call);
            posix::file::sync();
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
