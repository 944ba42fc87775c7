"""Registrations and risk features without the eighteen identifiers of 45 CFR 164.514(b)(2), fit for training.

Belongs here: the rule by which each column crosses, what stays and why, and the arithmetic of both. Does not belong
here: reading the warehouse and writing files (`assets.safe_harbor`).
"""

from ml.safe_harbor.extract import Extractor, Survey, shuffled
from ml.safe_harbor.manifest import manifest
from ml.safe_harbor.placement import CROSSES, STAYS

__all__ = ["CROSSES", "STAYS", "Extractor", "Survey", "manifest", "shuffled"]
