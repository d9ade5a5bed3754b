// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>
#include <lsm/core/options.hpp>
#include <lsm/storage/record/log_record.hpp>
#include <lsm/storage/record/root_record.hpp>
#include <lsm/storage/storage.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lsm::engine {

/// The write-ahead log as it is written: segments of a fixed length, the last of which takes groups.
/// The first is small, for a tree that is hardly written to; each next one is twice as long, up to the
/// options' length. A segment of that length that is no longer needed is used again, so that writing to it
/// neither reserves space nor changes the file's length. There are never more files than were needed at
/// once, and one that was made longer for a large group is not kept.
///
/// One thread at a time appends, and begins segments; any thread may `sync`. Whoever begins a
/// segment names it in the root before it takes groups, and drops segments after the root has.
template <class Medium>
class log {
    using segment_file = decltype(std::declval<Medium&>().create_log_segment(0, 0, true));

public:
    log(std::shared_ptr<Medium> on, const log_options& options, bool may_map)
        : medium_(std::move(on)), options_(options), may_map_(may_map) {}

    /// Takes over a segment of a former log, to be dropped like one's own.
    void adopt(const log_segment_record& record, sequence_number last) {
        older_.push_back({record, last, nullptr});
    }

    /// Whether groups of so many bytes fit, all padding included.
    [[nodiscard]] bool has_room(std::uint64_t bytes) const noexcept {
        return active_ &&
               active_->record.bytes - active_->end.load(std::memory_order_relaxed) >= bytes;
    }

    /// Makes the next segment, with its header on the device. The one before is wholly on the device
    /// then. It takes no groups before `activate`. @throws error
    [[nodiscard]] log_segment_record prepare(std::uint64_t number, std::uint64_t epoch,
                                             std::uint64_t group_bytes) {
        sync();
        const std::uint64_t bytes =
            (std::max)(usual_bytes_, lsm::detail::log_groups_begin + group_bytes);
        prepared_ = make_segment(number, epoch, bytes);
        const log_segment_record record = prepared_->record;
        const bool first = active_ == nullptr;
        prepared_->sum = first ? lsm::detail::log_origin(epoch) : active_->sum;
        prepared_->file->write(0,
                               write_log_header({number, epoch, record.bytes, boot(),
                                                 first ? 0 : active_->end.load(), prepared_->sum}));
        prepared_->file->sync();  // not `write_durably`, which would give up the mapping
        return record;
    }
    /// Undoes `prepare`, if that was not activated.
    void unprepare() noexcept {
        if (prepared_) remove(prepared_->record);
        prepared_.reset();
    }
    /// Groups go to the segment that was prepared, which the root names by now.
    void activate() {
        const std::scoped_lock lock(mutex_);
        if (active_) {
            sealed_bytes_ += active_->end.load();
            older_.push_back({active_->record, last_, std::move(active_)});
        }
        active_ = std::move(prepared_);
        usual_bytes_ = (std::min)(2 * usual_bytes_, options_.segment_bytes);
        most_live_ = (std::max)(most_live_, older_.size() + 1);
    }

    /// Adds a group to what the next `commit` writes. @pre it has room. Strong guarantee.
    void append(byte_buffer& group, sequence_number first, std::uint32_t count) {
        const std::uint64_t padded = padded_group(group.size());
        batch_.reserve(batch_.size() + padded);
        batch_sum_ = seal_group(group, first, count, active_->record.epoch,
                                active_->end.load(std::memory_order_relaxed) + batch_.size(),
                                batch_.empty() ? active_->sum : batch_sum_);
        lsm::append(batch_, group);
        batch_.resize(batch_.size() + padded - group.size());
        batch_last_ = first + count - 1;
    }
    /// Writes what was appended. The groups survive what @p level names when it returns.
    /// @throws error; whether they are in the log is not known then: it is to be ended before it is
    /// given another
    void commit(durability level) {
        if (batch_.empty()) return;
        const std::uint64_t at = active_->end.load(std::memory_order_relaxed);
        const bool all_before_durable = active_->durable.load(std::memory_order_relaxed) == at;
        try {
            if (level == durability::power_loss && all_before_durable)
                write_durably(at);
            else
                active_->file->write(at, batch_);
        } catch (...) {
            batch_.clear();
            throw;
        }
        const std::uint64_t end = at + batch_.size();
        active_->sum = batch_sum_;
        active_->end.store(end, std::memory_order_release);
        last_ = batch_last_;
        batch_.clear();
        if (level != durability::power_loss) return;
        if (!all_before_durable) return sync();
        active_->durable.store(end, std::memory_order_release);
        if (end - active_->marked < options_.sync_bytes) return;
        const std::scoped_lock serial(sync_mutex_);
        mark(*active_, end, true);
    }

