// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/storage/file_system/posix_calls.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lsm {

namespace detail {

inline constexpr std::string_view lock_file_name = "lsm.lock";
inline constexpr std::string_view lock_magic = "lsm lock";
inline constexpr std::size_t root_note_bytes = 24;

/// The bytes of a lock file: docs/file_format.md, "Lock file".
[[nodiscard]] inline std::array<std::byte, root_note_bytes>
write_root_note(std::uint64_t generation) noexcept {
    std::array<std::byte, root_note_bytes> out;
    const auto put = [&](std::size_t at, byte_view bytes) {
        std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, as_bytes(lock_magic));
    put(8, to_little_endian(generation));
    put(16, to_little_endian(checksum(byte_view(out).first(16))));
    return out;
}
/// The generation that a lock file notes; 0 where a loss of power left none that is whole.
[[nodiscard]] inline std::uint64_t read_root_note(byte_view file) noexcept {
    if (file.size() != root_note_bytes || as_text(file.first(8)) != lock_magic) return 0;
    const auto sum = from_little_endian<std::uint64_t>(file.data() + 16);
    if (sum != checksum(file.first(16))) return 0;
    return from_little_endian<std::uint64_t>(file.data() + 8);
}
/// Whether a lock file may be ours. A loss of power may leave any bytes of a note; another program's file is
/// longer, or a text.
[[nodiscard]] inline bool is_lock_file(byte_view file) noexcept {
    if (file.size() > root_note_bytes) return false;
    if (begin_alike(file, as_bytes(lock_magic))) return true;
    return !std::ranges::all_of(file, [](std::byte each) {
        return each >= std::byte{' '} ? each < std::byte{127} : each == std::byte{'\n'};
    });
}

/// What the locks on a folder and on a file in it say together. @p file is nothing where there is no lock
/// file. @returns nothing, or why the folder cannot be had; `locked` where another owner is the reason
struct lock_verdict {
    bool is_held = false;
    std::string_view why = {};  ///< empty: it is ours
};
[[nodiscard]] constexpr lock_verdict judge_locks(lock_result folder,
                                                 std::optional<lock_result> file, bool is_remote,
                                                 bool may_be_remote, bool shared) noexcept {
    using enum lock_result;
    if (folder == held || file == held)
        return {true, "is open elsewhere: another process or another tree has it"};
    if (is_remote && !shared && !may_be_remote)
        return {false,
                "is on a file system of another machine, where a lock may not keep other hosts "
                "out: use a local one, or directory<remote_posix_file_system>"};
    if (is_remote && !shared && file != taken)
        return {false,
                "is on a file system of another machine that does not lock files, so that no "
                "other host is kept out: use another file system"};
    if (folder == unsupported && file && file != taken)
        return {false, "is on a file system without locks, so that no other owner is kept out: use "
                       "another file system"};
    return {};
}

}  // namespace detail

/// The owner of a folder: the lock on the folder itself, which no unlinked file can break, and one on a file
/// in it, which file systems of other machines pass on. The file also notes the newest root's generation,
/// so that an older root which takes the place of a newer one is found out.
///
/// The note is written after the root is on the device, and not waited for: it may lag behind, and is never
/// ahead.
template <class FileSystem>
class folder_owner {
    using folder = typename FileSystem::folder;
    using file =
        typename decltype(std::declval<const folder&>().open_as("", file_access::read))::value_type;

public:
    /// Locks. @param may_make_file whether a lock file may be made where there is none
    /// @throws error `locked`, `invalid_argument`, `io`
    folder_owner(folder& of, bool shared, bool may_make_file) {
        const lock_result of_folder = of.lock(shared);
        std::optional<lock_result> of_file;
        if (of_folder != lock_result::held) {
            const auto access = shared          ? file_access::read
                                : may_make_file ? file_access::create
                                                : file_access::write;
            file_ = of.open_as(std::string(detail::lock_file_name), access);
            if (file_) of_file = file_->lock(shared);
        }
        const auto verdict = detail::judge_locks(of_folder, of_file, of.is_remote(),
                                                 FileSystem::may_be_remote, shared);
        if (!verdict.why.empty())
            throw error(verdict.is_held ? errc::locked : errc::invalid_argument,
                        of.path() + " " + std::string(verdict.why));
        if (file_) newest_root_ = read(of.path());
    }

    /// The generation of the newest root that is known to have been on the device; 0 if none is.
    [[nodiscard]] std::uint64_t newest_root() const noexcept { return newest_root_; }
    /// Says that the root of this generation is on the device. What goes wrong only leaves the note behind.
    void note_root(std::uint64_t generation) noexcept {
        newest_root_ = generation;
        if (!file_) return;
        try {
            file_->write_note(0, detail::write_root_note(generation));
        } catch (...) {
        }
    }

private:
    std::uint64_t read(const std::string& path) const {
        std::array<std::byte, detail::root_note_bytes + 1> room;  // one more than it may have
        const byte_view bytes = byte_view(room).first(file_->read(0, room));
        if (!detail::is_lock_file(bytes))
            throw error(errc::corruption, path + "/" + std::string(detail::lock_file_name) +
                                              " is not a lock file of this library: move it away");
        return detail::read_root_note(bytes);
    }

    std::optional<file> file_;
    std::uint64_t newest_root_ = 0;
};

}  // namespace lsm
