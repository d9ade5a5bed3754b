#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles a file that must not compile, and matches the first error against the file's first line.

usage: run.py <file> <compiler> <flag>...

The first line reads `// expect: <regular expression>`. Only the first error counts, because it is
the one that people read.
"""

import os
import re
import subprocess
import sys

source, *compiler = sys.argv[1:]

with open(source, encoding="utf-8") as file:
    first_line = file.readline()
if not (expect := re.fullmatch(r"// expect: (.+)\n", first_line)):
    sys.exit(f"{source}:1: the first line must be `// expect: <regular expression>`")

run = subprocess.run([*compiler, "-fsyntax-only", source], stderr=subprocess.PIPE, text=True,
                     env={**os.environ, "LC_ALL": "C"})
if run.returncode == 0:
    sys.exit(f"{source}: compiled, but must not")

error = next((line for line in run.stderr.splitlines() if "error:" in line), "(none)")
if not re.search(expect[1], error):
    sys.exit(f"expected: {expect[1]}\nfirst error: {error}\n\n{run.stderr}")
print(error)
