// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/testing/sparse_bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm::testing {

/// A file apart from its names, as an inode's number is.
using file_number = std::uint64_t;

/// What changes a disk, or makes changes durable.
enum class call_kind {
    make_folder,
    sync_parent,  ///< makes a folder's own name durable
    create,
    rename,
    remove,
    sync_folder,
    write,
    write_durably,
    store,  ///< through a mapping
    preallocate,
    sync_data,
    sync_file
};

enum class call_result {
    done,
    failed,  ///< nothing has changed; what a sync should have written still waits for the next one
    lost     ///< a sync that failed, and after which no other one writes what this one should have
};

/// One call to a disk. A trace is made of them.
struct disk_call {
    call_kind kind = call_kind::write;
    std::string folder = {};
    std::string name = {};     ///< of the file, when it was opened
    std::string to = {};       ///< of the file after a rename
    file_number file = 0;      ///< the one that is created, renamed, removed, written or synced
    std::uint64_t offset = 0;  ///< where a write begins; the length that is preallocated
    byte_buffer bytes = {};    ///< what is written
    call_result result = call_result::done;

    [[nodiscard]] bool changes_names() const noexcept {
        return kind == call_kind::create || kind == call_kind::rename || kind == call_kind::remove;
    }
    [[nodiscard]] bool writes() const noexcept {
        return kind == call_kind::write || kind == call_kind::write_durably ||
               kind == call_kind::store;
    }
    [[nodiscard]] bool is_content() const noexcept {
        return writes() || kind == call_kind::preallocate;
    }
    [[nodiscard]] bool syncs() const noexcept {
        return kind == call_kind::sync_parent || kind == call_kind::sync_folder ||
               kind == call_kind::sync_data || kind == call_kind::sync_file;
    }
    /// For people: `write t/root.next, 120 bytes at 0`.
    [[nodiscard]] std::string describe() const;
};

/// The part of a call that reaches the device as one, or does not, unless something syncs it.
struct disk_change {
    std::shared_ptr<const disk_call> call;
    std::uint64_t offset = 0;  ///< of a write
    byte_view bytes = {};      ///< the call's own, or others that live as long
    bool durable = false;      ///< it has been synced
    bool given_up = false;     ///< a sync of it failed, and no later one will write it
};

/// What is on a disk: folders of names, and the files that the names stand for.
struct disk_image {
    std::map<std::string, std::map<std::string, file_number>> folders;
    std::map<file_number, sparse_bytes> files;

    /// Makes a change, also where changes before it are missing.
    void apply(const disk_change& change);
    /// Forgets the files that no name stands for.
    void drop_nameless();
    /// The bytes of all files that have a name.
    [[nodiscard]] std::uint64_t bytes() const;
    /// Images that look the same have equal hashes.
    [[nodiscard]] std::uint64_t hash() const;
};

/// A disk: what the running process sees, what is on the device for sure, and between them the
/// changes of which a loss of power keeps any part.
///
/// Names and contents are synced apart: a file's bytes can be on the device while its name is not.
/// `sync_data` leaves out one thing that `sync_file` does: a length that was only preallocated.
class disk_state {
public:
    disk_state() = default;
    /// A disk on which all that is there is durable.
    disk_state(disk_image image, std::uint64_t boots)
        : seen_(std::move(image)), durable_(seen_), boots_(boots) {
        if (!seen_.files.empty()) next_file_ = seen_.files.rbegin()->first + 1;
    }

    [[nodiscard]] const disk_image& seen() const noexcept { return seen_; }
    [[nodiscard]] const disk_image& durable() const noexcept { return durable_; }
    /// In the order in which they were made.
    [[nodiscard]] const std::vector<disk_change>& unsynced() const noexcept { return unsynced_; }
    /// How often power came back.
    [[nodiscard]] std::uint64_t boots() const noexcept { return boots_; }
    [[nodiscard]] file_number next_file() const noexcept { return next_file_; }

    void apply(std::shared_ptr<const disk_call> call);

private:
    void change(disk_change made) {
        seen_.apply(made);
        unsynced_.push_back(std::move(made));
    }
    /// A mapping's pages reach the device each for itself.
    void change_by_pages(const std::shared_ptr<const disk_call>& call);
    void sync(const disk_call& call);
    void settle();

    disk_image seen_, durable_;
    std::vector<disk_change> unsynced_;
    std::uint64_t boots_ = 1;
    file_number next_file_ = 1;
};

// ------------------------------------------------------------------------------ implementation

