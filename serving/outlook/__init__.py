"""What the pipeline promised: forecasts with their measured record, the ledger of promises, the detector's own grade.

Belongs here: reading what `assets.outlook`, `assets.ledger` and `assets.alerts` published. Does not belong here:
computing it; alerts that people work on (`app_api.surge`).
"""
