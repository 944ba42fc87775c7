"""Where assets are kept: one Parquet file a month or an asset, written whole or not at all.

Belongs here: the Parquet IO manager and the reading of its files. Does not belong here: previews or samples of rows:
no value of a patient may reach Dagster's events.
"""

import hashlib
import json
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow.parquet as pq
from pydantic import Field

from assets.partitions import Months
from core.errors import NotFoundError


class Warehouse(dg.ConfigurableResource):
    """The folder of Parquet files: `<asset>/<month>.parquet`, or `<asset>.parquet` for an asset without months."""

    base: str = Field(description="Folder that holds the assets")

    def path(self, asset: str, month: str | None = None) -> Path:
        return Path(self.base, asset, f"{month}.parquet") if month else Path(self.base, f"{asset}.parquet")

    def months(self, asset: str) -> list[str]:
        """Return the months that are there, in order."""
        return sorted(path.stem for path in Path(self.base, asset).glob("*.parquet"))

    def read(self, asset: str, months: list[str] | None = None, columns: list[str] | None = None) -> Months:
        """Read months of an asset (all that are there when None); a month that is not there is left out."""
        there = self.months(asset)
        wanted = there if months is None else [month for month in there if month in set(months)]
        return {month: pd.read_parquet(self.path(asset, month), columns=columns) for month in wanted}

    def attribute(self, asset: str, month: str, name: str) -> str | None:
        """Read one attribute of a month's frame from the file's footer alone; None when file or attribute is absent."""
        path = self.path(asset, month)
        if not path.exists():
            return None
        stored = (pq.read_schema(path).metadata or {}).get(b"PANDAS_ATTRS", b"{}")
        return json.loads(stored).get(name)


def write_atomically(frame: pd.DataFrame, path: Path, *, run_id: str) -> str:
    """Write a frame beside its place and move it there; return the SHA-256 of the file's bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{run_id[:8]}.tmp")
    frame.to_parquet(temporary, index=False, compression="zstd")
    digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    temporary.replace(path)
    return digest


class ParquetIOManager(dg.ConfigurableIOManager):
    """Keep a frame, or frames by month, as Parquet; give back the same."""

    warehouse: dg.ResourceDependency[Warehouse]

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame | Months) -> None:
        asset = context.asset_key.to_user_string()
        frames = obj if isinstance(obj, dict) else {None: obj}
        hashes = {
            month: write_atomically(frame, self.warehouse.path(asset, month), run_id=context.run_id)
            for month, frame in frames.items()
        }
        sample = next(iter(frames.values()))
        missing = sum(frame.isna().sum() for frame in frames.values())
        rows = sum(len(frame) for frame in frames.values())
        context.add_output_metadata(
            {
                "dagster/row_count": rows,
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(str(name), str(dtype)) for name, dtype in sample.dtypes.items()]
                ),
                # Shares, by names of columns: no value of a patient.
                "null_fractions": {
                    str(name): round(float(count) / max(rows, 1), 4) for name, count in missing.items() if count
                },
                "sha256": hashlib.sha256("".join(hashes[key] for key in sorted(hashes, key=str)).encode()).hexdigest(),
            }
        )

    def load_input(self, context: dg.InputContext) -> pd.DataFrame | Months:
        asset = context.asset_key.to_user_string()
        columns = (context.definition_metadata or {}).get("columns")
        if context.has_asset_partitions:
            return self.warehouse.read(asset, list(context.asset_partition_keys), columns)
        path = self.warehouse.path(asset)
        if not path.exists():
            raise NotFoundError(f"asset {asset} was never materialized; run `medisync run {asset}` first")
        return pd.read_parquet(path, columns=columns)
