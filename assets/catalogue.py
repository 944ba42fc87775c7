"""All assets and checks of the code location.

Belongs here: the list. Does not belong here: any asset's body.
"""

from assets.analytics import ANALYTICS_ASSETS
from assets.checks import CHECKS
from assets.features import features_risk, features_weekly_counts
from assets.outlook import forecast_condition_volume, surge_condition_weekly
from assets.registrations import parted_registrations, raw_registrations
from assets.risk import RISK_ASSETS, RISK_CHECKS

ALL_ASSETS = [
    raw_registrations,
    parted_registrations,
    features_risk,
    features_weekly_counts,
    *ANALYTICS_ASSETS,
    forecast_condition_volume,
    surge_condition_weekly,
    *RISK_ASSETS,
]

ALL_CHECKS = [*CHECKS, *RISK_CHECKS]
