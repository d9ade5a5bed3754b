// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>
#include <lsm/testing/disk_state.hpp>
#include <lsm/testing/simulated_disk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lsm::testing {

enum class crash_cause {
    process,  ///< the process is gone: the next one sees what it saw, and what is not synced waits
    power     ///< the machine is gone: of what was not synced, the device has some part
};

/// What one crash leaves.
struct crash_state {
    crash_cause cause = crash_cause::power;
    std::size_t position = 0;  ///< how many calls had returned: what they acknowledged counts
    std::string name;          ///< plays it alone: `crash_sampling::only`
    disk_state left;
    disk_settings settings;
    std::shared_ptr<const disk_call> about;  ///< the call that makes the difference; may be null

    /// A disk of its own, to be opened.
    [[nodiscard]] simulated_disk disk() const { return simulated_disk(left, settings); }
    /// The name, and what it means.
    [[nodiscard]] std::string describe() const {
        return about ? name + " (" + about->describe() + ")" : name;
    }
};

/// Which crashes are looked at: all, one in so many, or the one that has a name.
struct crash_sampling {
    std::uint64_t every = 1;
    std::uint64_t seed = 0;
    std::string only = {};
};

/// Calls `visit` with each crash that could have been while a trace was made, without running anything
/// again; equal ones at one place only once. The order, and the names, are always the same.
///
/// After each call, and before the first, as `after-<call>/`:
///
/// | name | what is left |
/// | --- | --- |
/// | `process/kept` | all that the process saw; what it had not synced can still be lost later |
/// | `power/none`, `power/all` | nothing of what was not synced, or all |
/// | `power/first-<n>` | its first n changes |
/// | `power/lost-<i>`, `power/only-<i>` | all but one; one alone: a write, a page of a mapping, a name |
/// | `power/names`, `power/contents` | all names and no bytes, or the reverse |
/// | `power/torn-<n>` | all, but of the last write only the first n bytes |
/// | `power/zeros-<i>`, `power/garbage-<i>` | all, but where a write made a file longer there is this |
/// | `power/zeros`, `power/garbage` | the same of all such writes |
/// | `power/lost-page-<p>`, `power/only-page-<p>` | a mapping's page, with all stores into it |
///
/// While a call writes, as `in-<call>/`: the process dies with only the first n bytes written, also
/// into a mapping (`process/torn-<n>`), or a write that is to be durable is cut by a loss of power
/// (`power/torn-<n>` with, and `power/bare-<n>` without, what else is not synced).
///
/// @returns how many it visited
std::uint64_t for_each_crash_state(const disk_trace& trace,
                                   const std::function<void(const crash_state&)>& visit,
                                   const crash_sampling& sampling = {});

// ------------------------------------------------------------------------------ implementation

namespace detail {

/// What becomes of one change that is not synced.
enum class fate : unsigned char { lost, kept, torn, zeros, garbage };

/// Where bytes can be cut: after 1, half, 512, 4096, all but 1.
inline std::vector<std::size_t> cuts_of(std::size_t bytes) {
    std::vector<std::size_t> cuts;
    for (const std::size_t cut : {std::size_t{1}, bytes / 2, std::size_t{512}, std::size_t{4096},
                                  bytes - (std::min)(bytes, std::size_t{1})})
        if (cut > 0 && cut < bytes && std::ranges::find(cuts, cut) == cuts.end())
            cuts.push_back(cut);
    return cuts;
}

class crash_explorer {
public:
    crash_explorer(const disk_trace& trace, const std::function<void(const crash_state&)>& visit,
                   const crash_sampling& sampling)
        : trace_(trace), visit_(visit), sampling_(sampling), now_(trace.begin) {}

    std::uint64_t run() {
        explore_after();
        for (const auto& call : trace_.calls) {
            explore_in(call);
            now_.apply(call);
            ++position_;
            explore_after();
        }
        return visited_;
    }

private:
    using call_pointer = std::shared_ptr<const disk_call>;
    using fates = std::vector<fate>;

    /// How a state is called, and what it is about.
    struct label {
        crash_cause cause;
        const char* variant;
        std::optional<std::uint64_t> number = {};
        call_pointer about = {};
    };

    // ---------------------------------------------------------------- between calls

