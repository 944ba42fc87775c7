"""Intake: files from anywhere become raw registrations in the inbox, every record accounted for.

Belongs here: reading CSV, Parquet, FHIR R4 and HL7 v2, mapping other people's columns to ours, landing the result.
Does not belong here: judging contents (`expectations/`) and the assets that read the inbox.
"""

from assets.intake.application import registrations_as_raw
from assets.intake.importing import import_file
from assets.intake.inbox import read_inbox
from assets.intake.tally import ImportReport

__all__ = ["ImportReport", "import_file", "read_inbox", "registrations_as_raw"]
