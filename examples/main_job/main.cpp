// SPDX-License-Identifier: BSL-1.0
// Real data through typed trees: a Debian package index and the Unicode character database. Every
// answer is compared with that of a std::map; the first difference ends the program with 1.

#include "characters.hpp"
#include "comparison.hpp"
#include "packages.hpp"
#include "stages.hpp"
#include "verify.hpp"

#include <lsm/lsm.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace {

using package_tree = lsm::lsm_tree<std::string, package>;
using character_tree = lsm::lsm_tree<char32_t, character>;

//! [prefix]
/// Everything whose name begins alike: one short piece of the scan.
void ask_for_names(const package_tree& tree, const std::map<std::string, package>& expected) {
    const auto found = tree.scan(lsm::prefix("libboost"));
    verify_scan("libboost…", found, expected.lower_bound("libboost"),
                expected.lower_bound("libboosu"));
    std::cout << "  " << std::ranges::distance(found) << " names begin with libboost:\n";
    for (auto name : found | std::views::keys | std::views::take(3))
        std::cout << "    " << name << '\n';
}
//! [prefix]

/// How many packages each section has, from a scan of everything.
void count_sections(const package_tree& tree, const std::map<std::string, package>& expected) {
    std::map<std::string, std::size_t> sections, expected_sections;
    for (const package& each : tree.scan() | std::views::values) ++sections[each.section];
    for (const package& each : expected | std::views::values) ++expected_sections[each.section];
    expect_equal("packages of each section", sections, expected_sections);

    std::vector<std::pair<std::size_t, std::string>> largest;
    for (const auto& [section, count] : sections) largest.emplace_back(count, section);
    std::ranges::sort(largest, std::greater());
    std::cout << "  " << sections.size() << " sections, the largest:\n";
    for (const auto& [count, section] : largest | std::views::take(3))
        std::cout << "    " << section << ": " << count << '\n';
}

//! [letters]
/// The letters of a block of code points.
void ask_for_letters(const character_tree& tree, const std::map<char32_t, character>& expected) {
    const auto is_letter = [](const auto& entry) { return entry.second.is_letter(); };
    const auto greek = tree.scan(lsm::closed(U'\u0370', U'\u03ff'));
    const auto letters = std::ranges::count_if(greek, is_letter);
    expect_equal(
        "letters of the Greek block", letters,
        std::count_if(expected.lower_bound(U'\u0370'), expected.upper_bound(U'\u03ff'), is_letter));
    std::cout << "  the Greek block has " << letters << " letters";
    if (const auto sigma = tree.get(U'\u03c3'); sigma && sigma->uppercase)
        std::cout << "; " << sigma->name << " has the capital " << spell(*sigma->uppercase);
    std::cout << '\n';
}
//! [letters]

void live_with_packages(const std::map<std::string, package>& packages) {
    std::cout << "\npackages by name\n";
    life<package_tree> life("packages", packages);
    ask_for_names(life.tree(), life.expected());
    count_sections(life.tree(), life.expected());
    life.edit(
        [](const std::string&, package& each) {
            if (each.section != "games") return false;
            each.version += "+local";
            return true;
        },
        [](const std::string& name, const package&) { return name.ends_with("-doc"); });
    life.flush_and_compact();
    life.reopen();
    ask_for_names(life.tree(), life.expected());
    count_sections(life.tree(), life.expected());
}

void live_with_characters(const std::map<char32_t, character>& characters) {
    std::cout << "\ncharacters by code point\n";
    life<character_tree> life("characters", characters);
    ask_for_letters(life.tree(), life.expected());
    life.edit(
        [](char32_t, character& each) {
            if (!each.lowercase) return false;
            each.name += " (has a small form)";
            return true;
        },
        [](char32_t, const character& each) {
            return each.category == "Co" || each.category == "Cs";
        });
    life.flush_and_compact();
    life.reopen();
    ask_for_letters(life.tree(), life.expected());
}

void run(const std::string& package_file, const std::string& character_file) {
    const package_index index = read_packages(package_file);
    const auto characters = read_characters(character_file);
    std::cout << index.packages.size() << " packages from " << index.stanzas
              << " stanzas, of which " << index.superseded << " are other versions; "
              << characters.size() << " characters\n";

    // All trees live in a folder of their own, made anew each time.
    std::filesystem::remove_all("main_job.data");
    std::filesystem::create_directory("main_job.data");
    std::filesystem::current_path("main_job.data");
    live_with_packages(index.packages);
    live_with_characters(characters);
    compare_assemblies(index.packages);
    std::cout << "\nall answers as expected\n";
}

}  // namespace

int main(int argument_count, char** arguments) {
    if (argument_count != 3) {
        std::cerr << "usage: main_job PACKAGE_INDEX UNICODE_DATA\n"
                     "  PACKAGE_INDEX  what apt-cache dumpavail prints\n"
                     "  UNICODE_DATA   UnicodeData.txt of the Unicode character database\n";
        return 2;
    }
    try {
        run(arguments[1], arguments[2]);
    } catch (const input_error& failure) {
        std::cerr << "main_job: " << failure.what() << '\n';
        return 2;
    } catch (const std::exception& failure) {
        std::cerr << "main_job: " << failure.what() << '\n';
        return 1;
    }
    return 0;
}
