// SPDX-License-Identifier: BSL-1.0
// decoder: codec
#include <fuzz/fuzz.hpp>
#include <fuzz/rich.hpp>

#include <lsm/codec/bytes.hpp>

/// An input is the bytes of a rich type.
namespace {

lsm::byte_buffer bytes_of(const fuzz::rich& object) {
    lsm::byte_buffer bytes;
    lsm::encode<fuzz::rich>(bytes, object);
    fuzz::require(bytes.size() == lsm::encoded_bytes<fuzz::rich>(object), "counted as written");
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto bytes = bytes_of(lsm::decode<fuzz::rich>(fuzz::view(data, size)));
        fuzz::require(bytes.size() == size, "read from as many bytes as it has");
        fuzz::require(bytes == bytes_of(lsm::decode<fuzz::rich>(bytes)), "reads as it was written");
    } catch (const lsm::decode_error&) {
    }
    return 0;
}

void fuzz::make_seeds(const seed_sink& take) {
    for (const auto& [name, object] : rich_samples()) take(name, bytes_of(object));
}
