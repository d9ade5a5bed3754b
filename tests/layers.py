#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Holds the headers to their floors: an include only goes down, and never round.

usage: layers.py <include folder>

Also checked: a header's first two lines, its length, and that it names our headers as <lsm/...>.
"""

import pathlib
import re
import sys

# From the bottom to the top. A string is a room: a folder, or some headers. Rooms of one floor do
# not include one another.
FLOORS = [
    ["core/"],
    ["codec/"],
    ["memtable/", "compaction/"],
    ["storage/"],
    ["engine/"],
    ["filter_view.hpp scan_entry.hpp scan_view.hpp snapshot.hpp write_batch.hpp"],
    ["basic_lsm_tree.hpp"],
    ["lsm.hpp simple.hpp"],
    ["testing/"],
]
FLOOR_OF = {name: (floor, room) for floor, rooms in enumerate(FLOORS)
            for room in rooms for name in room.split()}

# Outside the floors: it includes nothing of ours, so any floor may include it.
FORWARD = "fwd.hpp"


LONG_LINES, MAX_LINES = 400, 450
START = ["// SPDX-License-Identifier: BSL-1.0", "#pragma once"]
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def place(header):
    """The floor and the room of a header, or None."""
    folder, slash, _ = header.partition("/")
    return FLOOR_OF.get(folder + slash)


def check_include(header, included):
    """What is wrong with a header of ours that includes another one, or None."""
    if header == FORWARD:
        return "includes only the standard library"
    floor, room = place(header)
    if included == FORWARD:
        return None
    if place(included) is None:
        return None  # reported at the included header itself
    included_floor, included_room = place(included)
    if included_floor > floor:
        return "goes up"
    if included_floor == floor and included_room != room:
        return "crosses to another room of the same floor"
    return None


def find_cycles(graph):
    """Each cycle that a depth-first walk of the includes closes."""
    cycles, path, done = [], [], set()

    def walk(header):
        if header in path:
            cycles.append(path[path.index(header):] + [header])
        elif header not in done:
            path.append(header)
            for included in graph.get(header, []):
                walk(included)
            done.add(path.pop())

    for header in graph:
        walk(header)
    return cycles


def main():
    root = pathlib.Path(sys.argv[1], "lsm")
    problems, warnings, graph = [], [], {}

    for path in sorted(root.rglob("*.hpp")):
        header = path.relative_to(root).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        if lines[:2] != START:
            problems.append(f"{header}:1: must start with `{START[0]}`, then `{START[1]}`")
        if len(lines) > LONG_LINES:
            where = problems if len(lines) > MAX_LINES else warnings
            where.append(f"{header}: {len(lines)} lines, of {MAX_LINES} at most")

        graph[header] = []
        if header != FORWARD and place(header) is None:
            problems.append(f"{header}: has no floor; give it one in tests/layers.py")
            continue
        for number, line in enumerate(lines, 1):
            if not (include := INCLUDE.match(line)):
                continue
            quote, name = include.groups()
            if quote == '"':
                problems.append(f'{header}:{number}: "{name}" is in quotes; write <lsm/...>')
            elif not name.startswith("lsm/"):
                if header == FORWARD and "/" in name:
                    problems.append(f"{header}:{number}: <{name}> is not of the standard library")
            elif not (root / (included := name.removeprefix("lsm/"))).is_file():
                problems.append(f"{header}:{number}: <{name}> does not exist")
            else:
                graph[header].append(included)
                if wrong := check_include(header, included):
                    problems.append(f"{header}:{number}: <{name}> {wrong}")

    problems += ["a cycle: " + " -> ".join(cycle) for cycle in find_cycles(graph)]
    if not graph:
        problems.append(f"{root}: no headers")
    for warning in warnings:
        print(f"warning: {warning}")
    for problem in problems:
        print(f"error: {problem}")
    print(f"{len(graph)} headers, {len(problems)} errors, {len(warnings)} warnings")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
