// SPDX-License-Identifier: BSL-1.0
#include "subject.hpp"

#include <lsm/lsm.hpp>

namespace flips {
namespace {

using tree = lsm::lsm_tree<std::string, std::string>;

void write(const std::string& folder) {
    tree made(folder);
    for (int n = 0; n < in_tables; ++n) made.put(key_of(n), value_of(n));
    made.flush();
    for (int n = in_tables; n < in_tables + in_log; ++n) made.put(key_of(n), value_of(n));
    made.close();
}

answers read(const std::string& folder) {
    tree opened(folder, {.mode = lsm::open_mode::open});
    answers seen;
    for (const auto& [key, value] : opened.scan()) seen.scanned.emplace_back(key, value);
    for (int n = 0; n < in_tables + in_log; ++n)
        seen.got.push_back(opened.get(key_of(n)).value_or(""));
    return seen;
}

const registration ours{{"lsm, defaults", write, read}};

}  // namespace
}  // namespace flips
