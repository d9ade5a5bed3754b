// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/codec/codec.hpp>

#include <compare>
#include <string>

/// A key whose codec can be told to be wrong.
namespace support {

struct fickle {
    int a = 0;
    int b = 0;
    auto operator<=>(const fickle&) const = default;
};

enum class fault { none, loses_a_part, turns_order, writes_too_little };

inline fault& fault_of_fickle() {
    static fault now = fault::none;
    return now;
}
/// The codec is wrong as long as it lives.
class wrong_codec {
public:
    explicit wrong_codec(fault how) { fault_of_fickle() = how; }
    wrong_codec(const wrong_codec&) = delete;
    wrong_codec& operator=(const wrong_codec&) = delete;
    ~wrong_codec() { fault_of_fickle() = fault::none; }
};

}  // namespace support

template <>
struct lsm::codec<support::fickle> : lsm::decoded_codec<support::fickle> {
    static void write(auto& out, const support::fickle& from) {
        const support::fault now = support::fault_of_fickle();
        out.begin_record();
        out.field("a");
        out.number(now == support::fault::turns_order ? -from.a : from.a);
        if (now != support::fault::writes_too_little) {
            out.field("b");
            out.number(now == support::fault::loses_a_part ? 0 : from.b);
        }
        out.end_record();
    }
    template <class In>
    static support::fickle read(In& in) {
        support::fickle made;
        in.begin_record();
        in.field("a");
        made.a = in.template number<int>();
        in.field("b");
        made.b = in.template number<int>();
        in.end_record();
        return made;
    }
    static std::string shape() { return "{a: i32, b: i32}"; }
};
