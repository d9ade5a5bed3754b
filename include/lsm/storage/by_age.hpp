// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/storage/format/table_plan.hpp>

namespace lsm {

/// One policy for the tables under which nothing older lies, which are the bulk of a tree and seldom
/// written anew, and another one for all above them: `by_age<lz4_compression, zstd_compression>`,
/// `by_age<bloom_filter, fuse_filter>`. A table that is only moved stays as it is.
template <class Younger, class Oldest>
struct by_age {
    Younger younger = {};
    Oldest oldest = {};
};

namespace detail {

/// Policies as a type.
template <class... Policies>
struct policy_list {
    /// Calls `f.template operator()<Policy>()` for each, until one returns true.
    template <class F>
    static constexpr bool any(F&& f) {
        return (f.template operator()<Policies>() || ...);
    }
};

/// The policies that a choice is made of, and which one a table gets.
template <class Policy>
struct choice_of {
    template <class... Others>
    using with = policy_list<Policy, Others...>;

    /// Calls `f(policy)` with the one for a table.
    template <class F>
    static auto choose(const Policy& policy, const table_plan&, F&& f) {
        return f(policy);
    }
};
template <class Younger, class Oldest>
struct choice_of<by_age<Younger, Oldest>> {
    template <class... Others>
    using with = policy_list<Younger, Oldest, Others...>;

    template <class F>
    static auto choose(const by_age<Younger, Oldest>& policies, const table_plan& plan, F&& f) {
        return plan.is_oldest ? f(policies.oldest) : f(policies.younger);
    }
};

}  // namespace detail

}  // namespace lsm
