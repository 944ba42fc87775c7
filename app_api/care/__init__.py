"""Care protocols with cited sources, and which of them fit a chart.

Belongs here: the curated set and its matching. Does not belong here: charts as such (`app_api.records`).
"""
