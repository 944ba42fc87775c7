"""Series of counts in CSV files: writing what was made of one, and what is said on the way.

Belongs here: what `medisync forecast` and `medisync surge` share. Does not belong here: reading (`csv_table`), columns,
any arithmetic.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from core.errors import InputError

#: Lines of a kind on standard error before the rest is only counted; --json has them all.
SHOWN = 10


def write_table(table: pd.DataFrame, out: Path, *, float_format: str | None = None) -> None:
    """Write a table as CSV.

    Raises
    ------
    InputError
        `cannot_write`
    """
    try:
        table.to_csv(out, index=False, float_format=float_format)
    except OSError as error:
        raise InputError(
            f"cannot write {out}: {error}; a file in an existing folder is needed", code="cannot_write"
        ) from error


def progress_of(total: int) -> Callable[[int], None]:
    """Return a function that writes "done of total" on standard error, at most four times a second."""
    last = [0.0]

    def tell(done: int) -> None:
        now = time.perf_counter()
        if done == total or now - last[0] > 0.25:
            last[0] = now
            sys.stderr.write(f"{done} of {total} series\n")

    return tell


def say(kind: str, lines: Sequence[str]) -> None:
    """Write the first lines of a kind on standard error, and how many more there are."""
    for line in lines[:SHOWN]:
        sys.stderr.write(f"{kind}: {line}\n")
    if len(lines) > SHOWN:
        sys.stderr.write(f"{kind}: and {len(lines) - SHOWN} more (all in --json)\n")
