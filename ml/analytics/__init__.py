"""The five analyses of the requirement: validated registrations in, frozen dataclasses for JSON out.

Belongs here: counting, ranking, testing and their intervals. Does not belong here: models (ml.forecasting), detectors
(ml.surveillance), storage and display.
"""

from ml.analytics.associations import Associations, analyze_illness_prediction_chi_square
from ml.analytics.demographics import Demographics, analyze_patient_demographics
from ml.analytics.suppression import suppress_small_cells
from ml.analytics.surge import IllnessSurge, predict_illness_surge
from ml.analytics.trends import HealthTrends, perform_patient_health_trends
from ml.analytics.volume import PatientVolume, predict_patient_volume

__all__ = [
    "Associations",
    "Demographics",
    "HealthTrends",
    "IllnessSurge",
    "PatientVolume",
    "analyze_illness_prediction_chi_square",
    "analyze_patient_demographics",
    "perform_patient_health_trends",
    "predict_illness_surge",
    "predict_patient_volume",
    "suppress_small_cells",
]
