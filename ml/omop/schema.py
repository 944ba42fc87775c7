"""The tables of the OMOP Common Data Model 5.4 that an export fills: fields, types, keys.

Belongs here: what OHDSI/CommonDataModel (inst/ddl/5.4/postgresql) says of them. Does not belong here: what goes in.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Field:
    """One field of a table: its SQL type, and whether it must be filled."""

    name: str
    type: str
    is_required: bool

    @property
    def longest(self) -> int | None:
        """How many characters fit; None of what is no bounded text."""
        return int(self.type[8:-1]) if self.type.startswith("varchar(") else None


def _fields(text: str) -> tuple[Field, ...]:
    """Read fields written as `name type` in a line each; an exclamation mark behind the type: required."""
    parts = [line.split() for line in text.strip().splitlines()]
    return tuple(Field(name, kind.rstrip("!"), kind.endswith("!")) for name, kind in parts)


TABLES: Final[dict[str, tuple[Field, ...]]] = {
    "cdm_source": _fields("""
        cdm_source_name varchar(255)!
        cdm_source_abbreviation varchar(25)!
        cdm_holder varchar(255)!
        source_description text
        source_documentation_reference varchar(255)
        cdm_etl_reference varchar(255)
        source_release_date date!
        cdm_release_date date!
        cdm_version varchar(10)
        cdm_version_concept_id integer!
        vocabulary_version varchar(20)!
    """),
    "care_site": _fields("""
        care_site_id integer!
        care_site_name varchar(255)
        place_of_service_concept_id integer
        location_id integer
        care_site_source_value varchar(50)
        place_of_service_source_value varchar(50)
    """),
    "person": _fields("""
        person_id integer!
        gender_concept_id integer!
        year_of_birth integer!
        month_of_birth integer
        day_of_birth integer
        birth_datetime timestamp
        race_concept_id integer!
        ethnicity_concept_id integer!
        location_id integer
        provider_id integer
        care_site_id integer
        person_source_value varchar(50)
        gender_source_value varchar(50)
        gender_source_concept_id integer
        race_source_value varchar(50)
        race_source_concept_id integer
        ethnicity_source_value varchar(50)
        ethnicity_source_concept_id integer
    """),
    "observation_period": _fields("""
        observation_period_id integer!
        person_id integer!
        observation_period_start_date date!
        observation_period_end_date date!
        period_type_concept_id integer!
    """),
    "visit_occurrence": _fields("""
        visit_occurrence_id integer!
        person_id integer!
        visit_concept_id integer!
        visit_start_date date!
        visit_start_datetime timestamp
        visit_end_date date!
        visit_end_datetime timestamp
        visit_type_concept_id integer!
        provider_id integer
        care_site_id integer
        visit_source_value varchar(50)
        visit_source_concept_id integer
        admitted_from_concept_id integer
        admitted_from_source_value varchar(50)
        discharged_to_concept_id integer
        discharged_to_source_value varchar(50)
        preceding_visit_occurrence_id integer
    """),
    "condition_occurrence": _fields("""
        condition_occurrence_id integer!
        person_id integer!
        condition_concept_id integer!
        condition_start_date date!
        condition_start_datetime timestamp
        condition_end_date date
        condition_end_datetime timestamp
        condition_type_concept_id integer!
        condition_status_concept_id integer
        stop_reason varchar(20)
        provider_id integer
        visit_occurrence_id integer
        visit_detail_id integer
        condition_source_value varchar(50)
        condition_source_concept_id integer
        condition_status_source_value varchar(50)
    """),
    "death": _fields("""
        person_id integer!
        death_date date!
        death_datetime timestamp
        death_type_concept_id integer
        cause_concept_id integer
        cause_source_value varchar(50)
        cause_source_concept_id integer
    """),
}

#: Table -> its primary key.
KEYS: Final = {
    "care_site": "care_site_id",
    "person": "person_id",
    "observation_period": "observation_period_id",
    "visit_occurrence": "visit_occurrence_id",
    "condition_occurrence": "condition_occurrence_id",
    "death": "person_id",
}
_OWNERS: Final = {"person_id": "person", "care_site_id": "care_site", "visit_occurrence_id": "visit_occurrence"}


def ddl() -> str:
    """Return the statements that make the tables, each as the model defines it, and below them the keys."""
    made = [f"CREATE TABLE {table} (\n{_columns(fields)}\n);" for table, fields in TABLES.items()]
    return "\n".join([*made, *_primary_keys(), *_foreign_keys()]) + "\n"


def _columns(fields: tuple[Field, ...]) -> str:
    return ",\n".join(f"  {one.name} {one.type} {'NOT NULL' if one.is_required else 'NULL'}" for one in fields)


def _primary_keys() -> list[str]:
    return [f"ALTER TABLE {table} ADD CONSTRAINT xpk_{table} PRIMARY KEY ({key});" for table, key in KEYS.items()]


def _foreign_keys() -> list[str]:
    return [
        f"ALTER TABLE {table} ADD CONSTRAINT fpk_{table}_{field.name} FOREIGN KEY ({field.name}) "
        f"REFERENCES {_OWNERS[field.name]} ({field.name});"
        for table, fields in TABLES.items()
        for field in fields
        if field.name in _OWNERS and _OWNERS[field.name] != table
    ]
