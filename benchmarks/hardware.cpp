// SPDX-License-Identifier: BSL-1.0
// What the machine asks for the steps that stores are made of, beside what our log asks for an
// append. `lsm_hardware [folder]` prints a table.
#include <lsm/core/checksum.hpp>
#include <lsm/engine/log.hpp>
#include <lsm/storage/medium/directory.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t record_bytes = 128;
constexpr std::size_t file_bytes = std::size_t{64} << 20;

/// The median over several rounds of the nanoseconds that @p operation takes, @p times in a row.
template <class F>
double nanoseconds(std::size_t times, F&& operation) {
    std::array<double, 5> rounds;
    for (double& each : rounds) {
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < times; ++i) operation(i);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - begin;
        each = took.count() / static_cast<double>(times);
    }
    std::ranges::sort(rounds);
    return rounds[rounds.size() / 2];
}

void print(const std::string& what, double ns) {
    std::printf("| %s | %.3g |\n", what.c_str(), ns);
}

void expect(bool well, const char* what) {
    if (!well) throw std::runtime_error(what);
}

/// A file of zeros whose space is reserved and on the device.
class file {
public:
    explicit file(const std::filesystem::path& where)
        : at_(::open(where.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
        expect(at_ >= 0, "open");
        const std::vector<char> zeros(file_bytes);
        expect(::write(at_, zeros.data(), zeros.size()) == static_cast<ssize_t>(file_bytes),
               "write");
        expect(::fdatasync(at_) == 0, "fdatasync");
    }
    ~file() { ::close(at_); }
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    [[nodiscard]] int descriptor() const { return at_; }

private:
    int at_;
};

/// One cycle through all the numbers that so many bytes hold (Sattolo).
std::vector<std::uint32_t> cycle(std::size_t bytes) {
    std::vector<std::uint32_t> next(bytes / sizeof(std::uint32_t));
    std::iota(next.begin(), next.end(), 0U);
    std::mt19937 draw(1);
    for (std::size_t i = next.size() - 1; i > 0; --i) std::swap(next[i], next[draw() % i]);
    return next;
}

void measure_memory() {
    std::uint32_t sum = 0;  // so that nothing is optimised away
    for (const std::size_t mebibytes : {1, 8, 64, 256}) {
        const auto next = cycle(mebibytes << 20);
        std::uint32_t at = 0;
        print("dependent cache miss in " + std::to_string(mebibytes) + " MiB",
              nanoseconds(1'000'000, [&](std::size_t) { at = next[at]; }));
        sum += at;
        if (mebibytes != 64) continue;
        std::array<std::uint32_t, 16> chases;
        for (std::size_t i = 0; i < chases.size(); ++i)
            chases[i] = static_cast<std::uint32_t>(i * next.size() / chases.size());
        print("cache miss in 64 MiB, 16 at a time", nanoseconds(100'000, [&](std::size_t) {
                                                        for (std::uint32_t& each : chases)
                                                            each = next[each];
                                                    }) / static_cast<double>(chases.size()));
        for (const std::uint32_t each : chases) sum += each;
        constexpr std::size_t block = 4096 / sizeof(std::uint32_t);
        print("4 KiB of memory, read in order",
              nanoseconds(next.size() / block, [&](std::size_t i) {
                  for (std::size_t k = 0; k < block; ++k) sum += next[i * block + k];
              }));
    }
    if (sum == 1) std::puts("");
}

void measure_device(const std::filesystem::path& folder) {
    const file to(folder / "device");
    const std::vector<char> mebibyte(std::size_t{1} << 20, 'x');
    constexpr std::size_t writes = file_bytes / (std::size_t{1} << 20);
    print("1 MiB written to the device, in a row of 64",
          nanoseconds(1, [&](std::size_t) {
              for (std::size_t i = 0; i < writes; ++i) {
                  const auto at = static_cast<off_t>(i * mebibyte.size());
                  expect(::pwrite(to.descriptor(), mebibyte.data(), mebibyte.size(), at) > 0,
                         "pwrite");
                  ::sync_file_range(to.descriptor(), at, static_cast<off_t>(mebibyte.size()),
                                    SYNC_FILE_RANGE_WRITE);
              }
              expect(::fdatasync(to.descriptor()) == 0, "fdatasync");
          }) / static_cast<double>(writes));
}

