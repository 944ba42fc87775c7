"""The inbox: landed rows as Parquet, one folder a month, whole batches or nothing.

Belongs here: staging, landing, taking back, reading. Does not belong here: where rows come from and what they mean.

A batch is written to `.incoming/<batch>/` first, then every file is renamed into its month, then the batch is entered
in the database, then the staging folder goes. A crash in between leaves the staging folder; the next import finds it
and either takes its files back (batch not entered) or only clears up (batch entered). See docs/decisions/0041.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ConflictError
from core.vocabulary import RAW_COLUMNS

_STAGING = ".incoming"
_SCHEMA = pa.schema([(name, pa.large_string()) for name in RAW_COLUMNS])
#: Bytes kept in memory before months are written to the staging folder.
_BUFFER = 256 * 1024 * 1024


def read_inbox(inbox: Path, month: str) -> pd.DataFrame:
    """Return everything that landed for a month, in the order of landing.

    Parameters
    ----------
    inbox : Path
        `settings.inbox`.
    month : str
        `YYYY-MM`.

    Returns
    -------
    pandas.DataFrame
        `RAW_COLUMNS`, all text, missing as NA; no rows when nothing landed.
    """
    frames = [pq.read_table(path, schema=_SCHEMA).to_pandas() for path in _landed(inbox, month)]
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(RAW_COLUMNS))
    return whole.astype("str")[list(RAW_COLUMNS)]


def landed_hashes(inbox: Path, month: str) -> set[str]:
    """Return the content hashes of everything that landed for a month."""
    found: set[str] = set()
    for path in _landed(inbox, month):
        found.update(pq.read_table(path, columns=["content_hash"]).column(0).to_pylist())
    return found


def _landed(inbox: Path, month: str) -> list[Path]:
    return sorted((inbox / month).glob("*.parquet"))


@contextmanager
def locked(inbox: Path) -> Iterator[None]:
    """Hold the inbox for one import.

    Raises
    ------
    ConflictError
        If another import holds it.
    """
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (inbox / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConflictError("another import is running; wait until it is done", code="import_running") from None
        yield


def recover(inbox: Path, *, is_entered: Callable[[str], bool]) -> None:
    """Clear up after an import that was killed; call it while holding the inbox.

    Parameters
    ----------
    is_entered : callable
        Whether the database knows this batch.
    """
    for staging in sorted((inbox / _STAGING).glob("*")):
        if not is_entered(staging.name):
            for path in inbox.glob(f"????-??/{staging.name}*.parquet"):
                path.unlink()
        shutil.rmtree(staging)


class Landing:
    """One batch on its way into the inbox."""

    def __init__(self, inbox: Path, batch: str) -> None:
        self._inbox = inbox
        self._batch = batch
        self._staging = inbox / _STAGING / batch
        self._pending: dict[str, list[pa.Table]] = {}
        self._pending_bytes = 0
        self._parts: dict[str, int] = {}

    @property
    def months(self) -> list[str]:
        return sorted({*self._parts, *self._pending})

    def add(self, month: str, raw: pd.DataFrame) -> None:
        """Take rows of one month; written to the staging folder when many have come together."""
        table = pa.Table.from_pandas(raw[list(RAW_COLUMNS)], schema=_SCHEMA, preserve_index=False)
        self._pending.setdefault(month, []).append(table)
        self._pending_bytes += table.nbytes
        if self._pending_bytes > _BUFFER:
            self._flush()

    def _flush(self) -> None:
        for month, tables in sorted(self._pending.items()):
            part = self._parts.get(month, 0)
            name = f"{self._batch}.parquet" if part == 0 else f"{self._batch}-{part}.parquet"
            (self._staging / month).mkdir(parents=True, exist_ok=True)
            with (self._staging / month / name).open("wb") as file:
                pq.write_table(pa.concat_tables(tables), file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            self._parts[month] = part + 1
        self._pending.clear()
        self._pending_bytes = 0

    def land(self) -> None:
        """Rename every staged file into its month; the staging folder stays until `finish`."""
        self._flush()
        for path in sorted(self._staging.glob("*/*.parquet")):
            (self._inbox / path.parent.name).mkdir(exist_ok=True)
            path.replace(self._inbox / path.parent.name / path.name)

    def finish(self) -> None:
        """Remove the staging folder: the batch is entered."""
        shutil.rmtree(self._staging, ignore_errors=True)

    def take_back(self) -> None:
        """Undo everything that this batch put into the inbox."""
        for path in self._inbox.glob(f"????-??/{self._batch}*.parquet"):
            path.unlink()
        shutil.rmtree(self._staging, ignore_errors=True)
