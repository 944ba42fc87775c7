"""Concepts of the OMOP vocabularies: the few that are fixed, and those that ICD-10 codes stand for.

Belongs here: concept ids by name, the map from source codes to standard concepts. Does not belong here: reading the
vocabulary's files (`assets.omop`); they are licensed, come from Athena, and are no part of this repository.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

#: "No matching concept": what the model asks for where nothing standard is known.
NO_MATCH: Final = 0
#: Type Concept: electronic health record.
FROM_EHR: Final = 32817
CDM_5_4: Final = 756265
GENDERS: Final = {"female": 8532, "male": 8507}
INPATIENT: Final = 9201
OUTPATIENT: Final = 9202
EMERGENCY: Final = 9203
EMERGENCY_AND_INPATIENT: Final = 262
#: Vocabularies that a code of ours is looked up in, the first that has it counts.
CODE_SYSTEMS: Final = ("ICD10", "ICD10CM")


@dataclass(frozen=True)
class Concepts:
    """What ICD-10 codes stand for.

    Attributes
    ----------
    table : pandas.DataFrame
        code, source_concept_id, condition_concept_id (standard, of the domain Condition): one row for each standard
        concept that a code maps to.
    version : str
        Of the vocabularies.
    """

    table: pd.DataFrame
    version: str

    @classmethod
    def of(cls, concept: pd.DataFrame, relationship: pd.DataFrame, *, version: str) -> "Concepts":
        """Make the map out of rows of CONCEPT and CONCEPT_RELATIONSHIP (all text, as Athena delivers them)."""
        codes = concept[concept["vocabulary_id"].isin(CODE_SYSTEMS)]
        codes = codes.assign(order=codes["vocabulary_id"].map({name: at for at, name in enumerate(CODE_SYSTEMS)}))
        codes = codes.sort_values("order", kind="stable").drop_duplicates("concept_code")
        is_standard = (concept["standard_concept"] == "S") & (concept["domain_id"] == "Condition")
        standard = set(concept.loc[is_standard, "concept_id"])
        maps = relationship[
            (relationship["relationship_id"] == "Maps to") & relationship["concept_id_2"].isin(standard)
        ]
        found = codes.merge(maps, left_on="concept_id", right_on="concept_id_1", how="left")
        table = pd.DataFrame(
            {
                "code": found["concept_code"],
                "source_concept_id": found["concept_id"].astype("int64"),
                "condition_concept_id": found["concept_id_2"].fillna(str(NO_MATCH)).astype("int64"),
            }
        )
        return cls(table.drop_duplicates().reset_index(drop=True), version)


NO_CONCEPTS: Final = Concepts(
    pd.DataFrame(
        {
            "code": pd.Series(dtype="str"),
            "source_concept_id": pd.Series(dtype="int64"),
            "condition_concept_id": pd.Series(dtype="int64"),
        }
    ),
    "none",
)