inline std::string disk_call::describe() const {
    static constexpr std::array<std::string_view, 12> names = {
        "make folder", "sync the parent of", "create", "rename",      "remove",    "sync folder",
        "write",       "write durably",      "store",  "preallocate", "sync data", "sync"};
    std::string text(names[static_cast<std::size_t>(kind)]);
    text += ' ' + folder;
    if (!name.empty()) text += '/' + name;
    if (!to.empty()) text += " to " + to;
    if (writes())
        text += ", " + std::to_string(bytes.size()) + " bytes at " + std::to_string(offset);
    if (kind == call_kind::preallocate) text += ", " + std::to_string(offset) + " bytes";
    if (result != call_result::done) text += " (failed)";
    return text;
}

inline void disk_image::apply(const disk_change& change) {
    const disk_call& call = *change.call;
    const auto erase = [](auto& names, const std::string& name, file_number file) {
        const auto found = names.find(name);
        if (found != names.end() && found->second == file) names.erase(found);
    };
    if (call.kind == call_kind::make_folder) folders.try_emplace(call.folder);
    if (call.writes()) files[call.file].write(change.offset, change.bytes);
    if (call.kind == call_kind::preallocate) files[call.file].extend(call.offset);
    const auto folder = folders.find(call.folder);
    if (!call.changes_names() || folder == folders.end()) return;
    if (call.kind != call_kind::create) erase(folder->second, call.name, call.file);
    if (call.kind == call_kind::remove) return;
    folder->second[call.kind == call_kind::create ? call.name : call.to] = call.file;
    files.try_emplace(call.file);
}

inline void disk_image::drop_nameless() {
    std::map<file_number, sparse_bytes> named;
    for (const auto& [path, names] : folders)
        for (const auto& [name, file] : names)
            if (auto found = files.extract(file)) named.insert(std::move(found));
    files = std::move(named);
}

inline std::uint64_t disk_image::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [path, names] : folders)
        for (const auto& [name, file] : names) sum += files.at(file).size();
    return sum;
}

inline std::uint64_t disk_image::hash() const {
    std::uint64_t sum = 0;
    for (const auto& [path, names] : folders) {
        sum = checksum(as_bytes(path), sum + 1);
        for (const auto& [name, file] : names)
            sum = files.at(file).hash(checksum(as_bytes(name), sum + 1));
    }
    return sum;
}

inline void disk_state::apply(std::shared_ptr<const disk_call> call) {
    if (call->syncs() && call->result != call_result::failed) sync(*call);
    if (call->syncs() || call->result != call_result::done) return;
    if (call->kind == call_kind::create) next_file_ = (std::max)(next_file_, call->file + 1);
    if (call->kind == call_kind::store) return change_by_pages(call);
    const bool durably = call->kind == call_kind::write_durably;
    change({call, call->offset, call->bytes, durably});
    if (durably) settle();
}

inline void disk_state::change_by_pages(const std::shared_ptr<const disk_call>& call) {
    constexpr std::uint64_t page = sparse_bytes::page_bytes;
    byte_view left = call->bytes;
    for (std::uint64_t at = call->offset; !left.empty();) {
        const auto count =
            static_cast<std::size_t>((std::min<std::uint64_t>)(left.size(), page - at % page));
        change({call, at, left.first(count)});
        left = left.subspan(count);
        at += count;
    }
}

inline void disk_state::sync(const disk_call& call) {
    const auto covers = [&](const disk_call& made) {
        switch (call.kind) {
        case call_kind::sync_parent:
            return made.kind == call_kind::make_folder && made.folder == call.folder;
        case call_kind::sync_folder: return made.changes_names() && made.folder == call.folder;
        case call_kind::sync_data: return made.writes() && made.file == call.file;
        default:
            return (made.writes() || made.kind == call_kind::preallocate) && made.file == call.file;
        }
    };
    for (disk_change& each : unsynced_) {
        if (!covers(*each.call)) continue;
        if (call.result == call_result::lost)
            each.given_up = !each.durable;
        else
            each.durable = each.durable || !each.given_up;
    }
    settle();
}

/// Moves what is durable to the device, unless a change before it may still come or not, which
/// this one hides where it is: then it stays in the order, marked.
inline void disk_state::settle() {
    const auto in_order = [](const disk_change& earlier, const disk_change& later) {
        if (!earlier.call->is_content() && !later.call->is_content())
            return earlier.call->folder == later.call->folder;
        return earlier.call->writes() && later.call->writes() &&
               earlier.call->file == later.call->file &&
               earlier.offset < later.offset + later.bytes.size() &&
               later.offset < earlier.offset + earlier.bytes.size();
    };
    std::vector<disk_change> left;
    for (disk_change& each : unsynced_) {
        const bool waits = !each.durable || std::ranges::any_of(left, [&](const auto& earlier) {
            return in_order(earlier, each);
        });
        if (waits)
            left.push_back(std::move(each));
        else
            durable_.apply(each);
    }
    unsynced_ = std::move(left);
}

}  // namespace lsm::testing
