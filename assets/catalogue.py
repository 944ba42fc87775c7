"""All assets and checks of the code location.

Belongs here: the list. Does not belong here: any asset's body.
"""

from assets.alerts import surge_alerts, surge_self_grade
from assets.analytics import ANALYTICS_ASSETS
from assets.beds import operations_beds
from assets.checks import CHECKS
from assets.drift_checks import PROFILE_CHECKS
from assets.features import features_report_delays, features_risk, features_weekly_counts
from assets.ledger import coverage_check, forecast_ledger
from assets.monitoring import model_risk_monitoring
from assets.outlook import forecast_condition_volume, surge_condition_monthly, surge_condition_weekly
from assets.prediction_check import predictions_hold
from assets.registrations import parted_registrations, raw_registrations
from assets.reports import report_roles
from assets.risk import RISK_ASSETS, RISK_CHECKS
from assets.waiting import operations_waiting

ALL_ASSETS = [
    raw_registrations,
    parted_registrations,
    features_risk,
    features_weekly_counts,
    features_report_delays,
    *ANALYTICS_ASSETS,
    forecast_condition_volume,
    forecast_ledger,
    surge_condition_weekly,
    surge_condition_monthly,
    surge_alerts,
    surge_self_grade,
    *RISK_ASSETS,
    report_roles,
    model_risk_monitoring,
    operations_waiting,
    operations_beds,
]

ALL_CHECKS = [*CHECKS, *PROFILE_CHECKS, coverage_check, *RISK_CHECKS, predictions_hold]