void measure_writes(const std::filesystem::path& folder) {
    const file to(folder / "writes");
    std::array<char, record_bytes> record{};
    print("write() of 128 bytes", nanoseconds(100'000, [&](std::size_t i) {
              const auto at = static_cast<off_t>(i * record_bytes);
              expect(::pwrite(to.descriptor(), record.data(), record.size(), at) > 0, "pwrite");
          }));
    print("write() of 128 bytes and fdatasync, space reserved",
          nanoseconds(200, [&](std::size_t i) {
              const auto at = static_cast<off_t>(i * record_bytes);
              expect(::pwrite(to.descriptor(), record.data(), record.size(), at) > 0, "pwrite");
              expect(::fdatasync(to.descriptor()) == 0, "fdatasync");
          }));
    void* const mapped =
        ::mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, to.descriptor(), 0);
    expect(mapped != MAP_FAILED, "mmap");
    auto* const bytes = static_cast<std::byte*>(mapped);
    std::uint64_t sum = 0;
    print("copy of 128 bytes into a mapping, with a checksum",
          nanoseconds(100'000, [&](std::size_t i) {
              std::memcpy(&record, &sum, sizeof sum);
              sum = lsm::checksum(std::as_bytes(std::span(record)));
              std::memcpy(bytes + i * record_bytes, record.data(), record.size());
          }));
    std::array<char, 4096> page;
    print("read() of a cached 4 KiB page", nanoseconds(50'000, [&](std::size_t i) {
              const auto at = static_cast<off_t>(i * 7919 % (file_bytes / 4096) * 4096);
              expect(::pread(to.descriptor(), page.data(), page.size(), at) > 0, "pread");
          }));
    ::munmap(mapped, file_bytes);
}

/// Appends a group of one put of an 8-byte key and a value, so that the record has about 128 bytes.
void measure_log(const std::filesystem::path& folder) {
    using medium = lsm::directory<>;
    for (const bool may_map : {true, false}) {
        const std::filesystem::path where = folder / (may_map ? "mapped" : "unmapped");
        const auto on = std::make_shared<medium>(where.string(), lsm::open_mode::open_or_create);
        lsm::log_options options;
        options.segment_bytes = file_bytes;
        lsm::engine::log<medium> log(on, options, may_map);
        lsm::byte_buffer group;
        std::uint64_t segments = 0;
        lsm::sequence_number sequence = 1;
        const std::array<std::byte, 64> value{};
        const auto append = [&](lsm::durability level) {
            if (!log.has_room(2 * record_bytes)) {
                (void)log.prepare(++segments, 1, record_bytes);
                log.activate();
                log.drop_all_but_needed(sequence);
            }
            lsm::begin_group(group);
            lsm::append_operation(group, 0, lsm::payload_kind::value);
            lsm::append_length(group, 8);
            lsm::append(group, lsm::byte_view(value).first(8));
            lsm::append_length(group, value.size());
            lsm::append(group, value);
            log.append(group, sequence++, 1);
            log.commit(level);
        };
        print(may_map ? "append to our log, mapped" : "append to our log, without a mapping",
              nanoseconds(100'000, [&](std::size_t) { append(lsm::durability::process_crash); }));
        if (may_map) continue;
        print("append to our log that survives power loss",
              nanoseconds(200, [&](std::size_t) { append(lsm::durability::power_loss); }));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::filesystem::path folder = argc > 1 ? argv[1] : "hardware";
    std::filesystem::create_directories(folder);
    std::printf("| step | nanoseconds |\n| --- | --- |\n");
    measure_memory();
    measure_device(folder);
    measure_writes(folder);
    measure_log(folder);
    std::filesystem::remove_all(folder);
}
