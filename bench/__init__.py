"""Measurements of what is promised: each file prints its table; nothing here is a test.

Belongs here: targets, the naive way beside ours, honest figures. Does not belong here: assertions on time in a test.
"""
