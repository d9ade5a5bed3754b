// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/config.hpp>
#include <lsm/core/error.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lsm {

/// Memory that stands for a disk. It outlives the trees on it, so that they can be reopened; copies
/// are the same disk.
class memory_disk {
public:
    memory_disk() : contents_(std::make_shared<contents>()) {}

private:
    friend class memory_medium;

    using table = std::shared_ptr<const byte_buffer>;
    struct segment {
        std::uint64_t bytes;
        byte_buffer written;  // zeros follow
    };
    struct contents {
        std::mutex mutex;
        std::map<table_name, table> tables;
        std::map<std::uint64_t, segment> log;
        std::optional<byte_buffer> root;
        int readers = 0;
        bool owned = false;
    };

    std::shared_ptr<contents> contents_;
};

/// Tables, log and root in a `memory_disk`, with the same promises as `directory` but durability.
/// One owner at a time, or any number of readers. For tests, and for trees that need no disk.
class memory_medium {
public:
    using location = memory_disk;

    class table_writer;
    class table_reader;
    class log_segment;
    class log_reader;

    /// @throws error `locked`
    memory_medium(const location& disk, open_mode mode)
        : contents_(disk.contents_), shared_(mode == open_mode::read_only) {
        const std::scoped_lock lock(contents_->mutex);
        if (contents_->owned || (!shared_ && contents_->readers > 0))
            throw error(errc::locked, "the memory disk is open elsewhere");
        if (shared_)
            ++contents_->readers;
        else
            contents_->owned = true;
    }
    memory_medium(const memory_medium&) = delete;
    memory_medium& operator=(const memory_medium&) = delete;
    ~memory_medium() {
        const std::scoped_lock lock(contents_->mutex);
        if (shared_)
            --contents_->readers;
        else
            contents_->owned = false;
    }

    [[nodiscard]] table_writer create(const table_name& name);
    [[nodiscard]] table_reader open(const table_name& name) const;
    void remove(const table_name& name) {
        const std::scoped_lock lock(contents_->mutex);
        contents_->tables.erase(name);
    }
    [[nodiscard]] std::vector<table_name> list() const {
        const std::scoped_lock lock(contents_->mutex);
        std::vector<table_name> names;
        for (const auto& [name, bytes] : contents_->tables) names.push_back(name);
        return names;
    }
    [[nodiscard]] log_segment create_log_segment(std::uint64_t number, std::uint64_t bytes, bool);
    void reuse_log_segment(log_segment& spare, std::uint64_t number);
    [[nodiscard]] log_reader open_log_segment(std::uint64_t number) const;
    void remove_log_segment(std::uint64_t number) {
        const std::scoped_lock lock(contents_->mutex);
        contents_->log.erase(number);
    }
    [[nodiscard]] std::vector<std::uint64_t> list_log_segments() const {
        const std::scoped_lock lock(contents_->mutex);
        std::vector<std::uint64_t> numbers;
        for (const auto& [number, segment] : contents_->log) numbers.push_back(number);
        return numbers;
    }
    /// The disk ends with the process, so the machine always is as it was.
    [[nodiscard]] static std::string boot_id() { return "memory"; }

    [[nodiscard]] std::optional<byte_buffer> load_root() const {
        const std::scoped_lock lock(contents_->mutex);
        return contents_->root;
    }
    replace_result replace_root(byte_view bytes) {
        byte_buffer next(bytes.begin(), bytes.end());
        const std::scoped_lock lock(contents_->mutex);
        contents_->root = std::move(next);
        return replace_result::ok;
    }
    [[nodiscard]] std::string describe() const { return "memory disk"; }

private:
    std::shared_ptr<memory_disk::contents> contents_;
    bool shared_;
};

/// A table on its way; nobody sees it before it is committed.
class memory_medium::table_writer {
public:
    table_writer(std::shared_ptr<memory_disk::contents> on, table_name name)
        : contents_(std::move(on)), name_(std::move(name)) {}

