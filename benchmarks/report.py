#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes tables and a page of what lsm_bench measured.

    report.py [--brief] <run.json>... [--hardware <file.md>] [--page <file.html>]
              [--into <file.md> --section <name>]

    report.py --table <file.md> --into <file.md> --section <name>

Prints the tables as Markdown, of several runs as if they were one. --page writes them as one HTML file with drawn bars. --into puts them
into a file of Markdown instead, between `<!-- begin <name> -->` and `<!-- end <name> -->`. --hardware is what lsm_hardware
printed, for a column that says how near the machine's limit ours is.
"""
import argparse
import html
import json
import re
import statistics
from collections import defaultdict

OURS = "lsm"  # what our assemblies' names begin with


def is_ours(engine):
    return engine == OURS or engine.startswith(OURS + "-")


def short(number):
    """1234567 as '1.23 M'."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:.3g}{name}"
    return f"{number:.3g}"


def microseconds(nanoseconds):
    return "–" if not nanoseconds else f"{nanoseconds / 1000:.3g}"


# The ratios that we aim at, by workload: in memory, for all shapes or for one.
AIMS = {
    "fillseq": {"rocksdb": 8, "leveldb": 20, "lmdb": 5},
    "fillrandom": {"rocksdb": 10, "leveldb": 15, "lmdb": 7},
    "fillrandom 16/100": {"rocksdb": 4, "leveldb": 6, "lmdb": 5},
    "overwrite": {"rocksdb": 10, "leveldb": 15, "lmdb": 7},
    "overwrite 16/100": {"rocksdb": 4, "leveldb": 6, "lmdb": 5},
    "fillsync": {"rocksdb": 1, "leveldb": 1},
    "readrandom": {"rocksdb": 6, "leveldb": 5, "lmdb": 2},
    "readmissing": {"rocksdb": 10, "leveldb": 10, "lmdb": 5},
    "multireadrandom": {"rocksdb": 10, "lmdb": 4},
    "readseq": {"rocksdb": 30, "leveldb": 10, "lmdb": 7},
    "seekrandom10": {"rocksdb": 8, "leveldb": 3, "lmdb": 1.5},
    "compact": {"rocksdb": 5, "leveldb": 5},
}
AIMS_BEYOND_MEMORY = {"readrandom": {"rocksdb": 1, "leveldb": 1, "lmdb": 1},
                      "multireadrandom": {"rocksdb": 5, "leveldb": 5, "lmdb": 5}}


class Cell:
    """What the repetitions of one workload on one engine gave."""

    def __init__(self, runs):
        self.runs = runs
        self.rates = [run["operations"] / run["seconds"] for run in runs]
        self.rate = statistics.median(self.rates)
        self.spread = (max(self.rates) - min(self.rates)) / self.rate

    def median(self, name):
        return statistics.median(run[name] for run in self.runs)

    def drained_rate(self):
        return statistics.median(
            run["operations"] / (run["seconds"] + run["drain_seconds"]) for run in self.runs)

    def amplification(self):
        user = self.median("user_bytes")
        return self.median("written_bytes") / user if user else None


class Run:
    """The cells of reports, by shape, row and engine, each in the order in which it was measured."""

    def __init__(self, reports):
        self.reports = reports
        runs = defaultdict(list)
        for each in (each for report in reports for each in report["measurements"]):
            row = each["workload"] + (", " + each["state"] if each["state"] else "")
            if each["durability"] != "process":
                row += f", `{each['durability']}`"
            runs[each["shape"], row, each["engine"]].append(each)
        self.cells = {key: Cell(found) for key, found in runs.items()}
        self.settings = defaultdict(list)
        for report in reports:
            for engine, texts in report["settings"].items():
                self.settings[engine] += [text for text in texts if text not in self.settings[engine]]
        self.shapes = list(dict.fromkeys(shape for shape, _, _ in self.cells))
        engines = sorted({engine for _, _, engine in self.cells})
        self.engines = sorted(engines, key=lambda engine: (not is_ours(engine), engine))

    def rows(self, shape):
        return list(dict.fromkeys(row for of, row, _ in self.cells if of == shape))

    def cell(self, shape, row, engine):
        return self.cells.get((shape, row, engine))

    def ratio(self, shape, row, engine):
        """Our best assembly's rate over a peer's."""
        ours = [cell.rate for name in self.engines if is_ours(name)
                and (cell := self.cell(shape, row, name))]
        peer = self.cell(shape, row, engine)
        return max(ours) / peer.rate if ours and peer else None

    def aim(self, shape, row, peer):
        """The ratio that we aim at, or None."""
        workload = re.split("[, ]", row)[0]
        if any(report.get("confined_mib") for report in self.reports):
            return AIMS_BEYOND_MEMORY.get(workload, {}).get(peer)
        return AIMS.get(f"{workload} {shape}", AIMS.get(workload, {})).get(peer)

    def peers(self):
        return [engine for engine in self.engines if not is_ours(engine)]


