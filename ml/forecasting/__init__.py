"""Volume forecasts: counts per month, week or day in; means with 80 and 95 % intervals and measured quality out.

Belongs here: models, their competition, calibration, scores. Does not belong here: surge alarms (ml/surveillance),
files (medisync/forecast.py), storage of forecasts (assets/).
"""

from ml.forecasting.evaluation import Evaluation, compete, evaluate_split, rolling_origins
from ml.forecasting.results import Forecast, ForecastStep, Record
from ml.forecasting.serve import forecast_series

__all__ = [
    "Evaluation",
    "Forecast",
    "ForecastStep",
    "Record",
    "compete",
    "evaluate_split",
    "forecast_series",
    "rolling_origins",
]
