"""Patients as persons under care: who they are, who may see them, who looked.

Belongs here: identity of patients, relations, emergency access, the list of who looked. Does not belong here: what
happened to them (`app_api.records`), queue and appointments (those refer to `patient.patient_id`, which is text).
"""
