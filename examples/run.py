#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs a program in a fresh folder, and compares its output line for line if told what to expect.

usage: run.py [--expect FILE] PROGRAM [ARGUMENT]...
"""

import argparse
import difflib
import pathlib
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--expect", type=pathlib.Path, metavar="FILE")
parser.add_argument("command", nargs=argparse.REMAINDER, metavar="PROGRAM")
options = parser.parse_args()

program, *arguments = options.command
program = pathlib.Path(program).resolve()
expected = options.expect.read_text(encoding="utf-8") if options.expect else None

with tempfile.TemporaryDirectory(prefix="lsm-") as folder:
    run = subprocess.run([program, *arguments], cwd=folder, stdout=subprocess.PIPE,
                         encoding="utf-8", errors="backslashreplace")
sys.stdout.write(run.stdout)

if run.returncode != 0:
    sys.exit(f"{program.name} ended with {run.returncode}")
if expected is not None and run.stdout != expected:
    sys.stdout.writelines(difflib.unified_diff(
        expected.splitlines(keepends=True), run.stdout.splitlines(keepends=True),
        options.expect.name, "output"))
    sys.exit(f"the output of {program.name} is not what {options.expect.name} says")
