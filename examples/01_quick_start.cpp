// SPDX-License-Identifier: BSL-1.0
// A tree of strings and numbers: write, read, scan, and open it again.

//! [program]
#include <lsm/lsm.hpp>

#include <iostream>
#include <ranges>
#include <string>

using tree = lsm::lsm_tree<std::string, int>;

int main() {
    {
        tree stock{"stock.db"};  // a folder; it is created if it does not exist
        for (const char* fruit : {"apple", "banana", "blueberry", "cherry"}) stock.put(fruit, 10);
        stock.put("apple", 3);
        stock.erase("cherry");
        if (const auto count = stock.get("apple")) std::cout << "apples: " << *count << '\n';
    }  // closed: all of it is in files now
    const tree stock{"stock.db"};
    for (auto [fruit, count] : stock.scan("a", "c")) std::cout << fruit << ": " << count << '\n';
    for (auto fruit : stock.scan(lsm::prefix("b")) | std::views::keys | std::views::take(1))
        std::cout << "the first b: " << fruit << '\n';
}
//! [program]
