#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Draws what an operation of ours costs as a store grows.

    growth.py <run.json>... --drawing <file.svg> --into <file.md> --section <name>

Each run is one of lsm_bench with another number of entries. Both axes are logarithmic. The table goes
between `<!-- begin <name> -->` and `<!-- end <name> -->`.
"""
import argparse
import html
import json
import math

from report import COLOURS, Run, put_into, short, table

LEFT, TOP, WIDTH, HEIGHT = 70, 20, 480, 260


def costs(run):
    """Nanoseconds an operation, by row."""
    return {row: 1e9 / cell.rate for (_, row, engine), cell in run.cells.items() if engine == "lsm"}


def scale(least, most, begin, length):
    low, high = math.log10(least), math.log10(most)
    return lambda value: begin + length * (math.log10(value) - low) / (high - low)


def powers_of_ten(least, most):
    return [10.0 ** n for n in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)]


def drawing(sizes, rows):
    """@param rows of each line, its name and a cost for each size"""
    every = [cost for _, line in rows for cost in line]
    ticks = powers_of_ten(min(every), max(every))
    x = scale(min(sizes), max(sizes), LEFT, WIDTH)
    y = scale(ticks[0], ticks[-1], TOP + HEIGHT, -HEIGHT)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 200}" '
             f'height="{TOP + HEIGHT + 50}" font-family="sans-serif" font-size="12">'
             '<rect width="100%" height="100%" fill="white"/>']
    for tick in ticks:
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}h{WIDTH}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{short(tick)} ns</text>')
    for size in sizes:
        parts.append(f'<path d="M{x(size):.1f} {TOP}v{HEIGHT}" stroke="#eee"/>'
                     f'<text x="{x(size):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{short(size)}</text>')
    parts.append(f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 40}" text-anchor="middle">entries</text>')
    for (name, line), colour in zip(rows, COLOURS):
        points = " ".join(f"{x(size):.1f},{y(cost):.1f}" for size, cost in zip(sizes, line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{LEFT + WIDTH + 8}" y="{y(line[-1]) + 4:.1f}" fill="{colour}">'
                     f'{html.escape(name)}</text>')
    return "".join(parts) + "</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--drawing", required=True)
    parser.add_argument("--into", required=True)
    parser.add_argument("--section", default="growth")
    arguments = parser.parse_args()
    by_size = {}
    for file in arguments.runs:
        with open(file, encoding="utf-8") as source:
            report = json.load(source)
        by_size[report["entries"]] = costs(Run([report]))
    sizes = sorted(by_size)
    rows = [(row, [by_size[size][row] for size in sizes]) for row in by_size[sizes[0]]]
    with open(arguments.drawing, "w", encoding="utf-8") as target:
        target.write(drawing(sizes, rows))
    head = ["ns an operation"] + [f"{short(size)} entries" for size in sizes]
    put_into(arguments.into, arguments.section,
             table(head, [[name] + [f"{cost:.3g}" for cost in line] for name, line in rows]) + "\n")


main()
