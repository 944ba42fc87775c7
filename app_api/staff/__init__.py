"""Profiles of clinical staff: what a doctor or a nurse says of themselves, and what was verified about them.

Belongs here: unit, languages, shift, extension; qualifications and licence. Does not belong here: accounts
(`app_api.identity`), documents and roles (`app_api.verifications`), what patients can book (`app_api.appointments`).
"""
