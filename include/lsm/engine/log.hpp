// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/entropy.hpp>
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
/// A segment is prepared before the root names it, and takes groups after that. A maintenance thread does
/// both before the active segment is full, so that a writer only changes over: `next_is_due`. Segments
/// reach the device in their order; a group in a segment does not wait until those before it are there.
///
/// Thread safety: the writer whose turn it is appends, commits, and activates segments. Any thread may
/// `sync`. One thread at a time prepares; `store::preparing` guards that. The root's lists of segments are
/// read, and segments are dropped, under `store::changes`.
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
        return active_ && active_->record.bytes - active_->end.load(std::memory_order_relaxed) >=
                              bytes + lsm::detail::end_mark_bytes;
    }

    /// @name The next segment: `prepare`, the root, `accept`, `activate`
    /// @{

    /// Makes a segment, with its header on the device. It is no part of the log before `accept`.
    /// @throws error
    [[nodiscard]] log_segment_record prepare(std::uint64_t number, std::uint64_t group_bytes) {
        const std::uint64_t least =
            lsm::detail::log_groups_begin + group_bytes + lsm::detail::end_mark_bytes;
        prepared_ = make_segment(number, (std::max)(usual_bytes_.load(), least));
        const log_segment_record& record = prepared_->record;
        const std::uint64_t origin = lsm::detail::log_origin(record.seed);
        prepared_->file->write(0, write_log_header({number, record.seed, record.bytes, boot()}));
        prepared_->file->write(lsm::detail::log_groups_begin,
                               to_little_endian(lsm::detail::end_mark(origin)));
        prepared_->file->sync();  // not `write_durably`, which would give up the mapping
        const std::scoped_lock lock(mutex_);
        prepared_->record.previous_sum = active_ ? 0 : origin;
        return record;
    }
    /// Undoes `prepare`, if that was not accepted.
    void unprepare() noexcept {
        if (prepared_) remove(prepared_->record.number);
        prepared_.reset();
    }
    /// The root names the segment that was prepared.
    void accept() noexcept {
        const std::scoped_lock lock(mutex_);
        next_ = std::move(prepared_);
        ahead_ = ahead::done;
    }
    [[nodiscard]] bool has_next() const noexcept { return next_ != nullptr; }
    /// Groups go to the next segment from now on. @pre `has_next()`; the writer's whose turn it is.
    /// Strong guarantee.
    void activate() {
        const std::scoped_lock lock(mutex_);
        next_->sum = lsm::detail::log_origin(next_->record.seed);
        if (active_) {
            const std::uint64_t end = active_->end.load();
            const std::uint64_t left = end - active_->durable.load();
            older_.reserve(older_.size() + 1);
            if (left > 0) unsynced_.push_back(active_);
            active_->unsynced = left;
            unsynced_bytes_ += left;
            sealed_bytes_ += end;
            next_->sum = active_->sum;
            older_.push_back({active_->record, last_, std::move(active_)});
        }
        next_->record.previous_sum = next_->sum;
        active_ = std::move(next_);
        ahead_ = ahead::not_due;
        usual_bytes_ = (std::min)(2 * usual_bytes_.load(), options_.segment_bytes);
        most_live_ = (std::max)(most_live_, older_.size() + 1);
    }
    /// Whether a maintenance thread should prepare a segment: half of the active one is full. Says so
    /// once for each segment. The writer's whose turn it is.
    [[nodiscard]] bool next_is_due() noexcept {
        if (!active_ || ahead_.load(std::memory_order_relaxed) != ahead::not_due ||
            active_->end.load(std::memory_order_relaxed) < active_->record.bytes / 2)
            return false;
        ahead_ = ahead::due;
        return true;
    }
    /// Whether `next_is_due` has said so. If this preparation fails, the writer prepares when it has to.
    [[nodiscard]] bool take_due() noexcept {
        auto expected = ahead::due;
        return ahead_.compare_exchange_strong(expected, ahead::done);
    }
    /// @}

    /// Adds a group to what the next `commit` writes. @pre it has room. Strong guarantee.
    void append(byte_buffer& group, sequence_number first, std::uint32_t count) {
        const std::uint64_t padded = padded_group(group.size());
        batch_.reserve(batch_.size() + padded + lsm::detail::end_mark_bytes);
        batch_marks_.reserve(batch_marks_.size() + 1);
        batch_sum_ = seal_group(group, first, count, active_->record.seed,
                                active_->end.load(std::memory_order_relaxed) + batch_.size(),
                                batch_.empty() ? active_->sum : batch_sum_);
        lsm::append(batch_, group);
        batch_.resize(batch_.size() + padded - group.size());
        batch_marks_.push_back({batch_.size(), batch_sum_});
        batch_last_ = first + count - 1;
    }
    /// Writes what was appended, and the end mark behind it. The groups survive what @p level names when it
    /// returns.
    /// @throws error; whether they are in the log is not known then: it is to be ended before it is
    /// given another
    void commit(durability level) {
        if (batch_.empty()) return;
        const std::uint64_t at = active_->end.load(std::memory_order_relaxed);
        const std::uint64_t end = at + batch_.size();
        const bool is_strong = level == durability::power_loss;
        const bool all_before_durable = is_strong && unsynced_bytes_.load() == 0 &&
                                        active_->durable.load(std::memory_order_relaxed) == at;
        try {
            lsm::append(batch_, to_little_endian(lsm::detail::end_mark(batch_sum_)));
            write_marks(at);
            if (all_before_durable)
                write_durably(at);
            else
                active_->file->write(at, batch_);
        } catch (...) {
            clear_batch();
            throw;
        }
        active_->sum = batch_sum_;
        active_->end.store(end, std::memory_order_release);
        last_ = batch_last_;
        clear_batch();
        if (!is_strong) return;
        if (!all_before_durable) return sync();
        active_->durable.store(end, std::memory_order_release);
        const std::uint64_t marked = active_->marked.load(std::memory_order_relaxed);
        if (marked != 0 && end - marked < options_.sync_bytes) return;
        const std::scoped_lock serial(sync_mutex_);
        mark(*active_, end, true);
    }

    /// Returns when all groups committed so far are on the device. Any thread.
    /// @throws error; the log takes no more groups then
    void sync() {
        const std::scoped_lock serial(sync_mutex_);
        std::vector<std::shared_ptr<segment>> sealed;
        std::shared_ptr<segment> to;
        {
            const std::scoped_lock lock(mutex_);
            sealed = unsynced_;
            to = active_;
        }
        check_whole();
        if (!to) return;
        try {
            for (const auto& each : sealed) each->file->sync();
            sync(*to, !sealed.empty());
        } catch (...) {
            // Which pages are on the device is not known, and a second try would not tell.
            broken_.store(true);
            throw;
        }
        const std::scoped_lock lock(mutex_);
        for (const auto& each : sealed) forget_unsynced(each);
    }
    /// Whether so much is not on the device that it is time to `sync`. The writer's whose turn it is.
    [[nodiscard]] bool sync_due() const noexcept {
        return active_ && unsynced_bytes_.load(std::memory_order_relaxed) +
                                  active_->end.load(std::memory_order_relaxed) -
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
        const std::scoped_lock lock(mutex_);
        std::vector<log_segment_record> records;
        for (const old_segment& each : older_)
            if (each.last > flushed) records.push_back(each.record);
        for (const auto* each : {&active_, &next_})
            if (*each) records.push_back((*each)->record);
        return records;
    }
    /// Lets go of the others, which the root names no more.
    void drop_all_but_needed(sequence_number flushed) noexcept {
        const std::scoped_lock lock(mutex_);
        std::size_t live = older_.size() + (active_ ? 1 : 0);
        std::erase_if(older_, [&](old_segment& each) {
            if (each.last > flushed) return false;
            --live;
            forget_unsynced(each.file);
            const bool may_stay = each.file && each.record.bytes == usual_bytes_ &&
                                  live + spares_.size() < most_live_;
            if (!may_stay || !keep(each.file)) remove(each.record.number);
            return true;
        });
    }
    /// Lets go of all segments, which the root names no more. A log that failed is whole again: no
    /// file that it failed on is written to any more.
    void drop_all() noexcept {
        const std::scoped_lock serial(sync_mutex_, mutex_);
        unprepare();
        for (old_segment& each : older_) remove(each.record.number);
        older_.clear();
        for (auto* each : {&active_, &next_})
            if (*each) remove((*each)->record.number);
        for (const auto& each : spares_) remove(each->record.number);
        spares_.clear();
        unsynced_.clear();
        unsynced_bytes_ = 0;
        if (active_) sealed_bytes_ += active_->end.load();
        active_.reset();
        next_.reset();
        ahead_ = ahead::not_due;
        usual_bytes_ = (std::min)(options_.segment_bytes, first_bytes);
        most_live_ = 0;
        clear_batch();
        broken_.store(false);
    }

    /// Lets go of the files, and leaves them as they are.
    void release() noexcept {
        const std::scoped_lock serial(sync_mutex_, mutex_);
        older_.clear();
        spares_.clear();
        unsynced_.clear();
        for (auto* each : {&active_, &next_, &prepared_}) each->reset();
        medium_.reset();
    }

    /// Bytes of all segments.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        const std::scoped_lock lock(mutex_);
        std::uint64_t sum = 0;
        for (const old_segment& each : older_) sum += each.record.bytes;
        for (const auto* each : {&active_, &next_})
            if (*each) sum += (*each)->record.bytes;
        return sum;
    }
    /// Bytes of groups appended since the log was opened. The writer's whose turn it is.
    [[nodiscard]] std::uint64_t appended() const noexcept {
        return sealed_bytes_ + (active_ ? active_->end.load(std::memory_order_relaxed) : 0);
    }

