"""The FastAPI application: analytics, risk, live updates and the dashboard's files; it mounts `app_api`.

Belongs here: what is served, and how. Does not belong here: how a number is computed (`ml/`, `assets/`).
"""
