// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/bytes.hpp>
#include <lsm/core/checksum.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>

/// What a target is made of, and what links it: libFuzzer, or the replay program.
extern "C" {
/// The target: one input.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// A target may have a mutator of its own, which repairs checksums.
[[gnu::weak]] std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                                  std::size_t max, unsigned seed);
/// The mutator of whoever runs the target.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);
}

namespace fuzz {

using seed_sink = std::function<void(const std::string& name, lsm::byte_view bytes)>;

/// Each target defines this: the inputs that its corpus begins with.
void make_seeds(const seed_sink& take);

inline lsm::byte_view view(const std::uint8_t* data, std::size_t size) {
    return std::as_bytes(std::span(data, size));
}

/// Ends the program where a promise is broken; whoever runs it keeps the input. No assert: it holds
/// in every build.
inline void require(bool holds, const char* promise) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", promise);
    std::abort();
}

/// Reads every byte, so that the sanitizers see whether they may be read.
inline void touch(lsm::byte_view bytes) {
    static volatile std::uint64_t sum;
    sum = sum + lsm::checksum(bytes);
}

}  // namespace fuzz
