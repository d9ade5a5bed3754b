// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/storage/file_system/posix_calls.hpp>
#include <lsm/testing/simulated_disk.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lsm::testing {

/// The seam below `directory`, on a `simulated_disk`: a tree on it is crashed at every point and in
/// every way by `for_each_crash_state`, and meets the disk's faults.
///
///     lsm::testing::simulated_disk disk;
///     using medium = lsm::directory<lsm::testing::simulated_file_system>;
///     lsm::lsm_tree<int, int, lsm::skip_list_memtable, lsm::block_storage<medium>> tree{
///         {lsm::testing::simulated_file_system(disk), "stock.db"}};
///
/// Members promise what those of `posix_file_system` promise, and errors are the same. A folder's
/// path is one name; there are no folders in it.
class simulated_file_system {
public:
    class file;
    class folder;
    class mapping;
    static constexpr bool may_be_remote = false;

    explicit simulated_file_system(simulated_disk disk) : core_(std::move(disk.core_)) {}

    [[nodiscard]] std::optional<folder> open_folder(const std::string& path, bool may_create) const;

    /// Another one after each loss of power.
    [[nodiscard]] std::string boot_id() const {
        const std::uint64_t boots = core_->locked([](auto& core) { return core.state().boots(); });
        std::string digits = std::to_string(boots);
        if (digits.size() < 12) digits.insert(0, 12 - digits.size(), '0');
        return "00000000-0000-4000-8000-" + digits;
    }

private:
    std::shared_ptr<detail::disk_core> core_;
};

/// Part of a file as memory. What is stored is in the file at once; a crash keeps or loses each page
/// of it alone, until the file is synced.
class simulated_file_system::mapping {
public:
    mapping(std::shared_ptr<detail::disk_core> core, detail::simulated_file of, std::uint64_t bytes)
        : core_(std::move(core)), file_(std::move(of)), bytes_(bytes) {}

    /// @throws error where a fault strikes; std::out_of_range past the end of the mapping
    void store(std::uint64_t offset, byte_view bytes) {
        if (offset > bytes_ || bytes.size() > bytes_ - offset)
            throw std::out_of_range("a store past the end of a mapping");
        core_->store(file_, offset, bytes);
    }
    void before_sync() noexcept {}

private:
    std::shared_ptr<detail::disk_core> core_;
    detail::simulated_file file_;
    std::uint64_t bytes_;
};

/// An open file. One that was created can be written and read, one that was opened only read.
class simulated_file_system::file {
public:
    file(std::shared_ptr<detail::disk_core> core, detail::simulated_file opened)
        : core_(std::move(core)), file_(std::move(opened)), path_(file_.folder + "/" + file_.name) {
    }

    void append(byte_view bytes) { core_->write(file_, {}, bytes, call_kind::write); }
    void write_at(std::uint64_t offset, byte_view bytes) {
        core_->write(file_, offset, bytes, call_kind::write);
    }
    /// Returns when these bytes are on the device; it says nothing of others.
    void write_at_durably(std::uint64_t offset, byte_view bytes) {
        core_->write(file_, offset, bytes, call_kind::write_durably);
    }
    /// It is on the device at once, so that it adds no crashes that differ only in it.
    void write_note(std::uint64_t offset, byte_view bytes) { write_at_durably(offset, bytes); }
    /// The folder's lock is all there is.
    [[nodiscard]] static lock_result lock(bool) noexcept { return lock_result::taken; }
    /// Makes the file so long at least, with zeros, and with the space for it.
    void preallocate(std::uint64_t bytes) { core_->preallocate(file_, bytes); }
    /// Nothing where the disk gives no mappings. @pre the file has so many bytes, where it is used
    [[nodiscard]] std::optional<mapping> map(std::uint64_t bytes) {
        const bool maps = core_->locked([](auto& core) { return core.settings().maps; });
        return maps ? std::optional<mapping>(std::in_place, core_, file_, bytes) : std::nullopt;
    }
    std::size_t read(std::uint64_t offset, std::span<std::byte> to) const {
        return core_->read(file_, offset, to);
    }
    /// Its reads wait for nothing.
    void expect_any_order() const noexcept {}
    void expect(std::uint64_t, std::uint64_t) const noexcept {}
    void expect_sync(std::uint64_t, std::uint64_t) noexcept {}
    [[nodiscard]] std::uint64_t bytes() const { return core_->bytes(file_); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Returns when the bytes are on the device, and the length. It does nothing for the name.
    void sync() { core_->sync(file_.call(call_kind::sync_file)); }
    /// The same, but for a length that was only preallocated.
    void sync_data() { core_->sync(file_.call(call_kind::sync_data)); }

private:
    std::shared_ptr<detail::disk_core> core_;
    detail::simulated_file file_;
    std::string path_;
};

/// An open folder.
class simulated_file_system::folder {
public:
    folder(std::shared_ptr<detail::disk_core> core, std::string path)
        : core_(std::move(core)), path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] lock_result lock(bool shared) {
        if (!core_->lock_folder(path_, shared)) return lock_result::held;
        const auto unlock = [core = core_, path = path_](const void*) {
            core->unlock_folder(path);
        };
        lock_ = std::shared_ptr<const void>(nullptr, unlock);
        return lock_result::taken;
    }
    [[nodiscard]] static bool is_remote() noexcept { return false; }
    [[nodiscard]] file create(const std::string& name) {
        return {core_, {path_, name, core_->create(path_, name), true}};
    }
    [[nodiscard]] std::optional<file> open(const std::string& name) const {
        const std::optional<file_number> found = core_->open(path_, name);
        if (!found) return std::nullopt;
        return file(core_, {path_, name, *found, false});
    }
    [[nodiscard]] std::optional<file> open_as(const std::string& name, file_access access) const {
        const std::optional<file_number> found = core_->open(path_, name);
        if (!found && access != file_access::create) return std::nullopt;
        return file(core_, {path_, name, found ? *found : core_->create(path_, name),
                            access != file_access::read});
    }
    void rename(const std::string& from, const std::string& to) { core_->rename(path_, from, to); }
    void remove(const std::string& name) { core_->remove(path_, name); }
    /// Returns when names made, renamed and removed so far are on the device; it does nothing for
    /// the files' bytes.
    void sync() { core_->sync({.kind = call_kind::sync_folder, .folder = path_}); }
    [[nodiscard]] std::vector<std::string> list() const { return core_->list(path_); }

private:
    std::shared_ptr<detail::disk_core> core_;
    std::string path_;
    std::shared_ptr<const void> lock_;  // released with the folder
};

inline std::optional<simulated_file_system::folder>
simulated_file_system::open_folder(const std::string& path, bool may_create) const {
    if (!core_->open_folder(path, may_create)) return std::nullopt;
    return folder(core_, path);
}

}  // namespace lsm::testing
