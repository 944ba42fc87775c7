"""Early warning: is this week more than the season, the trend and chance explain?

Belongs here: detectors, simulated outbreaks, alert budgets, delay correction, self-grading; pure functions over counts.
Does not belong here: counting registrations into weeks (`ml.analytics`), files, databases, the clock.
"""

from ml.dispositions import DISPOSITIONS, LivePpv, live_ppv
from ml.surveillance.budget import weekly_alerts
from ml.surveillance.delays import Nowcast, nowcast
from ml.surveillance.detector import DEFAULT_ALPHA, DEFAULT_METHOD, METHODS, detect
from ml.surveillance.grading import Grade, SizeGrade, grade_detector
from ml.surveillance.reporting import newest_weeks, with_completion
from ml.surveillance.together import TOGETHER, detect_together

__all__ = [
    "DEFAULT_ALPHA",
    "DEFAULT_METHOD",
    "DISPOSITIONS",
    "METHODS",
    "TOGETHER",
    "Grade",
    "LivePpv",
    "Nowcast",
    "SizeGrade",
    "detect",
    "detect_together",
    "grade_detector",
    "live_ppv",
    "newest_weeks",
    "nowcast",
    "weekly_alerts",
    "with_completion",
]
