// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fuzz/fuzz.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace fuzz {

using random_source = std::minstd_rand;

/// Whether something that comes once in @p n times comes now.
inline bool one_in(unsigned n, random_source& random) {
    return random() % n == 0;
}

/// Has libFuzzer change the bytes from @p begin to @p end, which may grow and shrink while the whole
/// keeps within @p max.
inline void mutate_part(lsm::byte_buffer& whole, std::size_t begin, std::size_t end,
                        std::size_t max) {
    begin = (std::min)(begin, whole.size());
    end = std::clamp(end, begin, whole.size());
    const auto first = whole.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = whole.begin() + static_cast<std::ptrdiff_t>(end);
    lsm::byte_buffer part(first, last);
    const std::size_t most = (std::max)(max, whole.size()) - (whole.size() - part.size());
    part.resize(most);
    part.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(part.data()), end - begin, most));
    const auto hole = whole.erase(first, last);
    whole.insert(hole, part.begin(), part.end());
}

/// The body of a mutator: `change(whole, random)` is to change it, and to repair what guards it.
template <class Change>
std::size_t mutate(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed,
                   Change change) {
    const lsm::byte_view before = view(data, size);
    lsm::byte_buffer whole(before.begin(), before.end());
    random_source random(seed);
    change(whole, random);
    whole.resize((std::min)(whole.size(), max));
    std::ranges::copy(whole, std::as_writable_bytes(std::span(data, max)).begin());
    return whole.size();
}

}  // namespace fuzz
