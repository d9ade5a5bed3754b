#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Measures what including lsm costs the compiler's front end, and holds it to a budget.

usage: compile_cost.py [--factor N] <compiler> <flag>...

Seconds are processor time, the median of three runs, above an empty file. The factor widens the
budget for busy machines.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

BEGIN = """
#include <lsm/lsm.hpp>
#include <cstdint>
"""

# What its own file has compiled: the one that uses it does not.
COMPILED_ELSEWHERE = """
extern template class lsm::basic_lsm_tree<std::uint64_t, std::uint64_t, lsm::b_tree_memtable,
                                          lsm::block_storage<>, lsm::leveled_compaction>;
"""

USE = """
int main() {
    lsm::lsm_tree<std::uint64_t, std::uint64_t> tree{"numbers"};
    tree.put(1, 2);
    tree.flush();
    std::uint64_t sum = tree.get(1).value_or(0);
    for (auto&& [key, value] : tree.scan()) sum += key + value;
    return sum == 5 ? 0 : 1;
}
"""

# What is compiled, and its budget in seconds.
FILES = [
    ("<lsm/fwd.hpp>", "#include <lsm/fwd.hpp>\n", 0.15),
    ("<lsm/lsm.hpp>", "#include <lsm/lsm.hpp>\n", 2.0),
    ("a first tree", BEGIN + USE, 4.0),
    ("another file's", BEGIN + COMPILED_ELSEWHERE + USE, 2.0),
]


def processor_seconds():
    """What this program's finished children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(compiler, text):
    """The median seconds of three runs of the front end over a file."""
    def once(file):
        before = processor_seconds()
        subprocess.run([*compiler, "-fsyntax-only", file], check=True)
        return processor_seconds() - before

    with tempfile.TemporaryDirectory(prefix="lsm-") as folder:
        file = os.path.join(folder, "measured.cpp")
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
        return statistics.median(once(file) for _ in range(3))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--factor", type=float, default=2.0, metavar="N")
    parser.add_argument("compiler", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    empty = measure(options.compiler, "")
    over = 0
    print(f"{'':16}{'seconds':>8}{'budget':>8}{'limit':>8}")
    for name, text, budget in FILES:
        try:
            seconds = measure(options.compiler, text) - empty
        except subprocess.CalledProcessError:
            print(f"{name:16}  does not compile")
            over += 1
            continue
        limit = budget * options.factor
        verdict = "" if seconds <= limit else "  over"
        over += seconds > limit
        print(f"{name:16}{seconds:8.2f}{budget:8.2f}{limit:8.2f}{verdict}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
