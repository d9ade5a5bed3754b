// SPDX-License-Identifier: BSL-1.0
#include <golden/block_trees.hpp>
#include <support/folder_files.hpp>
#include <support/temporary_folder.hpp>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

// Reads the golden files of block tables on another kind of machine, and writes the same bytes there.
//
//     usage: golden <tests/golden/version_1>
namespace {

int failures = 0;

void expect(bool holds, const std::string& claim) {
    failures += holds ? 0 : 1;
    std::cout << (holds ? "so:     " : "NOT SO: ") << claim << '\n';
}

template <class Tree>
bool holds_all(const Tree& t) {
    const auto expected = golden::expected<Tree>();
    bool all = true;
    auto each = expected.begin();
    for (const auto& [key, value] : t.scan()) {
        all = all && each != expected.end() && each->first == key && each->second == value;
        if (each != expected.end()) ++each;
    }
    for (const auto& [key, value] : expected) all = all && t.get(key) == value;
    return all && each == expected.end();
}

template <class Tree>
void check(const std::filesystem::path& version) {
    const std::string name = Tree::name;
    const support::folder_files then = support::load_folder(version / name);
    const support::temporary_folder folder;
    support::store_folder(folder / "read", then);
    {
        Tree t(folder / "read", golden::settings<Tree>());
        expect(t.recovered().operations == 5, name + ": the log is replayed");
        expect(holds_all(t), name + ": all is read");
        t.compact();
        expect(holds_all(t), name + ": all is read after a merge");
        t.close();
    }
    Tree t(folder / "written", golden::settings<Tree>());
    golden::fill(t);
    const support::folder_files today = support::load_folder(folder / "written");
    expect(today.size() == then.size(), name + ": as many files are written");
    for (const auto& [file, bytes] : then) {
        // A log's first page names the start of the machine.
        const std::size_t from = file.starts_with("log_") ? 4096 : 0;
        expect(today.contains(file) && today.at(file).substr(from) == bytes.substr(from),
               name + ": the same bytes are written to " + file);
    }
}

}  // namespace

int main(int, char** argv) try {
    check<golden::block>(argv[1]);
    check<golden::block_numbers>(argv[1]);
    return failures != 0;
} catch (const std::exception& e) {
    std::cout << "NOT SO: " << e.what() << '\n';
    return 1;
}
