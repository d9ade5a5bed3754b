// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "session_of.hpp"

#include <lsm/lsm.hpp>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <span>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>

namespace bench {

/// Ours, of any policies. Settings that a policy does not have are left alone.
template <class MemTable, class Storage, class Compaction>
struct assembly {
    template <class Shape>
    class store;

    /// A registration's engine: `registration x{assembly<…>::as<Shape>("name")};`
    template <class... Shapes>
    static engine as(std::string name) {
        return {std::move(name),
                {survives::close, survives::process, survives::power},
                true,
                openers_of<store>(std::tuple<Shapes...>{})};
    }
};

template <class M, class S, class C>
template <class Shape>
class assembly<M, S, C>::store {
    using key_type = typename Shape::key;
    using value_type = typename Shape::value;
    using tree = lsm::basic_lsm_tree<key_type, value_type, M, S, C>;

public:
    class worker;

    explicit store(const opening& how)
        : options_(options_for(how)), tree_(how.where.string(), options_) {}

    void drain() {
        tree_.flush();
        tree_.settle();
    }
    void compact() { tree_.compact(); }

    [[nodiscard]] std::string settings() const {
        std::ostringstream out;
        out << "memtable " << (options_.memtable.max_bytes >> 20) << " MiB, memory "
            << (options_.memory_bytes >> 20) << " MiB in all, " << options_.maintenance_threads
            << " maintenance thread";
        if (options_.log.enabled)
            out << ", log of at most " << (options_.log.max_bytes >> 20) << " MiB in segments of "
                << (options_.log.segment_bytes >> 20) << " MiB";
        else
            out << ", no log";
        if constexpr (requires { options_.compaction.trigger_runs; })
            out << ", merges of " << options_.compaction.trigger_runs << " runs";
        if constexpr (requires { options_.compaction.level0_trigger_runs; })
            out << ", leveled compaction of " << options_.compaction.level0_trigger_runs << " runs";
        return out.str();
    }

private:
    static typename tree::options options_for(const opening& how) {
        typename tree::options chosen;
        chosen.memtable.max_bytes = how.buffer();
        chosen.max_frozen_memtables = 1;
        chosen.memory_bytes = how.memory;
        chosen.maintenance_threads = 1;
        chosen.log.enabled = how.class_of != survives::close;
        chosen.log.max_bytes = (std::max)(chosen.log.max_bytes, std::uint64_t{2} * how.buffer());
        chosen.durability = how.class_of == survives::close     ? lsm::durability::none
                            : how.class_of == survives::process ? lsm::durability::process_crash
                                                                : lsm::durability::power_loss;
        if constexpr (requires { chosen.compaction.trigger_runs; })
            chosen.compaction.trigger_runs = 4;
        return chosen;
    }

    typename tree::options options_;
    tree tree_;
};

template <class M, class S, class C>
template <class Shape>
class assembly<M, S, C>::store<Shape>::worker {
public:
    explicit worker(store& of) : tree_(of.tree_) {}

    void put(const key_type& key, const value_type& value) { tree_.put(key, value); }
    void erase(const key_type& key) { tree_.erase(key); }
    void put_all(std::span<const key_type> keys, std::span<const value_type> values) {
        typename tree::write_batch batch;
        for (std::size_t i = 0; i < keys.size(); ++i) batch.put(keys[i], values[i]);
        tree_.write(std::move(batch));
    }
    bool get(const key_type& key, auto&& see) { return tree_.visit(key, see); }
    void get_all(std::span<const key_type> keys, auto&& see) {
        const auto values = tree_.multi_get(keys);
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (values[i]) see(i, *values[i]);
    }
    void walk(const key_type* from, bool forward, auto&& see) {
        lsm::key_range<key_type> range;
        if (from) range = lsm::at_least(*from);
        const auto view = forward ? tree_.scan(range) : tree_.scan(range).reversed();
        for (const auto& [key, value] : view)
            if (!see(key, value)) return;
    }
    void load(std::size_t count, auto&& entry) {
        std::pair<key_type, value_type> made;
        tree_.ingest(std::views::iota(std::size_t{0}, count) |
                     std::views::transform([&](std::size_t i) -> const auto& {
                         entry(i, made.first, made.second);
                         return made;
                     }));
    }

private:
    tree& tree_;
};

}  // namespace bench