    void append(byte_view bytes) { lsm::append(bytes_, bytes); }
    void commit() {
        auto table = std::make_shared<const byte_buffer>(std::move(bytes_));
        const std::scoped_lock lock(contents_->mutex);
        if (!contents_->tables.try_emplace(name_, std::move(table)).second)
            throw error(errc::io, "memory disk: " + name_.file_name() + " exists");
    }

private:
    std::shared_ptr<memory_disk::contents> contents_;
    table_name name_;
    byte_buffer bytes_;
};

/// A committed table, which stays readable after its removal.
class memory_medium::table_reader {
public:
    explicit table_reader(std::shared_ptr<const byte_buffer> table) : table_(std::move(table)) {}

    [[nodiscard]] std::uint64_t bytes() const { return table_->size(); }
    void read(std::uint64_t offset, std::span<std::byte> to) const {
        if (offset > table_->size() || to.size() > table_->size() - offset)
            throw error(errc::corruption,
                        "the table ends before offset " + std::to_string(offset + to.size()));
        std::ranges::copy(byte_view(*table_).subspan(offset, to.size()), to.begin());
    }

private:
    std::shared_ptr<const byte_buffer> table_;
};

/// A segment of the log that is written to.
class memory_medium::log_segment {
public:
    log_segment(std::shared_ptr<memory_disk::contents> on, std::uint64_t number)
        : contents_(std::move(on)), number_(number) {}

    void write(std::uint64_t offset, byte_view bytes) {
        const std::scoped_lock lock(contents_->mutex);
        byte_buffer& to = contents_->log.at(number_).written;
        if (to.size() < offset + bytes.size()) to.resize(offset + bytes.size());
        std::ranges::copy(bytes, to.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void write_durably(std::uint64_t offset, byte_view bytes) { write(offset, bytes); }
    [[nodiscard]] static constexpr bool is_mapped() noexcept { return false; }
    void sync() noexcept {}

private:
    friend memory_medium;

    std::shared_ptr<memory_disk::contents> contents_;
    std::uint64_t number_;
};

/// A segment as it was when it was opened.
class memory_medium::log_reader {
public:
    explicit log_reader(memory_disk::segment seen) : seen_(std::move(seen)) {}

    [[nodiscard]] std::uint64_t bytes() const { return seen_.bytes; }
    void read(std::uint64_t offset, std::span<std::byte> to) const {
        if (offset > seen_.bytes || to.size() > seen_.bytes - offset)
            throw error(errc::corruption, "memory disk: the log's segment ends before offset " +
                                              std::to_string(offset + to.size()));
        std::ranges::fill(to, std::byte{});
        if (offset >= seen_.written.size()) return;
        const byte_view from = byte_view(seen_.written).subspan(offset);
        std::ranges::copy(from.first((std::min)(from.size(), to.size())), to.begin());
    }

private:
    memory_disk::segment seen_;
};

inline memory_medium::log_segment memory_medium::create_log_segment(std::uint64_t number,
                                                                    std::uint64_t bytes, bool) {
    memory_disk::segment made{bytes, {}};
    made.written.reserve(bytes);  // so that no write finds the memory full
    const std::scoped_lock lock(contents_->mutex);
    contents_->log.insert_or_assign(number, std::move(made));
    return {contents_, number};
}

inline void memory_medium::reuse_log_segment(log_segment& spare, std::uint64_t number) {
    const std::scoped_lock lock(contents_->mutex);
    auto held = contents_->log.extract(spare.number_);
    held.key() = number;
    contents_->log.insert(std::move(held));
    spare.number_ = number;
}

inline memory_medium::log_reader memory_medium::open_log_segment(std::uint64_t number) const {
    const std::scoped_lock lock(contents_->mutex);
    const auto found = contents_->log.find(number);
    if (found == contents_->log.end())
        throw error(errc::corruption, "memory disk: " + log_file_name(number) +
                                          " is missing, though the root names it");
    return log_reader(found->second);
}

inline memory_medium::table_writer memory_medium::create(const table_name& name) {
    return {contents_, name};
}

inline memory_medium::table_reader memory_medium::open(const table_name& name) const {
    const std::scoped_lock lock(contents_->mutex);
    const auto found = contents_->tables.find(name);
    if (found == contents_->tables.end())
        throw error(errc::corruption,
                    "memory disk: " + name.file_name() + " is missing, though the root names it");
    return table_reader(found->second);
}

}  // namespace lsm
