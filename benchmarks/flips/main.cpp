// SPDX-License-Identifier: BSL-1.0
// Flips bits in closed stores, and counts who notices. `lsm_flips [folder]`
//
// One bit is flipped in every third byte of every file, one at a time. A child process opens a copy,
// scans it, and asks for every key.
#include "subject.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace flips {

std::vector<subject>& subjects() {
    static std::vector<subject> all;
    return all;
}

namespace {

namespace fs = std::filesystem;

enum class outcome { right, silent, error, abort };
constexpr unsigned most_seconds = 30;  // a child that takes longer counts as one that aborted

bool are_right(const answers& seen) {
    if (seen.scanned.size() != in_tables + in_log || seen.got.size() != seen.scanned.size())
        return false;
    for (int n = 0; n < in_tables + in_log; ++n) {
        const auto& [key, value] = seen.scanned[static_cast<std::size_t>(n)];
        if (key != key_of(n) || value != value_of(n)) return false;
        if (seen.got[static_cast<std::size_t>(n)] != value_of(n)) return false;
    }
    return true;
}

outcome ask(const subject& of, const fs::path& folder) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(most_seconds);
        // What a store prints when it aborts is not our output.
        if (!std::freopen("/dev/null", "w", stderr)) ::_exit(static_cast<int>(outcome::abort));
        try {
            const bool right = are_right(of.read(folder.string()));
            ::_exit(static_cast<int>(right ? outcome::right : outcome::silent));
        } catch (const std::exception&) {
            ::_exit(static_cast<int>(outcome::error));
        }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? static_cast<outcome>(WEXITSTATUS(status)) : outcome::abort;
}

void flip(const fs::path& file, std::uintmax_t at) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const auto old = static_cast<char>(bytes.get());
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(old ^ (1 << (at / 3 % 8))));
}

void copy_anew(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
}

/// @returns whether the store as it is gives right answers
bool examine(const subject& of, const fs::path& where) {
    const fs::path whole = where / "whole", changed = where / "changed";
    fs::remove_all(where);
    fs::create_directories(where);
    of.write(whole.string());
    copy_anew(whole, changed);
    if (ask(of, changed) != outcome::right) {
        std::printf("%s: not right without a flip\n", of.name.c_str());
        return false;
    }

    std::vector<fs::path> files;
    for (const auto& each : fs::recursive_directory_iterator(whole))
        if (each.is_regular_file()) files.push_back(fs::relative(each.path(), whole));
    std::ranges::sort(files);
    std::uint64_t counts[4] = {}, all = 0;
    for (const fs::path& file : files)
        for (std::uintmax_t at = 0; at < fs::file_size(whole / file); at += 3) {
            copy_anew(whole, changed);
            flip(changed / file, at);
            ++counts[static_cast<int>(ask(of, changed))];
            ++all;
        }
    std::printf("| %s | %lu | %lu | %lu | %lu | %lu |\n", of.name.c_str(), all,
                counts[static_cast<int>(outcome::silent)], counts[static_cast<int>(outcome::abort)],
                counts[static_cast<int>(outcome::error)], counts[static_cast<int>(outcome::right)]);
    std::fflush(stdout);
    fs::remove_all(where);
    return true;
}

}  // namespace
}  // namespace flips

int main(int argc, char** argv) {
    const std::filesystem::path where = argc > 1 ? argv[1] : "flips";
    std::printf("| store | flips | silent | aborts | errors | right |\n"
                "| --- | --- | --- | --- | --- | --- |\n");
    std::ranges::sort(flips::subjects(), {}, &flips::subject::name);
    bool well = true;
    for (const flips::subject& each : flips::subjects()) well &= flips::examine(each, where);
    return well ? 0 : 1;
}