private:
    static constexpr std::uint64_t page_bytes = 4096;
    static constexpr std::uint64_t first_bytes = std::uint64_t{4} << 20;

    struct segment {
        std::unique_ptr<segment_file> file;
        log_segment_record record;
        std::uint64_t sum = 0;                  // of the last group; the writer's
        std::atomic<std::uint64_t> marked = 0;  // 0: no mark yet
        unsigned marks = 0;                     // guarded by `sync_mutex_`
        std::uint64_t unsynced = 0;             // once it is sealed; guarded by `mutex_`
        std::atomic<std::uint64_t> end = lsm::detail::log_groups_begin;
        std::atomic<std::uint64_t> durable = lsm::detail::log_groups_begin;
    };
    /// Whether a thread has been asked for the next segment, for the active one.
    enum class ahead { not_due, due, done };
    struct old_segment {
        log_segment_record record;
        sequence_number last;
        std::shared_ptr<segment> file;  // null where it cannot be used again
    };

    void clear_batch() noexcept {
        batch_.clear();
        batch_marks_.clear();
    }
    /// Puts an end mark behind each group of the batch, the last one first, while the mark before the batch
    /// still stands. So a process that ends within the commit leaves a mark behind each whole group. A system
    /// call that the process's end cuts short ends at a page.
    void write_marks(std::uint64_t at) {
        for (auto each = batch_marks_.rbegin(); each != batch_marks_.rend(); ++each) {
            const std::uint64_t place = at + each->offset;
            if (active_->file->is_mapped() || place % page_bytes == 0)
                active_->file->write(place, to_little_endian(lsm::detail::end_mark(each->sum)));
        }
    }
    /// Not while another thread syncs: the segment may give up the mapping that its mark goes through.
    void write_durably(std::uint64_t at) {
        const std::scoped_lock serial(sync_mutex_);
        active_->file->write_durably(at, batch_);
    }
    [[nodiscard]] std::uint64_t boot() const {
        const std::string id = medium_->boot_id();
        return id.empty() ? 0 : checksum(as_bytes(id));
    }
    [[nodiscard]] std::uint64_t seed_of(std::uint64_t number) const {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
        return options_.seed ? *options_.seed + number * odd : lsm::detail::unguessable_number();
    }
    /// One of at least so many bytes: a spare one, or a new one.
    [[nodiscard]] std::shared_ptr<segment> make_segment(std::uint64_t number, std::uint64_t bytes) {
        auto made = std::make_shared<segment>();
        const std::shared_ptr<segment> spare = take_spare(bytes);
        made->record = {number, seed_of(number), spare ? spare->record.bytes : bytes};
        if (spare) {
            made->file = std::move(spare->file);
            reuse(*made->file, spare->record.number, number);
        } else {
            made->file = std::make_unique<segment_file>(
                medium_->create_log_segment(number, bytes, may_map_));
        }
        return made;
    }
    [[nodiscard]] std::shared_ptr<segment> take_spare(std::uint64_t bytes) noexcept {
        const std::scoped_lock lock(sync_mutex_,
                                    mutex_);  // a sync of its earlier use has ended then
        const auto found = std::ranges::find_if(
            spares_, [&](const auto& each) { return each->record.bytes >= bytes; });
        if (found == spares_.end()) return nullptr;
        std::shared_ptr<segment> spare = std::move(*found);
        spares_.erase(found);
        return spare;
    }
    /// Gives a spare segment a number. One that cannot be renamed is given up: a rename that fails may
    /// have happened, so which name the file has is not known.
    void reuse(segment_file& spare, std::uint64_t former, std::uint64_t number) {
        try {
            medium_->reuse_log_segment(spare, number);
        } catch (...) {
            remove(former);
            remove(number);
            throw;
        }
    }
    /// @param mark_anyhow whether the mark has something to say of the segments before
    void sync(segment& to, bool mark_anyhow) {
        const std::uint64_t end = to.end.load(std::memory_order_acquire);
        const bool is_durable = to.durable.load(std::memory_order_acquire) >= end;
        if (!is_durable) to.file->sync();
        if (!is_durable || (mark_anyhow && to.marked.load() == 0)) mark(to, end, false);
        raise(to.durable, end);
    }
    /// Writes the mark beside the last one, so that one of the two is always whole.
    void mark(segment& of, std::uint64_t end, bool durably) {
        const std::uint64_t at = lsm::detail::log_mark_begin * (1 + of.marks % 2);
        const auto bytes = write_log_mark(of.record.seed, end);
        if (durably)
            of.file->write_durably(at, bytes);
        else
            of.file->write(at, bytes);
        ++of.marks;
        of.marked = end;
    }
    /// @pre `mutex_` is held
    void forget_unsynced(const std::shared_ptr<segment>& which) noexcept {
        const auto found = std::ranges::find(unsynced_, which);
        if (!which || found == unsynced_.end()) return;
        unsynced_bytes_ -= which->unsynced;
        unsynced_.erase(found);
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
    void remove(std::uint64_t number) noexcept {
        try {
            medium_->remove_log_segment(number);
        } catch (...) {  // it stays as an orphan, which the next opening removes
        }
    }

    std::shared_ptr<Medium> medium_;
    log_options options_;
    bool may_map_;
    std::mutex sync_mutex_;     // one sync at a time
    mutable std::mutex mutex_;  // guards which segments there are, against readers of that
    std::vector<old_segment> older_;
    std::shared_ptr<segment> active_;  // only the writer changes it
    std::shared_ptr<segment> next_;    // the root names it
    std::shared_ptr<segment> prepared_;
    std::vector<std::shared_ptr<segment>> spares_;
    std::vector<std::shared_ptr<segment>> unsynced_;  // of the older ones, in their order
    std::atomic<std::uint64_t> unsynced_bytes_ = 0;   // of those
    std::atomic<std::uint64_t> usual_bytes_ =
        (std::min)(options_.segment_bytes, first_bytes);  // of the next one
    std::atomic<ahead> ahead_ = ahead::not_due;
    std::size_t most_live_ = 0;  // segments that were needed at once
    std::uint64_t sealed_bytes_ = 0;
    sequence_number last_ = no_sequence;  // of the last group committed
    struct group_end {
        std::uint64_t offset;  // in the batch
        std::uint64_t sum;
    };
    byte_buffer batch_;                   // groups that wait for `commit`
    std::vector<group_end> batch_marks_;  // where each of them ends
    std::uint64_t batch_sum_ = 0;
    sequence_number batch_last_ = no_sequence;
    std::atomic<bool> broken_ = false;
};

}  // namespace lsm::engine
