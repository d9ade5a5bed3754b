// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/error.hpp>
#include <lsm/testing/disk_fault.hpp>
#include <lsm/testing/disk_state.hpp>
#include <lsm/testing/sparse_bytes.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace lsm::testing {

class simulated_file_system;

struct disk_settings {
    /// When all named files together would have more bytes, a write does what fits, then ENOSPC.
    std::uint64_t capacity = (std::numeric_limits<std::uint64_t>::max)();
    bool maps = true;  ///< whether files can be mapped
};

/// All that happened to a disk: `for_each_crash_state` makes of it every crash that could have been.
struct disk_trace {
    disk_settings settings;
    disk_state begin;
    std::vector<std::shared_ptr<const disk_call>> calls;
};

namespace detail {

/// An open file, or one that is to be.
struct simulated_file {
    std::string folder;
    std::string name;
    file_number number = 0;
    bool writable = false;

    [[nodiscard]] disk_call call(call_kind kind) const {
        return {.kind = kind, .folder = folder, .name = name, .file = number};
    }
};

/// The calls of a file system, one at a time: counted, struck by faults, recorded, carried out.
class disk_core {
public:
    explicit disk_core(disk_state begin, disk_settings settings)
        : begin_(std::move(begin)), state_(begin_), settings_(settings) {}

    [[nodiscard]] bool open_folder(const std::string& path, bool may_create);
    [[nodiscard]] bool lock_folder(const std::string& path, bool shared);
    void unlock_folder(const std::string& path);
    [[nodiscard]] std::vector<std::string> list(const std::string& folder);

    [[nodiscard]] file_number create(const std::string& folder, const std::string& name);
    [[nodiscard]] std::optional<file_number> open(const std::string& folder,
                                                  const std::string& name);
    void rename(const std::string& folder, const std::string& from, const std::string& to);
    void remove(const std::string& folder, const std::string& name);

    /// At the end where no offset is given.
    void write(const simulated_file& to, std::optional<std::uint64_t> at, byte_view bytes,
               call_kind kind);
    void store(const simulated_file& to, std::uint64_t offset, byte_view bytes);
    void preallocate(const simulated_file& of, std::uint64_t bytes);
    std::size_t read(const simulated_file& from, std::uint64_t offset, std::span<std::byte> to);
    [[nodiscard]] std::uint64_t bytes(const simulated_file& of);
    void sync(disk_call call);

    template <class F>
    decltype(auto) locked(F f) {
        const std::scoped_lock lock(mutex_);
        return f(*this);
    }

    void take_time(std::chrono::microseconds each) noexcept { each_call_takes_ = each; }

    // What `locked` gives access to.
    [[nodiscard]] fault_injector& faults() noexcept { return faults_; }
    [[nodiscard]] std::size_t position() const noexcept { return calls_.size(); }
    [[nodiscard]] disk_trace trace() const { return {settings_, begin_, calls_}; }
    [[nodiscard]] const disk_state& state() const noexcept { return state_; }
    [[nodiscard]] disk_settings& settings() noexcept { return settings_; }

private:
    /// Other threads may go on meanwhile: the disk is not locked.
    void pass_time() const {
        const std::chrono::microseconds each = each_call_takes_;
        if (each.count() > 0) std::this_thread::sleep_for(each);
    }
    [[noreturn]] static void fail(const std::string& what, int number) {
        throw error(errc::io, what + ": simulated " + std::generic_category().message(number),
                    number);
    }
    void check(touch what, const std::string& doing) {
        if (const auto hit = faults_.strike(what)) fail(doing, number_of(*hit));
    }
    void record(disk_call call) {
        calls_.push_back(std::make_shared<const disk_call>(std::move(call)));
        state_.apply(calls_.back());
    }
    /// Records a call, and that it failed if it is struck.
    void perform(touch what, disk_call call);
    [[nodiscard]] const sparse_bytes& content(file_number file) const {
        return state_.seen().files.at(file);
    }
    [[nodiscard]] std::optional<file_number> find(const std::string& folder,
                                                  const std::string& name) const;
    /// How long a file can be.
    [[nodiscard]] std::uint64_t limit(file_number file) const;
    static void check_writable(const simulated_file& file, const disk_call& call) {
        if (!file.writable) fail(call.describe(), EBADF);
    }

    struct folder_lock {
        bool owned = false;
        int readers = 0;
    };

