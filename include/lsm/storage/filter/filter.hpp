// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/bytes.hpp>
#include <lsm/core/bytes.hpp>
#include <lsm/storage/by_age.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsm {

/// What tells, without reading a block, that a table does not hold a key. A filter policy is a plain
/// struct whose members are its settings:
///
/// | member | meaning |
/// | --- | --- |
/// | `name` | stored beside each filter; no other policy has it; not empty |
/// | `build(std::vector<std::uint64_t> hashes, plan) const -> byte_buffer` | the filter of these keys' hashes, for a table of which the `table_plan` is known |
/// | `is_filter(bytes) -> bool` | whether stored bytes, which may be any, are such a filter |
/// | `may_contain(bytes, hash) noexcept -> bool` | false only if no key with this hash went in |
/// | `expect(bytes, hash) noexcept` | optional: asks for the memory that `may_contain` will look at |
template <class F>
concept filter_policy =
    requires(const F& policy, std::vector<std::uint64_t> hashes, byte_view bytes) {
        { F::name } -> std::convertible_to<std::string_view>;
        { policy.build(hashes, table_plan{}) } -> std::same_as<byte_buffer>;
        { F::is_filter(bytes) } -> std::same_as<bool>;
        { F::may_contain(bytes, std::uint64_t{}) } noexcept -> std::same_as<bool>;
    };

/// No filter: every lookup reads a block of every run.
struct no_filter {
    static constexpr std::string_view name = "none";
    static byte_buffer build(const std::vector<std::uint64_t>&, const table_plan&) { return {}; }
    static bool is_filter(byte_view) noexcept { return true; }
    static bool may_contain(byte_view, std::uint64_t) noexcept { return true; }
};

namespace detail {

/// Brings hashes into the order of the parts of a filter that they go to, by counting: so a part is in
/// the cache while it is filled. @param part_of less than @p parts
template <class PartOf>
void sort_by_part(std::vector<std::uint64_t>& hashes, std::size_t parts, PartOf part_of) {
    std::vector<std::size_t> begins(parts + 1);
    for (const std::uint64_t hash : hashes) ++begins[part_of(hash) + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    std::vector<std::uint64_t> sorted(hashes.size());
    for (const std::uint64_t hash : hashes) sorted[begins[part_of(hash)]++] = hash;
    hashes = std::move(sorted);
}

}  // namespace detail

/// A table's filter, of whatever policy, resident. It lies at a multiple of 64, so that what is cut
/// along cache lines stays so.
class table_filter {
public:
    table_filter() = default;

    /// Takes over what a policy built.
    template <filter_policy Filter>
    [[nodiscard]] static table_filter of(byte_view built) {
        return {std::string(Filter::name), &Filter::may_contain, &expect_in<Filter>, built};
    }

    /// False only if no key with this hash is in the table.
    [[nodiscard]] bool may_contain(std::uint64_t hash) const noexcept {
        return may_contain_(bytes(), hash);
    }
    /// Says that this hash will be asked for soon.
    void expect(std::uint64_t hash) const noexcept { expect_(bytes(), hash); }
    [[nodiscard]] byte_view bytes() const noexcept { return {bytes_.get(), size_}; }

    /// Appends the policy's name and the filter.
    void write(byte_buffer& to) const {
        byte_writer out(to);
        out.text(name_);
        out.bytes(bytes());
    }
    /// The inverse. A filter of a policy that is not @p known is passed over: the table is read
    /// without one. @throws decode_error
    template <filter_policy... Known>
    [[nodiscard]] static table_filter read(byte_reader& in, detail::policy_list<Known...> known) {
        const std::string_view name = in.text();
        const byte_view bytes = in.bytes();
        table_filter filter;
        const auto take = [&]<class Policy>() {
            if (Policy::name != name) return false;
            if (!Policy::is_filter(bytes)) in.fail("damaged filter");
            filter = of<Policy>(bytes);
            return true;
        };
        static_cast<void>(known.any(take));
        return filter;
    }

private:
    using probe = bool (*)(byte_view, std::uint64_t) noexcept;
    using hint = void (*)(byte_view, std::uint64_t) noexcept;
    static constexpr std::align_val_t alignment{64};
    struct release {
        void operator()(std::byte* bytes) const noexcept { ::operator delete(bytes, alignment); }
    };

    table_filter(std::string name, probe how, hint ahead, byte_view bytes)
        : name_(std::move(name)), may_contain_(how), expect_(ahead),
          bytes_(static_cast<std::byte*>(::operator new(bytes.size() + 1, alignment))),
          size_(bytes.size()) {
        if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
    }

    template <class Filter>
    static void expect_in([[maybe_unused]] byte_view bytes,
                          [[maybe_unused]] std::uint64_t hash) noexcept {
        if constexpr (requires { Filter::expect(bytes, hash); }) Filter::expect(bytes, hash);
    }

    std::string name_ = std::string(no_filter::name);
    probe may_contain_ = &no_filter::may_contain;
    hint expect_ = &expect_in<no_filter>;
    std::unique_ptr<std::byte, release> bytes_;
    std::size_t size_ = 0;
};

}  // namespace lsm
