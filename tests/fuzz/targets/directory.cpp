// SPDX-License-Identifier: BSL-1.0
// decoder: engine/log_replay.hpp
// decoder: engine/recovery.hpp
// decoder: engine/table.hpp
// decoder: storage/medium/directory.hpp
// decoder: storage/record
#include <fuzz/edits.hpp>
#include <fuzz/forge.hpp>
#include <fuzz/victim.hpp>

#include <algorithm>
#include <iterator>
#include <optional>

/// An input says how one file of a small tree is changed. The tree is opened and read: the answers
/// are right, or there is an error. Where the checksums are repaired there may be other answers, and
/// nothing worse.
namespace {

using namespace lsm;

/// The first byte of an input.
struct choice {
    bool crashed;  // the tree, instead of closed in order
    bool forged;
    bool rebooted;  // the machine, since
    bool read_only;
    bool gone;  // the file

    explicit choice(std::uint8_t bits)
        : crashed(bits & 1), forged(bits & 2), rebooted(bits & 4), read_only(bits & 8),
          gone(bits & 16) {}
};

fuzz::contents scanned(const fuzz::tree& from) {
    fuzz::contents all;
    for (const auto& [key, value] : from.scan()) all.emplace(key, value);
    return all;
}

/// What the tree holds is what it held after some commit: the last, or any one where power was lost.
/// Where a process ended, each place that was changed may cost the last commit: a damaged commit whose
/// successor is damaged, too, looks like one that was not finished. Where bytes were moved it may be any
/// commit, too: none of those behind looks like one.
void check_answers(const fuzz::tree& from, const fuzz::victim& healthy, const choice& how,
                   const fuzz::edits& made) {
    const fuzz::contents found = scanned(from);
    const auto& prefixes = healthy.prefixes();
    const std::size_t all = prefixes.size() - 1;
    const std::size_t of_log = how.rebooted || !made.in_place ? all : (std::min)(made.changes, all);
    const std::size_t may_miss = how.crashed ? of_log : 0;
    const auto oldest = prefixes.end() - 1 - static_cast<std::ptrdiff_t>(may_miss);
    fuzz::require(std::find(oldest, prefixes.end(), found) != prefixes.end(),
                  "a scan is right, or fails");
    for (const auto& [key, value] : prefixes.back()) {
        const auto place = found.find(key);
        fuzz::require(from.get(key) ==
                          (place == found.end() ? std::nullopt : std::optional(place->second)),
                      "a get is right, or fails");
    }
}

/// Uses a tree whose files are forged, both ways, as far as it lets itself be used.
void use(fuzz::tree& forged, bool read_only) {
    for (const auto& [key, value] : forged.scan()) fuzz::touch(as_bytes(value));
    for (const auto& [key, value] : forged.scan().reversed()) fuzz::touch(as_bytes(value));
    for (const char* key : {"", "key 1", "key 5", "last", "none"})
        if (const auto value = forged.get(key)) fuzz::touch(as_bytes(*value));
    if (read_only) return;
    forged.put("key 5", "new");
    forged.erase("none");
    forged.compact();
    forged.close();
}

void open_and_use(const fuzz::files& all, const fuzz::victim& healthy, const choice& how,
                  const fuzz::edits& made) {
    fuzz::tree::options settings = fuzz::settings();
    settings.mode = how.read_only ? open_mode::read_only : open_mode::open;
    const auto disk = fuzz::disk_of(all, how.rebooted ? 2 : 1);
    try {
        fuzz::tree opened = fuzz::open(disk, settings);
        if (how.forged)
            use(opened, how.read_only);
        else
            check_answers(opened, healthy, how, made);
    } catch (const error& failure) {
        fuzz::require(all != healthy.files(), "files that nobody changed are read");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::victim closed(true), crashed(false);
    fuzz::script input(fuzz::view(data, size));
    const choice how(input.byte());
    const fuzz::victim& healthy = how.crashed ? crashed : closed;
    fuzz::files all = healthy.files();
    const auto which = std::next(all.begin(), input.byte() % static_cast<int>(all.size()));
    const std::string name = which->first;
    fuzz::edits made{.changes = 1};
    if (how.gone) {
        all.erase(which);
    } else {
        made = fuzz::edit_all(which->second, input);
        if (how.forged && which->second != healthy.files().at(name)) fuzz::forge(all, name);
    }
    open_and_use(all, healthy, how, made);
    return 0;
}

/// Each file changed a little, in each state that a tree can be in.
void fuzz::make_seeds(const seed_sink& take) {
    for (int how = 0; how < 8; ++how)
        for (int file = 0; file < 4; ++file) {
            byte_buffer input;
            for (const int each : {how, file, 0, 40 * how % 256, 0, 1})
                input.push_back(static_cast<std::byte>(each));
            take("way_" + std::to_string(how) + "_file_" + std::to_string(file), input);
        }
}
