"""Reading the audit: for administrators.

Belongs here: the list of events and the state of the seals. Does not belong here: writing events (`app_api.envelope`),
what a patient sees of it (`app_api.patients.looks`).
"""
