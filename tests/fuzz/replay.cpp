// SPDX-License-Identifier: BSL-1.0
#include <fuzz/fuzz.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

/// The main program of a target without libFuzzer, for every compiler:
///
///     fuzz_<target> [--mutate <n>] <file or folder>...   gives it the seeds and each file
///     fuzz_<target> --make-seeds <folder>                writes the seeds
///
/// With `--mutate` each input is changed n times over, by the target's own mutator if it has one.
namespace {

namespace fs = std::filesystem;
using input = std::vector<std::uint8_t>;

std::minstd_rand random_bytes(1);

input load(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

class runner {
public:
    explicit runner(int mutations) : mutations_(mutations) {}

    void run(const std::string& name, const input& bytes) {
        now = name;
        (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++runs_;
        input changed = bytes;
        for (int i = 0; i < mutations_; ++i) change_and_run(name, bytes, changed);
    }
    void run_all(const fs::path& path) {
        if (!fs::is_directory(path)) return run(path.string(), load(path));
        std::vector<fs::path> files;
        for (const auto& each : fs::directory_iterator(path)) files.push_back(each.path());
        std::ranges::sort(files);
        for (const fs::path& file : files) run(file.string(), load(file));
    }
    [[nodiscard]] std::uint64_t runs() const noexcept { return runs_; }

    static inline std::string now;  ///< what runs, for who finds the program dead

private:
    void change_and_run(const std::string& name, const input& bytes, input& changed) {
        if (random_bytes() % 8 == 0) changed = bytes;
        const std::size_t size = changed.size();
        const std::size_t max = bytes.size() + 64;
        changed.resize(max);
        const auto seed = static_cast<unsigned>(random_bytes());
        changed.resize(LLVMFuzzerCustomMutator
                           ? LLVMFuzzerCustomMutator(changed.data(), size, max, seed)
                           : LLVMFuzzerMutate(changed.data(), size, max));
        now = name + ", changed";
        (void)LLVMFuzzerTestOneInput(changed.data(), changed.size());
        ++runs_;
    }

    int mutations_;
    std::uint64_t runs_ = 0;
};

void write_seeds(const fs::path& folder) {
    fs::create_directories(folder);
    fuzz::make_seeds([&](const std::string& name, lsm::byte_view bytes) {
        const std::string_view text = lsm::as_text(bytes);
        std::ofstream(folder / name, std::ios::binary)
            .write(text.data(), static_cast<std::streamsize>(text.size()));
    });
}

void replay(const std::vector<std::string>& paths, int mutations) {
    runner all(mutations);
    fuzz::make_seeds([&](const std::string& name, lsm::byte_view bytes) {
        const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
        all.run("seed " + name, input(begin, begin + bytes.size()));
    });
    for (const std::string& path : paths) all.run_all(path);
    std::cout << all.runs() << " inputs\n";
}

}  // namespace

/// One byte more, less or different: enough to try a mutator, no fuzzer.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max) {
    const std::size_t at = size == 0 ? 0 : random_bytes() % size;
    const auto byte = static_cast<std::uint8_t>(random_bytes() >> 8);
    const unsigned what = random_bytes() % 8;
    if ((what == 0 && size < max) || size == 0) {
        if (max == 0) return 0;
        std::copy_backward(data + at, data + size, data + size + 1);
        data[at] = byte;
        return size + 1;
    }
    if (what == 1) {
        std::copy(data + at + 1, data + size, data + at);
        return size - 1;
    }
    data[at] = what < 5 ? static_cast<std::uint8_t>(data[at] ^ (1U << (byte % 8))) : byte;
    return size;
}

int main(int count, char** arguments) try {
    std::vector<std::string> words(arguments + 1, arguments + count);
    std::set_terminate([] {
        std::cerr << "ended by an exception in: " << runner::now << '\n';
        std::abort();
    });
    if (words.size() == 2 && words[0] == "--make-seeds") {
        write_seeds(words[1]);
        return 0;
    }
    int mutations = 0;
    if (words.size() > 1 && words[0] == "--mutate") {
        mutations = std::stoi(words[1]);
        words.erase(words.begin(), words.begin() + 2);
    }
    replay(words, mutations);
} catch (const std::exception& failure) {
    std::cerr << failure.what() << ", in: " << runner::now << '\n';
    return 1;
}