    std::mutex mutex_;
    disk_state begin_, state_;
    disk_settings settings_;
    std::vector<std::shared_ptr<const disk_call>> calls_;
    std::map<std::string, folder_lock> locks_;
    fault_injector faults_;
    std::atomic<std::chrono::microseconds> each_call_takes_ = std::chrono::microseconds(0);
};

}  // namespace detail

/// A disk in memory for `simulated_file_system`, which loses power, fails, and fills up on demand;
/// copies are the same disk. It outlives the trees on it, so that they can be reopened.
///
/// It records every call that changes it, with all bytes: it is for scripts, not for load tests.
/// Any thread may use it.
class simulated_disk {
public:
    explicit simulated_disk(disk_settings settings = {}) : simulated_disk({}, settings) {}
    /// Begins with what is there, and no calls.
    explicit simulated_disk(disk_state begin, disk_settings settings = {})
        : core_(std::make_shared<detail::disk_core>(std::move(begin), settings)) {}

    /// From now on this goes wrong, instead of what was injected before.
    void inject(const fault& next) {
        core_->locked([&](auto& core) { core.faults() = detail::fault_injector(next); });
    }
    /// Nothing goes wrong any more.
    void heal() {
        core_->locked([](auto& core) { core.faults() = {}; });
    }
    /// How many calls the fault has struck since it was injected.
    [[nodiscard]] std::uint64_t strikes() const {
        return core_->locked([](auto& core) { return core.faults().strikes(); });
    }
    /// From now on each call for files and names takes so long, before it does anything: threads meet in windows
    /// that a disk in memory would never open. A store through a mapping takes no time.
    void take_time(std::chrono::microseconds each_call) { core_->take_time(each_call); }
    void set_capacity(std::uint64_t bytes) {
        core_->locked([&](auto& core) { core.settings().capacity = bytes; });
    }

    /// How many calls are in the trace: what is acknowledged now, was so after that many.
    [[nodiscard]] std::size_t position() const {
        return core_->locked([](auto& core) { return core.position(); });
    }
    [[nodiscard]] disk_trace trace() const {
        return core_->locked([](auto& core) { return core.trace(); });
    }
    /// As it is, with what is not synced.
    [[nodiscard]] disk_state state() const {
        return core_->locked([](auto& core) { return core.state(); });
    }

private:
    friend class simulated_file_system;

    std::shared_ptr<detail::disk_core> core_;
};

// ------------------------------------------------------------------------------ implementation

namespace detail {

inline void disk_core::perform(touch what, disk_call call) {
    const auto hit = faults_.strike(what);
    if (hit)
        call.result = hit->kind == fault_kind::sync_loses ? call_result::lost : call_result::failed;
    const std::string doing = hit ? call.describe() : std::string();
    record(std::move(call));
    if (hit) fail(doing, number_of(*hit));
}

inline bool disk_core::open_folder(const std::string& path, bool may_create) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    check(touch::open, "opening folder " + path);
    const auto found = state_.seen().folders.find(path);
    const bool missing = found == state_.seen().folders.end();
    if (missing && !may_create) return false;
    if (!may_create || (!missing && !found->second.empty())) return true;
    if (missing) perform(touch::make, {.kind = call_kind::make_folder, .folder = path});
    perform(touch::sync_names, {.kind = call_kind::sync_parent, .folder = path});
    return true;
}

inline bool disk_core::lock_folder(const std::string& path, bool shared) {
    const std::scoped_lock lock(mutex_);
    folder_lock& held = locks_[path];
    if (held.owned || (!shared && held.readers > 0)) return false;
    if (shared)
        ++held.readers;
    else
        held.owned = true;
    return true;
}

inline void disk_core::unlock_folder(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    folder_lock& held = locks_[path];
    if (held.owned)
        held.owned = false;
    else
        --held.readers;
}

inline std::vector<std::string> disk_core::list(const std::string& folder) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    check(touch::list, "listing " + folder);
    std::vector<std::string> names = {".", ".."};  // as the operating system does
    for (const auto& [name, file] : state_.seen().folders.at(folder)) names.push_back(name);
    return names;
}

inline std::optional<file_number> disk_core::find(const std::string& folder,
                                                  const std::string& name) const {
    const auto& names = state_.seen().folders.at(folder);
    const auto found = names.find(name);
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

inline file_number disk_core::create(const std::string& folder, const std::string& name) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    const file_number made = state_.next_file();
    if (find(folder, name)) fail("creating " + folder + "/" + name, EEXIST);
    perform(touch::make, {.kind = call_kind::create, .folder = folder, .name = name, .file = made});
    return made;
}

