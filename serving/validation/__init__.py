"""Data quality for stewards: runs of the suites, and the rows that were parked.

Belongs here: reading them. Does not belong here: the suites (`expectations/`) and parking rows (`assets/`).
"""
