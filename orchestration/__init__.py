"""The one Dagster code location: definitions, jobs, schedules, sensors and resources.

Belongs here: what runs when, and with which resources. Does not belong here: assets' bodies or arithmetic.
"""
