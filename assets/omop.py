"""An export of the validated layer in the OMOP Common Data Model: a folder of CSV files and the script that loads it.

Belongs here: reading the warehouse and OMOP's vocabularies, writing the folder. Does not belong here: the model
(`ml.omop`).
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from assets.features import without_implausible
from assets.partitions import together
from assets.storage import Warehouse
from core.errors import InputError, NotFoundError
from ml.omop import NO_CONCEPTS, TABLES, Concepts, build_cdm, ddl
from ml.omop.build import Setting
from ml.omop.concepts import CODE_SYSTEMS

_ROWS = 500_000
_CONCEPT: Final = ("concept_id", "domain_id", "vocabulary_id", "standard_concept", "concept_code")
_RELATIONSHIP: Final = ("concept_id_1", "concept_id_2", "relationship_id")


@dataclass(frozen=True)
class OmopReport:
    """What was written: rows of each table, conditions with a standard concept, and what the model has no place for."""

    rows: Mapping[str, int]
    mapped_conditions: int
    left_out_persons: int
    left_out_visits: int
    vocabulary_version: str


def export_omop(
    warehouse: Warehouse,
    folder: Path,
    *,
    made_on: date,
    holder: str,
    vocabulary: Path | None = None,
    setting: Setting = "emergency",
) -> OmopReport:
    """Write the validated registrations as OMOP CDM 5.4, the whole folder or nothing.

    Parameters
    ----------
    folder : Path
        Made anew; it may be there and be empty.
    vocabulary : Path, optional
        A folder as Athena delivers it (CONCEPT.csv, CONCEPT_RELATIONSHIP.csv, VOCABULARY.csv); without it conditions
        keep their codes and have no standard concept.

    Raises
    ------
    InputError
        If the folder is not empty, or the vocabulary lacks a file or a column.
    NotFoundError
        If nothing was validated yet.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there and not empty; name a new folder", code="folder_not_empty")
    rows = together(warehouse.read("validated_registrations"))
    if rows.empty:
        raise NotFoundError("no registration is validated yet; import some and run `medisync run`", code="no_rows")
    concepts = NO_CONCEPTS if vocabulary is None else read_concepts(vocabulary, codes=set(rows["condition_code"]))
    cdm = build_cdm(without_implausible(rows), concepts, made_on=made_on, holder=holder, setting=setting)
    staging = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True, mode=0o700)
    for name, table in cdm.tables.items():
        table.to_csv(staging / f"{name}.csv", index=False)
    (staging / "load.sql").write_text(load_script())
    staging.replace(folder)
    return OmopReport(
        {name: len(table) for name, table in cdm.tables.items()},
        cdm.mapped_conditions,
        cdm.left_out_persons,
        cdm.left_out_visits,
        concepts.version,
    )


def load_script() -> str:
    """Return what psql runs inside of the folder: the tables, the rows, then the keys."""
    statements = ddl().split("\n")
    made = [line for line in statements if not line.startswith("ALTER TABLE")]
    keys = [line for line in statements if line.startswith("ALTER TABLE")]
    copied = [f"\\copy {name} FROM '{name}.csv' WITH (FORMAT csv, HEADER true)" for name in TABLES]
    return "\n".join([*made, *copied, *keys]) + "\n"


def read_concepts(folder: Path, *, codes: set[str]) -> Concepts:
    """Read of a vocabulary what these codes need; the files have millions of rows and are read in stretches."""
    concept = pd.concat(
        part[
            (part["vocabulary_id"].isin(CODE_SYSTEMS) & part["concept_code"].isin(codes))
            | ((part["standard_concept"] == "S") & (part["domain_id"] == "Condition"))
        ]
        for part in _stretches(folder / "CONCEPT.csv", _CONCEPT)
    )
    ours = set(concept.loc[concept["vocabulary_id"].isin(CODE_SYSTEMS), "concept_id"])
    relationship = pd.concat(
        part[part["concept_id_1"].isin(ours)] for part in _stretches(folder / "CONCEPT_RELATIONSHIP.csv", _RELATIONSHIP)
    )
    versions = pd.concat(_stretches(folder / "VOCABULARY.csv", ("vocabulary_id", "vocabulary_version")))
    whole = versions.loc[versions["vocabulary_id"] == "None", "vocabulary_version"]
    return Concepts.of(concept, relationship, version=str(whole.iloc[0])[:20] if len(whole) else "unknown")


def _stretches(path: Path, columns: tuple[str, ...]) -> "pd.io.parsers.TextFileReader":
    try:
        return pd.read_csv(
            path, sep="\t", quoting=3, dtype="str", usecols=list(columns), chunksize=_ROWS, keep_default_na=False
        )
    except FileNotFoundError:
        raise InputError(f"{path.parent} holds no {path.name}; Athena delivers it", code="no_such_file") from None
    except ValueError:
        raise InputError(
            f"{path.name}, line 1: it does not have the columns {', '.join(columns)}", code="columns_missing"
        ) from None
