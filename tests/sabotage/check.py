# SPDX-License-Identifier: BSL-1.0
"""Whether the table of safeguards fits: each one's code is there once, its test is there, and the
documentation has the table. That the tests go red is for scripts/sabotage to see."""

import pathlib
import sys

from safeguards import SAFEGUARDS, table

root = pathlib.Path(sys.argv[1])
wrong = []
for each in SAFEGUARDS:
    count = (root / "include" / "lsm" / each.file).read_text().count(each.code)
    if count != 1:
        wrong.append(f"{each.name}: its code occurs {count} times in {each.file}")
    test = (root / "tests" / f"{each.test}.cpp").read_text()
    wrong += [f"{each.name}: {each.test} has no {part}" for part in each.case.split("/")
              if part.rstrip("*") not in test]
if table() not in (root / "docs" / "reliability.md").read_text():
    wrong.append("docs/reliability.md: put there what `scripts/sabotage --table` prints")
print("\n".join(wrong) or f"{len(SAFEGUARDS)} safeguards")
sys.exit(bool(wrong))
