// expect: lsm: b_tree_memtable keeps views of keys and destroys none
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

struct name {
    std::string text;
    friend auto operator<=>(const name&, const name&) = default;
};

template <>
struct lsm::codec<name> : lsm::by_value_codec<name> {
    static void write(auto& out, const name& object) { out.text(object.text); }
    template <class In>
    static name read(In& in) {
        return {std::string(in.text())};
    }
    static std::string shape() { return "text"; }
};

lsm::lsm_tree<name, int, lsm::b_tree_memtable> tree{"never"};
