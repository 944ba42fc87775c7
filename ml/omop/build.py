"""From validated registrations to rows of the OMOP Common Data Model.

Belongs here: which registration becomes which rows. Does not belong here: names and types of fields (`schema`),
concepts (`concepts`).

One registration is one visit and, for each standard concept that its code maps to, one condition (one without a match
when there is none). Ids are numbers in the order of pseudonyms and moments: the same rows give the same export.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import pandas as pd

from ml.omop.concepts import (
    CDM_5_4,
    EMERGENCY,
    EMERGENCY_AND_INPATIENT,
    FROM_EHR,
    GENDERS,
    INPATIENT,
    NO_MATCH,
    OUTPATIENT,
    Concepts,
)
from ml.omop.schema import TABLES

#: What a registration is: (concept of a visit, concept of one that ended in a bed).
SETTINGS: Final = {"emergency": (EMERGENCY, EMERGENCY_AND_INPATIENT), "outpatient": (OUTPATIENT, INPATIENT)}
Setting = Literal["emergency", "outpatient"]
#: Outcomes that are a stay in a bed.
_STAYED: Final = frozenset({"admitted", "icu"})


@dataclass(frozen=True)
class Cdm:
    """The tables by name, each with all its fields, and what could not be told.

    Attributes
    ----------
    left_out_persons, left_out_visits : int
        Patients of whom no age is known, and their registrations: the model wants a year of birth of everybody.
    mapped_conditions : int
        Conditions with a standard concept.
    """

    tables: Mapping[str, pd.DataFrame]
    left_out_persons: int
    left_out_visits: int
    mapped_conditions: int


def build_cdm(
    rows: pd.DataFrame, concepts: Concepts, *, made_on: date, holder: str, setting: Setting = "emergency"
) -> Cdm:
    """Turn validated, pseudonymous registrations into the model's tables.

    Parameters
    ----------
    rows : pandas.DataFrame
        `core.vocabulary.VALIDATED_COLUMNS`, implausible values unknown.
    concepts : Concepts
    made_on : date
        Of the export.
    holder : str
        Whose data they are.
    setting : str
        What kind of visit a registration is: our contract does not say.

    Notes
    -----
    The year of birth is the least of (year of a visit - age at it), right to within a year. A visit without a known end
    ends on the day it began, as the model asks for an end of every visit.
    """
    ordered = rows.sort_values(["registered_at", "registration_id"], kind="stable").reset_index(drop=True)
    born = (ordered["registered_at"].dt.year - ordered["age_years"].floordiv(1)).groupby(ordered["patient_id"]).min()
    persons = {patient: number for number, patient in enumerate(sorted(born.dropna().index), start=1)}
    known = ordered[ordered["patient_id"].isin(persons)].reset_index(drop=True)
    known = known.assign(
        person_id=known["patient_id"].map(persons).astype("int64"), visit_occurrence_id=range(1, len(known) + 1)
    )
    sites = {name: number for number, name in enumerate(sorted(known["facility"].dropna().unique()), start=1)}
    visits = _visits(known, sites, SETTINGS[setting])
    conditions = _conditions(known, visits, concepts)
    tables = {
        "cdm_source": _source(known, concepts, made_on=made_on, holder=holder),
        "care_site": pd.DataFrame(
            {
                "care_site_id": list(sites.values()),
                "care_site_name": list(sites),
                "care_site_source_value": list(sites),
            }
        ),
        "person": _persons(known, born),
        "observation_period": _periods(visits),
        "visit_occurrence": visits,
        "condition_occurrence": conditions,
        "death": _deaths(known, visits),
    }
    return Cdm(
        {name: _shaped(name, table) for name, table in tables.items()},
        left_out_persons=int(born.isna().sum()),
        left_out_visits=len(ordered) - len(known),
        mapped_conditions=int((conditions["condition_concept_id"] != NO_MATCH).sum()),
    )


def _persons(known: pd.DataFrame, born: pd.Series) -> pd.DataFrame:
    newest = known.groupby("person_id", sort=True).agg(patient_id=("patient_id", "first"), sex=("sex", "last"))
    return pd.DataFrame(
        {
            "person_id": newest.index,
            "gender_concept_id": newest["sex"].map(GENDERS).fillna(NO_MATCH).to_numpy(),
            "year_of_birth": born.loc[newest["patient_id"]].to_numpy(),
            "race_concept_id": NO_MATCH,
            "ethnicity_concept_id": NO_MATCH,
            "person_source_value": newest["patient_id"].to_numpy(),
            "gender_source_value": newest["sex"].to_numpy(),
        }
    )


def _visits(known: pd.DataFrame, sites: Mapping[str, int], kinds: tuple[int, int]) -> pd.DataFrame:
    start, end = known["registered_at"], known["outcome_at"]
    end = end.where(end.isna() | (end >= start))
    stayed = known["outcome"].isin(_STAYED)
    return pd.DataFrame(
        {
            "visit_occurrence_id": known["visit_occurrence_id"],
            "person_id": known["person_id"],
            "visit_concept_id": stayed.map({False: kinds[0], True: kinds[1]}),
            "visit_start_date": _dates(start),
            "visit_start_datetime": _moments(start),
            "visit_end_date": _dates(end.fillna(start)),
            "visit_end_datetime": _moments(end),
            "visit_type_concept_id": FROM_EHR,
            "care_site_id": known["facility"].map(sites),
            "discharged_to_source_value": known["outcome"],
            "preceding_visit_occurrence_id": known.groupby("person_id")["visit_occurrence_id"].shift(),
        }
    )


def _conditions(known: pd.DataFrame, visits: pd.DataFrame, concepts: Concepts) -> pd.DataFrame:
    code = known["condition_code"].fillna("").str.strip()
    told = pd.DataFrame(
        {
            "visit_occurrence_id": known["visit_occurrence_id"],
            "person_id": known["person_id"],
            "code": code,
            "condition_start_date": visits["visit_start_date"],
            "condition_start_datetime": visits["visit_start_datetime"],
            "condition_source_value": code.where(code != "", known["condition"]),
        }
    )
    mapped = told.merge(concepts.table, on="code", how="left", sort=False)
    return mapped.assign(
        condition_occurrence_id=range(1, len(mapped) + 1),
        condition_concept_id=mapped["condition_concept_id"].fillna(NO_MATCH),
        condition_source_concept_id=mapped["source_concept_id"].fillna(NO_MATCH),
        condition_type_concept_id=FROM_EHR,
    )


def _periods(visits: pd.DataFrame) -> pd.DataFrame:
    spans = visits.groupby("person_id", sort=True).agg(
        observation_period_start_date=("visit_start_date", "min"), observation_period_end_date=("visit_end_date", "max")
    )
    return spans.reset_index().assign(observation_period_id=range(1, len(spans) + 1), period_type_concept_id=FROM_EHR)


def _deaths(known: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    died = visits[known["outcome"] == "deceased"].drop_duplicates("person_id", keep="last")
    return pd.DataFrame(
        {
            "person_id": died["person_id"],
            "death_date": died["visit_end_date"],
            "death_datetime": died["visit_end_datetime"],
            "death_type_concept_id": FROM_EHR,
        }
    ).sort_values("person_id")


def _source(known: pd.DataFrame, concepts: Concepts, *, made_on: date, holder: str) -> pd.DataFrame:
    newest = known["recorded_at"].fillna(known["registered_at"]).max()
    said: dict[str, Any] = {
        "cdm_source_name": "MediSync validated registrations",
        "cdm_source_abbreviation": "MediSync",
        "cdm_holder": holder,
        "source_description": "Registrations that broke no critical rule; patients by keyed pseudonym, no name",
        "cdm_etl_reference": "medisync omop",
        "source_release_date": made_on if pd.isna(newest) else newest.date(),
        "cdm_release_date": made_on,
        "cdm_version": "5.4",
        "cdm_version_concept_id": CDM_5_4,
        "vocabulary_version": concepts.version,
    }
    return pd.DataFrame([said])


def _dates(moments: pd.Series) -> pd.Series:
    return moments.dt.strftime("%Y-%m-%d")


def _moments(moments: pd.Series) -> pd.Series:
    return moments.dt.strftime("%Y-%m-%d %H:%M:%S")


def _shaped(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with all fields of the model in its order: whole numbers whole, texts no longer than fits."""
    made = table.reindex(columns=[field.name for field in TABLES[name]])
    for field in TABLES[name]:
        if field.type == "integer":
            made[field.name] = pd.to_numeric(made[field.name]).astype("Int64")
        elif field.longest is not None:
            made[field.name] = made[field.name].astype("str").str.slice(stop=field.longest)
    return made.reset_index(drop=True)