    /// Returns when all groups committed so far are on the device. Any thread.
    /// @throws error; the log takes no more groups then
    void sync() {
        const std::scoped_lock serial(sync_mutex_);
        std::shared_ptr<segment> to;
        {
            const std::scoped_lock lock(mutex_);
            to = active_;
        }
        check_whole();
        if (!to) return;
        const std::uint64_t end = to->end.load(std::memory_order_acquire);
        if (to->durable.load(std::memory_order_acquire) >= end) return;
        try {
            to->file->sync();
            mark(*to, end, false);
        } catch (...) {
            // Which pages are on the device is not known, and a second try would not tell.
            broken_.store(true);
            throw;
        }
        raise(to->durable, end);
    }
    /// Whether so much is not on the device that it is time to `sync`.
    [[nodiscard]] bool sync_due() const noexcept {
        return active_ && active_->end.load(std::memory_order_relaxed) -
                                  active_->durable.load(std::memory_order_relaxed) >=
                              options_.sync_bytes;
    }

    /// Whether an earlier sync failed.
    [[nodiscard]] bool is_broken() const noexcept { return broken_.load(); }
    /// @throws error if it is broken
    void check_whole() const {
        if (is_broken()) throw error(errc::read_only, "the log could not be synced: call resume()");
    }

    /// The segments that are still needed once all operations up to @p flushed are in tables.
    [[nodiscard]] std::vector<log_segment_record> needed(sequence_number flushed) const {
        std::vector<log_segment_record> records;
        for (const old_segment& each : older_)
            if (each.last > flushed) records.push_back(each.record);
        if (active_) records.push_back(active_->record);
        return records;
    }
    /// Lets go of the others, which the root names no more.
    void drop_all_but_needed(sequence_number flushed) noexcept {
        std::size_t live = older_.size() + (active_ ? 1 : 0);
        std::erase_if(older_, [&](old_segment& each) {
            if (each.last > flushed) return false;
            --live;
            const bool may_stay = each.file && each.record.bytes == usual_bytes_ &&
                                  live + spares_.size() < most_live_;
            if (!may_stay || !keep(each.file)) remove(each.record);
            return true;
        });
    }
    /// Lets go of all segments, which the root names no more. A log that failed is whole again: no
    /// file that it failed on is written to any more.
    void drop_all() noexcept {
        const std::scoped_lock serial(sync_mutex_, mutex_);
        unprepare();
        for (old_segment& each : older_) remove(each.record);
        older_.clear();
        for (const auto& each : spares_) remove(each->record);
        spares_.clear();
        if (active_) {
            sealed_bytes_ += active_->end.load();
            remove(active_->record);
            active_.reset();
        }
        batch_.clear();
        broken_.store(false);
    }

    /// Lets go of the files, and leaves them as they are.
    void release() noexcept {
        const std::scoped_lock serial(sync_mutex_, mutex_);
        older_.clear();
        spares_.clear();
        for (auto* each : {&active_, &prepared_}) each->reset();
        medium_.reset();
    }

    /// Bytes of all segments.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        std::uint64_t sum = active_ ? active_->record.bytes : 0;
        for (const old_segment& each : older_) sum += each.record.bytes;
        return sum;
    }
    /// Bytes of groups appended since the log was opened.
    [[nodiscard]] std::uint64_t appended() const noexcept {
        return sealed_bytes_ + (active_ ? active_->end.load(std::memory_order_relaxed) : 0);
    }

