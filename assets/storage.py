"""Where assets are kept: one Parquet file a month or an asset, written whole or not at all.

Belongs here: where a file lies, reading and writing it. Does not belong here: the IO manager (`assets.tables`), what a
table looks like (`assets.profiling`).
"""

import hashlib
import io
import json
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow.parquet as pq
from pydantic import Field
from upath import UPath

from assets.partitions import Months
from core import ids


class Warehouse(dg.ConfigurableResource):
    """The folder of Parquet files: `<asset>/<month>.parquet`, or `<asset>.parquet` for an asset without months.

    A folder of this machine, or any that fsspec reaches (`s3://bucket/layers`, with the package for it installed).
    """

    base: str = Field(description="Folder or URL that holds the assets")

    @property
    def root(self) -> UPath:
        return UPath(self.base)

    def path(self, asset: str, month: str | None = None) -> UPath:
        return self.root / asset / f"{month}.parquet" if month else self.root / f"{asset}.parquet"

    def months(self, asset: str) -> list[str]:
        """Return the months that are there, in order."""
        folder = self.root / asset
        return sorted(path.stem for path in folder.glob("*.parquet")) if folder.exists() else []

    def read(self, asset: str, months: list[str] | None = None, columns: list[str] | None = None) -> Months:
        """Read months of an asset (all that are there when None); a month that is not there is left out."""
        there = self.months(asset)
        wanted = there if months is None else [month for month in there if month in set(months)]
        return {month: read(self.path(asset, month), columns) for month in wanted}

    def attribute(self, asset: str, month: str, name: str) -> str | None:
        """Read one attribute of a month's frame from the file's footer alone; None when file or attribute is absent."""
        path = self.path(asset, month)
        if not path.exists():
            return None
        with path.open("rb") as file:
            stored = (pq.read_schema(file).metadata or {}).get(b"PANDAS_ATTRS", b"{}")
        return json.loads(stored).get(name)


def read(path: UPath, columns: list[str] | None = None) -> pd.DataFrame:
    """Read one file, or some of its columns."""
    with path.open("rb") as file:
        return pd.read_parquet(file, columns=columns)


def column_names(path: UPath) -> list[str]:
    """Return the names of a file's columns, from its footer alone."""
    with path.open("rb") as file:
        return pq.read_schema(file).names


def write_atomically(frame: pd.DataFrame, path: UPath, *, run_id: str) -> str:
    """Write a frame whole or not at all; return the SHA-256 of the file's bytes.

    On this machine it is written beside its place and moved there; an object store shows an object once it is complete.
    """
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    put_atomically(path, buffer.getbuffer(), run_id=run_id)
    return hashlib.sha256(buffer.getbuffer()).hexdigest()


def put_atomically(path: UPath, content: bytes | memoryview, *, run_id: str) -> None:
    """Put bytes at a place, whole or not at all."""
    if path.protocol not in ("", "file", "local"):
        path.write_bytes(content)
        return
    place = Path(path.path)
    place.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: two runs, or a check and a run, may write the same file at once, and the last one counts.
    temporary = place.with_suffix(f".{run_id[:8]}-{ids.new_uuid().hex}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