    void explore_after() {
        begin_place("after-" + std::to_string(position_) + "/");
        offer({crash_cause::process, "kept"}, [&] { return now_; });
        gather(now_);
        const std::size_t count = open_.size();
        offer_fates("none", {}, fates(count, fate::lost));
        if (count == 0) return;
        offer_fates("all", {}, fates(count, fate::kept));
        explore_single();
        explore_by_sort();
        explore_torn("torn", fate::kept);
        explore_extended();
        explore_pages();
    }

    void explore_single() {
        for (std::size_t i = 0; i < open_.size(); ++i) {
            fates first(open_.size(), fate::lost);
            std::fill_n(first.begin(), i, fate::kept);
            offer_fates("first", i, first, i);
            offer_fates("lost", i, all_but(i, fate::lost), i);
            fates only(open_.size(), fate::lost);
            only[i] = fate::kept;
            offer_fates("only", i, only, i);
        }
    }

    void explore_by_sort() {
        for (const bool names : {true, false}) {
            fates some(open_.size());
            for (std::size_t i = 0; i < some.size(); ++i)
                some[i] = open_[i]->call->is_content() == names ? fate::lost : fate::kept;
            offer_fates(names ? "names" : "contents", {}, some);
        }
    }

    /// The last write is cut, and of all others becomes @p others.
    void explore_torn(const char* variant, fate others) {
        std::size_t last = open_.size();
        while (last > 0 && !open_[last - 1]->call->writes()) --last;
        if (last-- == 0) return;
        fates cut(open_.size(), others);
        cut[last] = fate::torn;
        for (const std::size_t bytes : cuts_of(open_[last]->bytes.size())) {
            torn_bytes_ = bytes;
            offer_fates(variant, bytes, cut, last);
        }
    }

    /// A file can be on the device with its length, but not its bytes.
    void explore_extended() {
        for (const fate filled : {fate::zeros, fate::garbage}) {
            const bool zeros = filled == fate::zeros;
            fates all(open_.size(), fate::kept);
            for (std::size_t i = 0; i < open_.size(); ++i) {
                if (!extends(*open_[i])) continue;
                all[i] = filled;
                offer_fates(zeros ? "zeros" : "garbage", i, all_but(i, filled), i);
            }
            offer_fates(zeros ? "zeros" : "garbage", {}, all);
        }
    }

    /// Stores into one page of a mapping reach the device together.
    void explore_pages() {
        std::vector<std::pair<file_number, std::uint64_t>> pages;
        const auto page_of = [](const disk_change& each) {
            return std::pair(each.call->file, each.offset / sparse_bytes::page_bytes);
        };
        const auto is_store = [](const disk_change* each) {
            return each->call->kind == call_kind::store;
        };
        for (const disk_change* each : open_)
            if (is_store(each) && std::ranges::find(pages, page_of(*each)) == pages.end())
                pages.push_back(page_of(*each));
        for (std::size_t p = 0; p < pages.size(); ++p) {
            fates lost(open_.size(), fate::kept), only(open_.size(), fate::lost);
            for (std::size_t i = 0; i < open_.size(); ++i)
                if (is_store(open_[i]) && page_of(*open_[i]) == pages[p])
                    std::swap(lost[i], only[i]);
            offer_fates("lost-page", p, lost);
            offer_fates("only-page", p, only);
        }
    }

    // ---------------------------------------------------------------- in a call

    void explore_in(const call_pointer& call) {
        if (!call->writes() || call->result != call_result::done) return;
        begin_place("in-" + std::to_string(position_ + 1) + "/");
        for (const std::size_t cut : cuts_of(call->bytes.size()))
            offer_part({crash_cause::process, "torn", cut, call}, cut);
        if (call->kind != call_kind::write_durably) return;
        offer_part({crash_cause::process, "kept", {}, call}, call->bytes.size());
        const disk_state begun = with_part(*call, call->bytes.size());
        gather(begun);
        explore_torn("torn", fate::kept);
        explore_torn("bare", fate::lost);
    }
    /// The state with the first bytes written, none of them durable.
    [[nodiscard]] disk_state with_part(const disk_call& call, std::size_t bytes) const {
        disk_call part = call;
        part.bytes.resize(bytes);
        if (part.kind == call_kind::write_durably) part.kind = call_kind::write;
        disk_state state = now_;
        state.apply(std::make_shared<const disk_call>(std::move(part)));
        return state;
    }
    void offer_part(const label& named, std::size_t bytes) {
        offer(named, [&] { return with_part(*named.about, bytes); });
    }

