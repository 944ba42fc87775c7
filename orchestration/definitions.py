"""Definitions of the code location, built by one function for production, tests and commands.

Belongs here: putting assets, checks, jobs, schedules, sensors and resources together.
Does not belong here: their bodies.
"""

import warnings
from collections.abc import Mapping
from typing import Any

# What we use of Dagster in "beta" (single-run backfills, open partition windows) is pinned and tested at this version.
import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)

from assets.catalogue import ALL_ASSETS, ALL_CHECKS  # noqa: E402 (the filter above must come first)
from core import settings  # noqa: E402
from orchestration.jobs import JOBS, SCHEDULES  # noqa: E402
from orchestration.resources import build_resources  # noqa: E402
from orchestration.sensors import SENSORS  # noqa: E402


def build_defs(overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions.

    Parameters
    ----------
    overrides : mapping, optional
        Resources by name to use in place of those made from the settings.
    """
    resources = {**build_resources(settings.load()), **(overrides or {})}
    return dg.Definitions(
        assets=ALL_ASSETS,
        asset_checks=ALL_CHECKS,
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources=resources,
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    return build_defs()
