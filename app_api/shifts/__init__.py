"""Shifts: who of those who treat patients is at work, pauses, or has gone home.

Belongs here: beginning, pausing and ending one's own work. Does not belong here: how many staff are needed
(`app_api.staffing`).
"""
