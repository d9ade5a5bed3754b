// SPDX-License-Identifier: BSL-1.0
// decoder: codec
#include <fuzz/fuzz.hpp>
#include <fuzz/rich.hpp>

#include <lsm/codec/json.hpp>

/// An input is the JSON of a rich type.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto object = lsm::from_json<fuzz::rich>(lsm::as_text(fuzz::view(data, size)));
        const std::string text = lsm::to_json<fuzz::rich>(object);
        const std::string again = lsm::to_json<fuzz::rich>(lsm::from_json<fuzz::rich>(text));
        fuzz::require(text == again, "reads as it was written");
    } catch (const lsm::decode_error&) {
    }
    return 0;
}

void fuzz::make_seeds(const seed_sink& take) {
    for (const auto& [name, object] : rich_samples())
        take(name, lsm::as_bytes(lsm::to_json<rich>(object)));
    take("nested", lsm::as_bytes(std::string(300, '[') + std::string(300, ']')));
}
