"""Definitions of the code location, built by one function for production, tests and commands.

Belongs here: putting assets, checks, jobs, schedules, sensors and resources together.
Does not belong here: their bodies.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.catalogue import ALL_ASSETS, ALL_CHECKS
from core import settings
from core.settings import Settings
from orchestration.celery_settings import executor
from orchestration.jobs import JOBS, SCHEDULES
from orchestration.notices import failures, with_freshness
from orchestration.privacy import keep_rows_out
from orchestration.resources import build_resources
from orchestration.sensors import SENSORS


def build_defs(configuration: Settings | None = None, *, overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions.

    Parameters
    ----------
    configuration : Settings, optional
        Of this installation; read from the environment when left out.
    overrides : mapping, optional
        Resources by name to use in place of those made from the settings.
    """
    known = configuration or settings.load()
    resources = {**build_resources(known), **(overrides or {})}
    keep_rows_out([*ALL_ASSETS, *ALL_CHECKS])
    return dg.Definitions(
        assets=with_freshness(ALL_ASSETS),
        asset_checks=ALL_CHECKS,
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[*SENSORS, failures],
        resources=resources,
        executor=executor(known),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    return build_defs()
