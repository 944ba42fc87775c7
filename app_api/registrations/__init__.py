"""Registrations: the raw rows that the hospital enters itself.

Belongs here: taking a registration in and listing them. Does not belong here: validation (the pipeline judges a
registration; this room only refuses what cannot be one).
"""
