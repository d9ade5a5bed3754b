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
    struct contents {
        std::mutex mutex;
        std::map<table_name, table> tables;
        std::optional<byte_buffer> root;
        int readers = 0;
        bool owned = false;
    };

    std::shared_ptr<contents> contents_;
};

/// Tables and root in a `memory_disk`, with the same promises as `directory` but durability.
/// One owner at a time, or any number of readers. For tests, and for trees that need no disk.
class memory_medium {
public:
    using location = memory_disk;

    class table_writer;
    class table_reader;

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
