"""What an administrator runs the house with: demand at a glance, promises kept or not, capacity what-if.

Belongs here: `GET /api/analytics/admin/`. Does not belong here: the five analyses (`serving.analytics`).
"""
