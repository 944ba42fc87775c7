"""Charts: what happened to a patient, in all versions; medications, care tasks, and what the rules make of them.

Belongs here: entries of the chart and insights from rules. Does not belong here: who the patient is and who may see
them (`app_api.patients`).
"""
