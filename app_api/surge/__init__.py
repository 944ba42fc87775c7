"""Surge alerts and what people found out about them.

Belongs here: reading alerts, disposing of them, the live predictive value. Does not belong here: detection
(`ml.surveillance`), publishing alerts (`assets.alerts`).
"""
