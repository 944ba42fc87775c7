"""What the months of a layer look like: rows, missing shares, drift against a fixed reference.

Belongs here: reading profiles. Does not belong here: making them (`assets.profiling`).
"""
