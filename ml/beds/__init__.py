"""Inpatient beds that the next hours ask for, from the patients who are there and those who will come.

Belongs here: chance of admission, time until a bed is asked for, the distribution of the count, fitting, judging. Does
not belong here: waiting times (`ml.waiting`), beds of months (`ml.staffing`, `ml.capacity`), databases.
"""
