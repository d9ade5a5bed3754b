// SPDX-License-Identifier: BSL-1.0
#include "plugin.hpp"

#include <lsm/core/error.hpp>
#include <lsm/engine/process.hpp>

#include <iostream>
#include <string_view>
#include <system_error>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

int failures = 0;

void expect(bool holds, const char* claim) {
    if (holds) return;
    ++failures;
    std::cout << "not so: " << claim << '\n';
}

template <class F>
F* find(void* module, const char* name) {
    return reinterpret_cast<F*>(::dlsym(module, name));
}

void check_errors(void* module, bool exports) {
    using lsm::errc;
    try {
        find<decltype(throw_locked)>(module, "throw_locked")();
        expect(false, "the plugin throws");
    } catch (const lsm::error& e) {
        expect(e.which() == errc::locked, "which() is the enumerator");
        expect(e.code() == errc::locked, "code() equals the enumerator");
        expect(errc::locked == e.code(), "the enumerator equals code()");
        expect(e.code() != errc::io, "code() differs from another enumerator");
        expect(e.code() == std::error_condition(e.code().value(), lsm::error_category()),
               "code() equals the condition");
        expect(!exports || e.code() == make_error_code(errc::locked), "code() equals the code");
    }
}

}  // namespace

// Loads a plugin that hides its symbols, in a child of the process that began with the program.
//
//     usage: uses_plugin <plugin> hides|exports  (what the program does with symbols of its own)
int main(int, char** argv) {
    const pid_t before = lsm::engine::this_process::id();
    if (const pid_t child = ::fork(); child != 0) {
        int status = 1;
        return ::waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
    }
    void* const module = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!module) return std::cout << ::dlerror() << '\n', 1;
    check_errors(module, argv[2] == std::string_view("exports"));
    const pid_t here = lsm::engine::this_process::id();
    expect(here != before, "a child is another process");
    expect(find<decltype(plugin_process)>(module, "plugin_process")() == here,
           "both modules know the same process");
    return failures;
}
