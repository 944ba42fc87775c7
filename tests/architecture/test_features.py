"""Every row of docs/features.md says what it is, and every test that it names exists.

Belongs here: names and counts. Does not belong here: whether the test proves the row, which a reader must judge.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "features.md").read_text()
ROWS = re.findall(r"^\| ([A-N]-?\d+|\d+) \| (.+?) \| (.+?) \| (.*?) ?\|$", DOCUMENT, re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
#: How many rows each part of the list that was asked for has.
_ASKED = {"A": 10, "B": 6, "C": 18, "D": 13, "E": 11, "F": 19, "G": 27, "H": 9, "I": 11, "J": 11, "K": 7, "L": 10,
          "M": 17, "N": 14}  # fmt: skip


def test_every_row_that_was_asked_for_is_there_once():
    asked = [f"{part}-{number}" if part == "G" else f"{part}{number}"
             for part, count in _ASKED.items() for number in range(1, count + 1)]  # fmt: skip
    assert [row[0] for row in ROWS] == [*asked, *map(str, range(1, 18))]


def test_what_works_names_tests_and_every_named_test_exists():
    for number, _, state, tests in ROWS:
        assert state == "works" or state.startswith("not yet: "), number
        named = _TEST.findall(tests)
        assert named or state != "works", f"{number} works, and no test shows it"
        for path, test in named:
            source = (ROOT / path).read_text()
            assert re.search(rf"^(async )?def {test}\(", source, re.MULTILINE), f"{number}: {path}::{test}"


def test_the_counts_in_the_first_paragraph_are_those_of_the_rows():
    working = sum(state == "works" for _, _, state, _ in ROWS)
    assert f"{len(ROWS)} rows: {working} work, {len(ROWS) - working} do not yet" in DOCUMENT
