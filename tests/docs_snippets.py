#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Holds the code in the pages to code that is compiled.

usage: docs_snippets.py [--write] <project folder>

In README.md, which is read without Doxygen, every block of code stands below a comment that names
its source, `<!-- examples/name.cpp [region] -->`: the lines between two `//! [region]`, or any
adjacent lines of a file if no region is named. Pages in docs/ hold no such blocks; they use @snippet,
and each region that they name exists. --write copies the regions into README.md.
"""

import pathlib
import re
import sys
import textwrap

CODE = {"cpp", "c++", "cmake"}  # shell commands and drawings are free
BLOCK = re.compile(r"(?P<before>.*)\n(?P<indent> *)```(?P<language>[\w+]+)\n(?P<code>(?:.*\n)*?) *```\n")
SOURCE = re.compile(r" *<!-- (?P<file>\S+)(?: \[(?P<region>[^]]+)\])? -->")
SNIPPET = re.compile(r"[@\\]snippet(?:\{[^}]*\})? +(?P<file>\S+) +(?P<region>.+)")


def region_of(file, name):
    """The lines between a region's two marks, without other marks and without their indentation."""
    parts = re.split(rf"^ *//! \[{re.escape(name)}\]\n", file.read_text(encoding="utf-8"), flags=re.M)
    if len(parts) != 3:
        return None
    return textwrap.dedent(re.sub(r"^ *//! \[.*\]\n", "", parts[1], flags=re.M))


def check_readme(root, write):
    page = root / "README.md"
    text = page.read_text(encoding="utf-8")
    problems = []

    def check(block):
        if block["language"] not in CODE:
            return block[0]
        source = SOURCE.fullmatch(block["before"])
        if not source:
            problems.append(f"README.md: a block of {block['language']} names no source")
            return block[0]
        file, name = root / source["file"], source["region"]
        code = textwrap.dedent(block["code"])
        if name is None:
            if code not in file.read_text(encoding="utf-8"):
                problems.append(f"README.md: {source['file']} has no such lines:\n{code}")
            return block[0]
        region = region_of(file, name)
        if region is None:
            problems.append(f"README.md: {source['file']} has no region [{name}]")
            return block[0]
        if code == region:
            return block[0]
        if not write:
            problems.append(f"README.md: a block differs from {source['file']} [{name}]; "
                            "tests/docs_snippets.py --write . copies it")
        indented = textwrap.indent(region, block["indent"])
        return (f"{block['before']}\n{block['indent']}```{block['language']}\n"
                f"{indented}{block['indent']}```\n")

    written = BLOCK.sub(check, text)
    if write and written != text:
        page.write_text(written, encoding="utf-8")
    return problems


def check_page(root, page):
    text = page.read_text(encoding="utf-8")
    where = page.relative_to(root)
    problems = [f"{where}: a block of {block['language']}; cut it from an example with @snippet"
                for block in BLOCK.finditer(text) if block["language"] in CODE]
    for snippet in SNIPPET.finditer(text):
        found = root / "examples" / snippet["file"]
        if not found.is_file() or region_of(found, snippet["region"].strip()) is None:
            problems.append(f"{where}: no region for {snippet[0]}")
    return problems


arguments = sys.argv[1:]
write = "--write" in arguments
folders = [argument for argument in arguments if argument != "--write"]
if len(folders) != 1:
    sys.exit(__doc__)
root = pathlib.Path(folders[0]).resolve()

problems = check_readme(root, write)
for page in sorted((root / "docs").rglob("*.md")):
    problems += check_page(root, page)
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
