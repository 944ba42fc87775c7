"""The IO manager: each asset's table kept as Parquet, and what Dagster is told of it.

Belongs here: writing and loading, and the metadata that every materialization carries, made in this one place. Does not
belong here: previews or samples of rows: no value of a patient may reach Dagster's events.
"""

import hashlib

import dagster as dg
import pandas as pd

from assets.partitions import Months
from assets.profiling import Profiles, told
from assets.storage import Warehouse, read, write_atomically
from core.errors import NotFoundError


class ParquetIOManager(dg.ConfigurableIOManager):
    """Keep a frame, or frames by month, as Parquet; give back the same.

    Every materialization, of a month or of a whole table, says how many rows it has, which shares are missing, and how
    far its watched columns have moved for how long (`assets.profiling`).
    """

    warehouse: dg.ResourceDependency[Warehouse]

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame | Months) -> None:
        asset = context.asset_key.to_user_string()
        frames = obj if isinstance(obj, dict) else {None: obj}
        hashes = {
            month: write_atomically(frame, self.warehouse.path(asset, month), run_id=context.run_id)
            for month, frame in frames.items()
        }
        context.add_output_metadata(
            {
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(str(name), str(dtype)) for name, dtype in _sample(obj).dtypes.items()]
                ),
                "sha256": hashlib.sha256("".join(hashes[key] for key in sorted(hashes, key=str)).encode()).hexdigest(),
            }
        )
        profiles = Profiles(self.warehouse, asset)
        if isinstance(obj, dict):
            made = profiles.of_months(obj)
            for month in context.asset_partition_keys:
                profile = made[month] if month in made else profiles.of_nothing()
                facts = told(profile, counted_in="months")
                context.step_context.add_asset_metadata(facts, context.asset_key, month)
        else:
            context.add_output_metadata(told(profiles.of_run(obj, run_id=context.run_id), counted_in="runs"))

    def load_input(self, context: dg.InputContext) -> pd.DataFrame | Months:
        asset = context.asset_key.to_user_string()
        columns = (context.definition_metadata or {}).get("columns")
        if context.has_asset_partitions:
            return self.warehouse.read(asset, list(context.asset_partition_keys), columns)
        path = self.warehouse.path(asset)
        if not path.exists():
            raise NotFoundError(f"asset {asset} was never materialized; run `medisync run {asset}` first")
        return read(path, columns)


def _sample(obj: pd.DataFrame | Months) -> pd.DataFrame:
    return obj if isinstance(obj, pd.DataFrame) else next(iter(obj.values()), pd.DataFrame())