    // ---------------------------------------------------------------- making states

    /// Looks up what a loss of power may keep or lose of a state.
    void gather(const disk_state& of) {
        of_ = &of;
        open_.clear();
        for (const disk_change& each : of.unsynced())
            if (!each.durable) open_.push_back(&each);
    }
    [[nodiscard]] fates all_but(std::size_t i, fate one) const {
        fates all(open_.size(), fate::kept);
        all[i] = one;
        return all;
    }
    [[nodiscard]] bool extends(const disk_change& change) const {
        const auto found = of_->durable().files.find(change.call->file);
        return change.call->writes() &&
               (found == of_->durable().files.end() || change.offset >= found->second.size());
    }

    void offer_fates(const char* variant, std::optional<std::uint64_t> number, const fates& of_open,
                     std::optional<std::size_t> about = {}) {
        offer({crash_cause::power, variant, number, about ? open_[*about]->call : nullptr},
              [&] { return disk_state(image_of(of_open), of_->boots() + 1); });
    }
    [[nodiscard]] disk_image image_of(const fates& of_open) {
        disk_image image = of_->durable();
        auto next = of_open.begin();
        for (const disk_change& each : of_->unsynced())
            if (each.durable)
                image.apply(each);
            else
                apply(image, each, *next++);
        image.drop_nameless();
        return image;
    }
    void apply(disk_image& image, disk_change change, fate what) {
        if (what == fate::lost) return;
        if (what == fate::torn) change.bytes = change.bytes.first(torn_bytes_);
        if (what == fate::zeros || what == fate::garbage) {
            filler_.assign(change.bytes.size(), std::byte{0});
            for (std::size_t i = 0; what == fate::garbage && i < filler_.size(); ++i)
                filler_[i] = static_cast<std::byte>((i + 1) * 0x9E3779B97F4A7C15U >> 56);
            change.bytes = filler_;
        }
        image.apply(change);
    }

    void begin_place(std::string prefix) {
        prefix_ = std::move(prefix);
        known_.clear();
    }
    [[nodiscard]] std::string name_of(const label& named) const {
        std::string name = prefix_;
        name += named.cause == crash_cause::power ? "power/" : "process/";
        name += named.variant;
        if (named.number) name += '-' + std::to_string(*named.number);
        return name;
    }
    /// Visits a state, if it is to be and is new at this place.
    template <class Make>
    void offer(const label& named, Make make) {
        ++offered_;
        if (sampling_.only.empty()) {
            const auto mixed = checksum(to_little_endian(offered_), sampling_.seed);
            if (sampling_.every > 1 && mixed % sampling_.every != 0) return;
        } else if (name_of(named) != sampling_.only) {
            return;
        }
        disk_state left = make();
        const auto cause = static_cast<std::uint64_t>(named.cause);
        if (!known_.insert(left.seen().hash() ^ cause).second) return;
        ++visited_;
        visit_({named.cause, position_, name_of(named), std::move(left), trace_.settings,
                named.about});
    }

    const disk_trace& trace_;
    const std::function<void(const crash_state&)>& visit_;
    const crash_sampling& sampling_;
    disk_state now_;
    std::size_t position_ = 0;
    std::string prefix_;
    std::unordered_set<std::uint64_t> known_;  // hashes of what was visited at this place
    std::uint64_t offered_ = 0, visited_ = 0;

    const disk_state* of_ = nullptr;        // the state whose power goes
    std::vector<const disk_change*> open_;  // what of it is not synced
    std::size_t torn_bytes_ = 0;
    byte_buffer filler_;
};

}  // namespace detail

inline std::uint64_t for_each_crash_state(const disk_trace& trace,
                                          const std::function<void(const crash_state&)>& visit,
                                          const crash_sampling& sampling) {
    return detail::crash_explorer(trace, visit, sampling).run();
}

}  // namespace lsm::testing