class Hardware:
    """What the machine's steps cost, and what an operation costs at least that is made of nothing else."""

    def __init__(self, file):
        with open(file, encoding="utf-8") as source:
            rows = re.findall(r"^\| (.*) \| ([0-9][0-9.e+-]*) \|$", source.read(), re.MULTILINE)
        self.nanoseconds = {step: float(cost) for step, cost in rows}

    def miss(self, data_bytes):
        """One dependent cache miss in so much memory."""
        sizes = {int(found[1]) << 20: cost for step, cost in self.nanoseconds.items()
                 if (found := re.fullmatch(r"dependent cache miss in (\d+) MiB", step))}
        return sizes[min((size for size in sizes if size >= data_bytes), default=max(sizes))]

    def limit(self, workload, entry_bytes, entries):
        """Nanoseconds an operation. None for workloads that are of several kinds."""
        data = entry_bytes * entries
        scanned = self.nanoseconds["4 KiB of memory, read in order"] / 4096 * entry_bytes
        written = self.nanoseconds["1 MiB written to the device, in a row of 64"] / 2**20 * entry_bytes
        if workload.startswith("fillsync"):
            return self.nanoseconds["write() of 128 bytes and fdatasync, space reserved"]
        if workload.startswith("fill") or workload in ("overwrite", "bulkload", "compact"):
            return written
        return {"readrandom": 3 * self.miss(data), "readzipfian": 3 * self.miss(data),
                "readmissing": self.miss(1.25 * entries),
                "multireadrandom": 3 * self.nanoseconds["cache miss in 64 MiB, 16 at a time"],
                "readseq": scanned, "readreverse": scanned,
                "seekrandom": 3 * self.miss(data), "seekrandom10": 3 * self.miss(data) + 10 * scanned,
                "seekrandom100": 3 * self.miss(data) + 100 * scanned}.get(workload)


def entry_bytes(shape):
    """Of a key and a value."""
    key, value = shape.split("/")
    return (26 if key == "string" else int(key)) + int(value)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def rates_table(run, shape, hardware=None):
    def text(cell):
        return f"{short(cell.rate)} ±{cell.spread / 2:.0%}" if cell else "–"

    def ratio(row, peer):
        value, aim = run.ratio(shape, row, peer), run.aim(shape, row, peer)
        if not value:
            return "–"
        return (f"{value:.2g}×" if value < 10 else f"{value:.0f}×") + (f" ({aim})" if aim else "")

    def share(row):
        ours = [cell.rate for name in run.engines if is_ours(name) and (cell := run.cell(shape, row, name))]
        limit = hardware.limit(re.split("[, ]", row)[0], entry_bytes(shape), run.reports[0]["entries"])
        return f"{limit * max(ours) / 1e9:.0%}" if ours and limit else "–"

    head = ["workload"] + run.engines + [f"ours / {peer}" for peer in run.peers()]
    return table(head + ["of the limit"] * bool(hardware), [
        [row] + [text(run.cell(shape, row, engine)) for engine in run.engines]
        + [ratio(row, peer) for peer in run.peers()]
        + ([share(row)] if hardware else []) for row in run.rows(shape)])


def details_table(run, shape):
    rows = []
    for row in run.rows(shape):
        for engine in run.engines:
            cell = run.cell(shape, row, engine)
            if not cell:
                continue
            amplification = cell.amplification()
            rows.append([
                row, engine, short(cell.drained_rate()), microseconds(cell.median("p50_ns")),
                microseconds(cell.median("p99_ns")), microseconds(cell.median("p999_ns")),
                microseconds(1e9 * cell.median("cpu_seconds") / cell.median("operations")),
                f"{amplification:.2g}" if amplification else "–",
                short(cell.median("peak_bytes")) + "B", short(cell.median("disk_bytes")) + "B"])
    head = ["workload", "engine", "/s, drained", "p50 µs", "p99 µs", "p99.9 µs",
            "processor µs", "written / put", "peak memory", "files"]
    return table(head, rows)


def confined(report):
    bound = report.get("confined_mib")
    return f"{bound} MiB for the whole process, " if bound else ""


def conditions(run):
    """What was asked for, once for each way of asking."""
    texts = []
    for report in run.reports:
        shapes = ", ".join(dict.fromkeys(each["shape"] for each in report["measurements"]))
        text = (f"{shapes}: {short(report['entries'])} entries, median of {report['repetitions']} "
                f"interleaved runs ± half the spread, durability `process` unless a row names "
                f"another, {report['memory_mib']} MiB for each engine, "
                f"{confined(report)}"
                f"{report['processors']} processors, compiler {report['compiler']}.")
        if text not in texts:
            texts.append(text)
    return "\n".join(texts)


