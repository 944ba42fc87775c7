"""Registrations in the OMOP Common Data Model 5.4, so that OHDSI's tools read this hospital too.

Belongs here: tables, types and concepts of the model, and how a registration becomes rows of it. Does not belong here:
reading the warehouse and writing files (`assets.omop`).
"""

from ml.omop.build import Cdm, build_cdm
from ml.omop.concepts import NO_CONCEPTS, Concepts
from ml.omop.schema import TABLES, ddl

__all__ = ["NO_CONCEPTS", "TABLES", "Cdm", "Concepts", "build_cdm", "ddl"]
