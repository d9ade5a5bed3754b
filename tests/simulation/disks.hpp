// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/testing/crash_states.hpp>
#include <lsm/testing/simulated_file_system.hpp>

#include <boost/test/tools/detail/print_helper.hpp>

#include <cstddef>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>

/// What the tests of simulated disks share: one folder, and files as text.
namespace simulation {

inline lsm::testing::simulated_file_system::folder
opened(const lsm::testing::simulated_disk& disk) {
    return *lsm::testing::simulated_file_system(disk).open_folder("folder", true);
}

/// Makes a file whose bytes are durable; its name is not.
inline void write_file(lsm::testing::simulated_file_system::folder& folder, const std::string& name,
                       const std::string& text) {
    auto file = folder.create(name);
    file.append(lsm::as_bytes(text));
    file.sync();
}

/// What is in a file; "missing" if there is none.
inline std::string text_of(const lsm::testing::simulated_disk& disk, const std::string& name) {
    const auto file = opened(disk).open(name);
    if (!file) return "missing";
    lsm::byte_buffer bytes(file->bytes());
    bytes.resize(file->read(0, bytes));
    return std::string(lsm::as_text(bytes));
}

/// What the explorer calls garbage.
inline std::string garbage(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 1; i <= bytes; ++i)
        text += static_cast<char>(i * 0x9E3779B97F4A7C15U >> 56);
    return text;
}

/// Calls `f(disk)` with all that a loss of power now may leave.
template <class F>
void for_each_loss(const lsm::testing::simulated_disk& disk, F f) {
    for_each_crash_state(disk.trace(), [&](const lsm::testing::crash_state& state) {
        if (state.position != disk.position()) return;
        if (state.cause == lsm::testing::crash_cause::power) f(state.disk());
    });
}

/// All that a file may be after a loss of power now.
inline std::set<std::string> after_power_loss(const lsm::testing::simulated_disk& disk,
                                              const std::string& name) {
    std::set<std::string> all;
    for_each_loss(disk, [&](const auto& left) { all.insert(text_of(left, name)); });
    return all;
}

inline std::set<std::pair<std::string, std::string>>
after_power_loss(const lsm::testing::simulated_disk& disk, const std::string& a,
                 const std::string& b) {
    std::set<std::pair<std::string, std::string>> all;
    for_each_loss(disk, [&](const auto& left) { all.emplace(text_of(left, a), text_of(left, b)); });
    return all;
}

}  // namespace simulation

template <>
struct boost::test_tools::tt_detail::print_log_value<std::set<std::string>> {
    void operator()(std::ostream& out, const std::set<std::string>& texts) {
        for (const std::string& text : texts) out << '[' << text << ']';
    }
};