def markdown(run, brief, hardware=None):
    parts = [conditions(run)]
    for shape in run.shapes:
        parts += [f"**Operations a second, {shape}**", rates_table(run, shape, hardware)]
    for shape in run.shapes:
        parts += [f"**What they took, {shape}**", details_table(run, shape)]
    if not brief:
        settings = [[name, "; or ".join(texts)] for name, texts in sorted(run.settings.items())]
        parts += ["**Settings**", table(["engine", "opened with"], settings)]
    failures = [each for report in run.reports for each in report["failures"]]
    if failures:
        parts += ["**Failures**", "\n".join("- " + each for each in failures)]
    return "\n\n".join(parts) + "\n"


COLOURS = ["#1b7f5c", "#6b7fd7", "#c2702d", "#8a8f98", "#b04a7a", "#b8a02e", "#4a9ab0"]


def drawn_bars(run, shape, row):
    """One workload's rates, as lines of bars."""
    width, height = 420, 18
    cells = [(engine, run.cell(shape, row, engine)) for engine in run.engines]
    most = max(max(cell.rates) for _, cell in cells if cell)
    lines = []
    for place, (engine, cell) in enumerate(cells):
        if not cell:
            continue
        y = place * height
        low, at, high = (110 + width * x / most for x in (min(cell.rates), cell.rate, max(cell.rates)))
        colour = COLOURS[run.engines.index(engine) % len(COLOURS)]
        lines.append(
            f'<text x="104" y="{y + 13}" text-anchor="end">{html.escape(engine)}</text>'
            f'<rect x="110" y="{y + 3}" width="{at - 110:.1f}" height="12" fill="{colour}"/>'
            f'<path d="M{low:.1f} {y + 9}H{high:.1f}" stroke="#222"/>'
            f'<text x="{high + 6:.1f}" y="{y + 13}">{short(cell.rate)}/s</text>')
    return (f'<figure><figcaption>{html.escape(row)}</figcaption><svg width="640" '
            f'height="{len(cells) * height + 4}">{"".join(lines)}</svg></figure>')


def page_table(text):
    """A table of Markdown as HTML."""
    lines = [line.strip("| ").split(" | ") for line in text.split("\n")]
    rows = ["<tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in lines[0]) + "</tr>"]
    rows += ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
             for line in lines[2:]]
    return "<table>" + "".join(rows) + "</table>"


def page(run, hardware=None):
    parts = ["<!doctype html><meta charset=utf-8><title>lsm: benchmarks</title><style>"
             "body{font:14px sans-serif;max-width:1300px;margin:2em auto}svg text{font-size:12px}"
             "main{display:flex;flex-wrap:wrap}figure{margin:0 1em 1em 0}figcaption{font-weight:bold}"
             "table{border-collapse:collapse;font-size:12px}td,th{border:1px solid #ccc;padding:2px 6px;"
             "text-align:left}</style><h1>lsm beside other stores</h1>",
             f"<p>{html.escape(conditions(run))} A bar is the median, its line the spread.</p>"]
    for shape in run.shapes:
        bars = "".join(drawn_bars(run, shape, row) for row in run.rows(shape))
        parts.append(f"<h2>{html.escape(shape)}</h2><main>{bars}</main>")
        parts.append(page_table(rates_table(run, shape, hardware)))
        parts.append(page_table(details_table(run, shape)))
    settings = "".join(f"<li><b>{html.escape(name)}</b>: {html.escape('; or '.join(texts))}"
                       for name, texts in sorted(run.settings.items()))
    return "\n".join(parts + [f"<h2>Settings</h2><ul>{settings}</ul>"])


def put_into(file, section, text):
    begin, end = f"<!-- begin {section} -->", f"<!-- end {section} -->"
    with open(file, encoding="utf-8") as source:
        old = source.read()
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    new, times = re.subn(pattern, lambda _: f"{begin}\n\n{text}\n{end}", old, flags=re.DOTALL)
    if times != 1:
        raise SystemExit(f"{file}: no section {section}")
    with open(file, "w", encoding="utf-8") as target:
        target.write(new)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--table", help="a file of Markdown to put in, instead of runs")
    parser.add_argument("--brief", action="store_true", help="without the settings")
    parser.add_argument("--hardware", help="what lsm_hardware printed")
    parser.add_argument("--page")
    parser.add_argument("--into")
    parser.add_argument("--section", default="results")
    arguments = parser.parse_args()
    if arguments.table:
        with open(arguments.table, encoding="utf-8") as source:
            return put_into(arguments.into, arguments.section, source.read())
    reports = []
    for file in arguments.runs:
        with open(file, encoding="utf-8") as source:
            reports.append(json.load(source))
    run = Run(reports)
    hardware = Hardware(arguments.hardware) if arguments.hardware else None
    if arguments.page:
        with open(arguments.page, "w", encoding="utf-8") as target:
            target.write(page(run, hardware))
    if arguments.into:
        put_into(arguments.into, arguments.section, markdown(run, arguments.brief, hardware))
    else:
        print(markdown(run, arguments.brief, hardware))


if __name__ == "__main__":
    main()