inline std::optional<file_number> disk_core::open(const std::string& folder,
                                                  const std::string& name) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    check(touch::open, "opening " + folder + "/" + name);
    return find(folder, name);
}

inline void disk_core::rename(const std::string& folder, const std::string& from,
                              const std::string& to) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    const auto file = find(folder, from);
    if (!file) fail("renaming " + folder + "/" + from, ENOENT);
    perform(touch::rename,
            {.kind = call_kind::rename, .folder = folder, .name = from, .to = to, .file = *file});
}

inline void disk_core::remove(const std::string& folder, const std::string& name) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    const auto file = find(folder, name);
    if (!file) return check(touch::remove, "removing " + folder + "/" + name);
    perform(touch::remove,
            {.kind = call_kind::remove, .folder = folder, .name = name, .file = *file});
}

inline std::uint64_t disk_core::limit(file_number file) const {
    if (settings_.capacity == disk_settings().capacity) return settings_.capacity;
    const std::uint64_t used = state_.seen().bytes();
    return content(file).size() + settings_.capacity - (std::min)(used, settings_.capacity);
}

inline void disk_core::write(const simulated_file& to, std::optional<std::uint64_t> at,
                             byte_view bytes, call_kind kind) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    disk_call call = to.call(kind);
    call.offset = at.value_or(content(to.number).size());
    check_writable(to, call);
    const std::uint64_t most = limit(to.number);
    std::size_t fits = bytes.size();
    int number = 0;
    if (call.offset + fits > most) {
        fits = call.offset < most ? static_cast<std::size_t>(most - call.offset) : 0;
        number = ENOSPC;
    }
    if (const auto hit = faults_.strike(touch::write)) {
        fits = hit->kind == fault_kind::short_write ? (std::min)(fits, bytes.size() / 2) : 0;
        number = number_of(*hit);
    }
    call.bytes.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(fits));
    if (number != 0) call.kind = call_kind::write;  // what failed half-way is not durable
    if (number != 0 && fits == 0) call.result = call_result::failed;
    const std::string doing = number != 0 ? call.describe() : std::string();
    record(std::move(call));
    if (number != 0) fail(doing, number);
}

inline void disk_core::store(const simulated_file& to, std::uint64_t offset, byte_view bytes) {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t size = content(to.number).size();
    if (offset > size || bytes.size() > size - offset)
        throw std::out_of_range("a store past the end of " + to.folder + "/" + to.name +
                                ": the process would get SIGBUS");
    disk_call call = to.call(call_kind::store);
    call.offset = offset;
    const auto hit = faults_.strike(touch::store);
    if (hit) bytes = bytes.first(hit->kind == fault_kind::short_write ? bytes.size() / 2 : 0);
    call.bytes.assign(bytes.begin(), bytes.end());
    if (hit && bytes.empty()) call.result = call_result::failed;
    const std::string doing = hit ? call.describe() : std::string();
    record(std::move(call));
    if (hit) fail(doing, number_of(*hit));
}

inline void disk_core::preallocate(const simulated_file& of, std::uint64_t bytes) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    disk_call call = of.call(call_kind::preallocate);
    call.offset = bytes;
    check_writable(of, call);
    if (bytes > limit(of.number)) fail(call.describe(), ENOSPC);
    perform(touch::write, std::move(call));
}

inline std::size_t disk_core::read(const simulated_file& from, std::uint64_t offset,
                                   std::span<std::byte> to) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    const auto hit = faults_.strike(touch::read);
    if (hit && hit->kind != fault_kind::flipped_bit)
        fail("reading " + from.folder + "/" + from.name, number_of(*hit));
    const std::size_t got = content(from.number).read(offset, to);
    if (hit && got > 0) {
        const auto bit = static_cast<std::size_t>(hit->bit % (got * 8));
        to[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    return got;
}

inline std::uint64_t disk_core::bytes(const simulated_file& of) {
    const std::scoped_lock lock(mutex_);
    return content(of.number).size();
}

inline void disk_core::sync(disk_call call) {
    pass_time();
    const std::scoped_lock lock(mutex_);
    const bool of_names = call.kind == call_kind::sync_folder;
    perform(of_names ? touch::sync_names : touch::sync, std::move(call));
}

}  // namespace detail

}  // namespace lsm::testing
