"""An extract for training by the method of 45 CFR 164.514(b)(2): Parquet of each year, and a manifest.

Belongs here: reading the layers month by month, writing the folder whole or not at all. Does not belong here: what
crosses and how (`ml.safe_harbor`), the audit (`medisync.safe_harbor`).

The layers are read twice: once for who is in them, once for the rows. A file holds a year, since a month would be a
date; so the rows of one year are what is in memory at a time.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import pandas as pd
from upath import UPath

from assets.provenance import code_commit
from assets.storage import Warehouse, column_names, put_atomically, read, write_atomically
from core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from core.ids import new_id
from core.vocabulary import RISK_CLASSES
from ml.safe_harbor import CROSSES, Extractor, Survey, manifest, shuffled

FEATURES: Final = "features_risk"
REGISTRATIONS: Final = "validated_registrations"
_KEY: Final = "registration_id"
_PATIENT: Final = "patient_id"
_LABEL: Final = "risk_label"
_MONTHS_OF_YEAR: Final = 12
_FULL: Final = {
    layer: sorted({_KEY, *extra, *(one.source for one in CROSSES if one.layer == layer)})
    for layer, extra in ((FEATURES, {_LABEL}), (REGISTRATIONS, {_PATIENT}))
}
_FIRST_READING: Final = {FEATURES: [_KEY, _LABEL], REGISTRATIONS: [_KEY, _PATIENT, "condition_code"]}


@dataclass(frozen=True)
class SafeHarborReport:
    """What was written: the manifest, and what only the organisation is told.

    Attributes
    ----------
    months_by_year : dict of int to int
        Years of which fewer than twelve months have rows -> how many. Who knows since when a hospital reports learns
        more than the year from such rows.
    """

    manifest: dict[str, Any]
    months_by_year: dict[int, int]

    @property
    def extract_id(self) -> str:
        return str(self.manifest["extract_id"])

    @property
    def rows(self) -> int:
        return int(self.manifest["rows"])


def export_safe_harbor(
    warehouse: Warehouse,
    place: UPath,
    *,
    version: str,
    years: Sequence[int] = (),
    draw: Callable[[int], bytes] = secrets.token_bytes,
    told: Callable[[], object] = lambda: None,
    before_publishing: Callable[[SafeHarborReport], object] = lambda _: None,
) -> SafeHarborReport:
    """Write the labelled registrations with their risk features, identifiers removed; the whole folder or nothing.

    Parameters
    ----------
    place : UPath
        Made anew; a folder may be there and be empty. In an object store the manifest is written last.
    version : str
        Of MediSync.
    years : sequence of int, optional
        Of the registrations; all when left out. There is no choice by month: it would say the month.
    draw : callable
        Random bytes, as many as asked for.
    told : callable
        Called for each month read; each is read twice.
    before_publishing : callable
        Given the report when all is written and nothing can be seen yet; what it raises leaves nothing behind.

    Raises
    ------
    InputError
        If the place is not empty, or there are no rows of a year.
    NotFoundError
        If no labelled registration has its risk features yet.
    ConflictError
        If a month is of an older form, or the layers changed while they were read.
    """
    _require_empty(place)
    by_year = months_by_year(warehouse, years)
    survey = Survey()
    filled: dict[int, int] = {}
    for year, month in ((year, month) for year, months in by_year.items() for month in months):
        rows, _ = labelled_rows(warehouse, month, _FIRST_READING)
        survey.add(rows)
        filled[year] = filled.get(year, 0) + (len(rows) > 0)
        told()
    if not survey.patients:
        raise NotFoundError(
            "no registration with a known outcome has its risk features yet; run `medisync run`", code="no_rows"
        )
    extractor = Extractor(categories=survey.categories, folds=survey.folds(draw))
    left_out: dict[str, int] = {}
    files: list[dict[str, Any]] = []
    with _published(place) as folder:
        for year, months in by_year.items():
            parts = []
            for month in months:
                rows, missing = labelled_rows(warehouse, month, _FULL)
                parts.append(extractor.deidentify(rows, year=year))
                left_out = {reason: left_out.get(reason, 0) + count for reason, count in missing.items()}
                told()
            mixed = shuffled(pd.concat(parts, ignore_index=True), draw)
            if len(mixed):
                name = f"rows/{year}.parquet"
                sha256 = write_atomically(mixed, folder / name, run_id="extract")
                files.append({"name": name, "rows": len(mixed), "sha256": sha256})
        made = manifest(
            extractor.counts,
            extract_id=new_id("ext"),
            years=[year for year, months in filled.items() if months],
            patients=survey.patients,
            left_out=left_out,
            files=files,
            versions={"medisync_version": version, "code_commit": code_commit()},
        )
        report = SafeHarborReport(made, {year: n for year, n in filled.items() if 0 < n < _MONTHS_OF_YEAR})
        before_publishing(report)
        put_atomically(folder / "manifest.json", orjson.dumps(made, option=orjson.OPT_INDENT_2), run_id="extract")
    return report


def months_by_year(warehouse: Warehouse, years: Sequence[int] = ()) -> dict[int, list[str]]:
    """Return the months that both layers have, by year.

    Raises
    ------
    InputError
        If a year that was asked for has none.
    """
    found: dict[int, list[str]] = {}
    for month in warehouse.months(REGISTRATIONS):
        found.setdefault(int(month[:4]), []).append(month)
    for year in years:
        if year not in found:
            there = f"{min(found)} to {max(found)}" if found else "none"
            raise InputError(f"there are no registrations of {year}; there are: {there}", code="no_such_year")
    return {year: months for year, months in found.items() if not years or year in years}


def labelled_rows(
    warehouse: Warehouse, month: str, columns: dict[str, list[str]]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the registrations of a month whose risk class is known, with these columns, and how many were left out."""
    registrations = _layer(warehouse, REGISTRATIONS, month, columns[REGISTRATIONS])
    if not warehouse.path(FEATURES, month).exists():
        return registrations.iloc[:0].reindex(columns=sorted({*columns[REGISTRATIONS], *columns[FEATURES]})), {
            "without_features": len(registrations),
            "without_label": 0,
        }
    features = _layer(warehouse, FEATURES, month, columns[FEATURES])
    known = features.merge(registrations, on=_KEY, how="inner")
    labelled = known[known[_LABEL].isin([level.value for level in RISK_CLASSES])].reset_index(drop=True)
    return labelled, {
        "without_features": len(registrations) - len(known),
        "without_label": len(known) - len(labelled),
    }


def _layer(warehouse: Warehouse, layer: str, month: str, columns: list[str]) -> pd.DataFrame:
    path = warehouse.path(layer, month)
    lacking = sorted(set(columns) - set(column_names(path)))
    if lacking:
        raise ConflictError(
            f"{layer} of {month} lacks {', '.join(lacking)}: it is of an older form; run `medisync run {layer}`",
            code="older_form",
        )
    rows = read(path, columns)
    if not rows[_KEY].is_unique:
        raise IntegrityError(f"{layer} of {month} holds a registration twice", code="registration_twice")
    return rows


def _is_local(place: UPath) -> bool:
    return place.protocol in ("", "file", "local")


def _require_empty(place: UPath) -> None:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(f"{place} is there and not empty; name a new folder", code="folder_not_empty")


@contextmanager
def _published(place: UPath) -> Iterator[UPath]:
    """Give a folder to write to; what is in it is at its place once this ends well, and nowhere if it does not."""
    if not _is_local(place):
        try:
            yield place
        except BaseException:
            if place.exists():
                place.fs.rm(place.path, recursive=True)
            raise
        return
    target = Path(place.path).absolute()
    staging = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    staging.mkdir(parents=True, mode=0o700)
    try:
        yield UPath(staging)
        staging.replace(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
