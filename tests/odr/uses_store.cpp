// SPDX-License-Identifier: BSL-1.0
#include "store.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Links only if store.cpp has all that is called here and is no template itself.
int main() {
    store t{"numbers"};
    t.put(1, "one");
    t.ingest(std::vector<std::pair<std::uint64_t, std::string>>{{2, "two"}, {3, "three"}});
    t.erase(2);
    const auto before = t.snapshot();
    t.compact();
    std::string seen;
    for (const auto& [key, value] : t.scan()) seen += value;
    t.visit(3, [&](std::string_view value) { seen += value; });
    const auto values = t.multi_get(std::vector<std::uint64_t>{1, 2});
    return seen == "onethreethree" && values[0] == "one" && !values[1] && before.get(3) == "three"
               ? 0
               : 1;
}