private:
    static constexpr std::uint64_t first_bytes = std::uint64_t{4} << 20;

    struct segment {
        std::unique_ptr<segment_file> file;
        log_segment_record record;
        std::uint64_t sum = 0;  // of the last group
        std::uint64_t marked = lsm::detail::log_groups_begin;
        unsigned marks = 0;
        std::atomic<std::uint64_t> end = lsm::detail::log_groups_begin;
        std::atomic<std::uint64_t> durable = lsm::detail::log_groups_begin;
    };
    struct old_segment {
        log_segment_record record;
        sequence_number last;
        std::shared_ptr<segment> file;  // null where it cannot be used again
    };

    /// Not while another thread syncs: the segment may give up the mapping that its mark goes through.
    void write_durably(std::uint64_t at) {
        const std::scoped_lock serial(sync_mutex_);
        active_->file->write_durably(at, batch_);
    }
    [[nodiscard]] std::uint64_t boot() const {
        const std::string id = medium_->boot_id();
        return id.empty() ? 0 : checksum(as_bytes(id));
    }
    /// One of at least so many bytes: a spare one, or a new one.
    [[nodiscard]] std::shared_ptr<segment> make_segment(std::uint64_t number, std::uint64_t epoch,
                                                        std::uint64_t bytes) {
        auto made = std::make_shared<segment>();
        const auto spare = std::ranges::find_if(
            spares_, [&](const auto& each) { return each->record.bytes >= bytes; });
        if (spare == spares_.end()) {
            made->record = {number, epoch, bytes};
            made->file = std::make_unique<segment_file>(
                medium_->create_log_segment(number, bytes, may_map_));
        } else {
            made->record = {number, epoch, (*spare)->record.bytes};
            medium_->reuse_log_segment(*(*spare)->file, number);
            made->file = std::move((*spare)->file);
            spares_.erase(spare);
        }
        return made;
    }
    /// Writes the mark beside the last one, so that one of the two is always whole.
    void mark(segment& of, std::uint64_t end, bool durably) {
        const std::uint64_t at = lsm::detail::log_mark_begin * (1 + of.marks % 2);
        const auto bytes = write_log_mark(of.record.epoch, end);
        if (durably)
            of.file->write_durably(at, bytes);
        else
            of.file->write(at, bytes);
        ++of.marks;
        of.marked = end;
    }
    static void raise(std::atomic<std::uint64_t>& to, std::uint64_t value) noexcept {
        std::uint64_t now = to.load();
        while (now < value && !to.compare_exchange_weak(now, value)) {
        }
    }
    /// Keeps a segment to be used again. @returns whether there was memory to note it
    bool keep(std::shared_ptr<segment>& file) noexcept {
        try {
            spares_.push_back(file);
            return true;
        } catch (...) {
            return false;
        }
    }
    void remove(const log_segment_record& record) noexcept {
        try {
            medium_->remove_log_segment(record.number);
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
    }

    std::shared_ptr<Medium> medium_;
    log_options options_;
    bool may_map_;
    std::uint64_t usual_bytes_ =
        (std::min)(options_.segment_bytes, first_bytes);  // of the next one
    std::vector<old_segment> older_;
    std::mutex mutex_;       // guards which segment is active against `sync`
    std::mutex sync_mutex_;  // one sync at a time
    std::shared_ptr<segment> active_;
    std::shared_ptr<segment> prepared_;
    std::vector<std::shared_ptr<segment>> spares_;
    std::size_t most_live_ = 0;  // segments that were needed at once
    std::uint64_t sealed_bytes_ = 0;
    sequence_number last_ = no_sequence;  // of the last group committed
    byte_buffer batch_;                   // groups that wait for `commit`
    std::uint64_t batch_sum_ = 0;
    sequence_number batch_last_ = no_sequence;
    std::atomic<bool> broken_ = false;
};

}  // namespace lsm::engine
