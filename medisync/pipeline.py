"""`medisync run`: materialize assets in the running Dagster, with a progress bar.

Belongs here: choosing a job from the arguments and drawing progress. Does not belong here: GraphQL
(`orchestration.client`), staleness (`orchestration.staleness`).
"""

import json
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core import settings as configuration
from core.errors import InputError
from core.settings import Settings
from medisync.options import AsJson
from orchestration.client import DagsterClient, RunFailedError

_LOOK_EVERY_S = 1.0
#: Without a terminal (a log file, CI) a run says this often how far it is.
_SAY_EVERY_S = 20.0


def run(
    asset_selection: Annotated[
        list[str] | None, typer.Argument(help="Assets to materialize; all that is stale when left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Materialize assets in the Dagster instance (default: all that is stale)."""
    settings = configuration.load()
    console = Console(stderr=True)
    report = run_selected(settings, asset_selection, console) if asset_selection else run_all(settings, console)
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    elif not report["runs"]:
        console.print("Nothing is stale: every month and every result is up to date.")


def run_all(settings: Settings, console: Console | None = None) -> dict[str, object]:
    """Materialize whatever is stale: the months with news in one run, else the results whose inputs moved on.

    Returns
    -------
    dict
        `{"runs": [id, …], "months": [first, last] or [], "assets": n}`
    """
    # These two pull in the asset definitions (seconds): only a command that needs them pays.
    from orchestration.resources import build_resources
    from orchestration.staleness import stale_months

    console = console or Console(stderr=True)
    resources = build_resources(settings)
    there = resources["sources"].months()
    if not there:
        raise _no_registrations()
    with DagsterClient(settings.dagster_address) as dagster:
        # The sensor may have seen the news first: what it started is not started twice.
        for run_id in dagster.active_runs():
            _follow(dagster, run_id, console, f"run {run_id[:8]} (under way already)", settings.dagster_address)
        months = stale_months(resources["sources"], resources["warehouse"], there)
        if months:
            from assets.partitions import MONTHS, range_tags

            known = MONTHS.get_partition_keys()
            inside = [month for month in months if known[0] <= month <= known[-1]]
            _tell_outside(console, sorted(set(months) - set(inside)), known)
            if inside:
                total = len(dagster.assets())
                run_id = dagster.launch("hospital", tags=range_tags(inside[0], inside[-1]))
                _follow(dagster, run_id, console, f"hospital {inside[0]} to {inside[-1]}", settings.dagster_address)
                return {"runs": [run_id], "months": [inside[0], inside[-1]], "assets": total}
        stale = [asset.name for asset in dagster.assets() if not asset.is_partitioned and asset.stale_status != "FRESH"]
        if not stale:
            return {"runs": [], "months": [], "assets": 0}
        run_id = dagster.launch("hospital", assets=stale)
        _follow(dagster, run_id, console, f"{len(stale)} stale results", settings.dagster_address)
        return {"runs": [run_id], "months": [], "assets": len(stale)}


def run_selected(settings: Settings, names: list[str], console: Console) -> dict[str, object]:
    """Materialize the named assets; those with months over every month that a source has."""
    from assets.partitions import MONTHS, range_tags
    from orchestration.resources import build_resources

    with DagsterClient(settings.dagster_address) as dagster:
        known = {asset.name: asset for asset in dagster.assets()}
        for name in names:
            if name not in known:
                raise InputError(f"no asset {name!r}; there are: {', '.join(sorted(known))}", code="unknown_asset")
        tags: dict[str, str] = {}
        if any(known[name].is_partitioned for name in names):
            inside = set(MONTHS.get_partition_keys())
            months = [month for month in build_resources(settings)["sources"].months() if month in inside]
            if not months:
                raise _no_registrations()
            tags = range_tags(months[0], months[-1])
        run_id = dagster.launch("hospital", assets=names, tags=tags)
        _follow(dagster, run_id, console, ", ".join(names), settings.dagster_address)
        return {"runs": [run_id], "months": [], "assets": len(names)}


def _no_registrations() -> InputError:
    return InputError("no source has a registration yet; import a file or register a patient", code="no_data")


def _tell_outside(console: Console, months: list[str], known: list[str]) -> None:
    if months:
        console.print(
            f"[yellow]Left out: {len(months)} months from {months[0]} to {months[-1]} lie outside {known[0]} to "
            f"{known[-1]}; set MEDISYNC_HISTORY_START to an earlier month to take them in.[/]"
        )


def _follow(dagster: DagsterClient, run_id: str, console: Console, title: str, address: str) -> None:
    """Draw a run's steps until it is over; without a terminal a plain line now and then.

    Raises
    ------
    RunFailedError
        Naming the failed steps and the run's page.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    seen: set[str] = set()
    done: set[str] = set()
    failed: list[str] = []
    begun = said = time.monotonic()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(title, total=None)
        for look in dagster.watch(run_id):
            for step, state in look.steps:
                seen.add(step)
                if state == "started":
                    progress.update(bar, description=f"{title}: {step}")
                else:
                    progress.advance(bar)
                    done.add(step)
                if state == "failed":
                    failed.append(step)
            now = time.monotonic()
            if not console.is_terminal and (look.is_over or now - said >= _SAY_EVERY_S):
                console.print(f"{title}: {len(done)} steps done, {now - begun:.0f} s")
                said = now
            if look.is_over:
                progress.update(bar, description=title, total=len(seen), completed=len(seen))
                break
            time.sleep(_LOOK_EVERY_S)
        status = look.status
    if status != "SUCCESS":
        where = f" at {', '.join(failed)}" if failed else ""
        raise RunFailedError(f"run {run_id} ended as {status}{where}; see {address}/runs/{run_id}")
