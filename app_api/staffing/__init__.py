"""The hospital's own ratios, and what they make of the forecast.

Belongs here: versions of the ratio table, people and beds needed. Does not belong here: the arithmetic (`ml.staffing`).
"""
