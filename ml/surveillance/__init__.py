"""Early warning: is this week more than the season, the trend and chance explain?

Belongs here: detectors, simulated outbreaks, alert budgets, delay correction, self-grading; pure functions over counts.
Does not belong here: counting registrations into weeks (`ml.analytics`), files, databases, the clock.
"""

from ml.surveillance.detector import DEFAULT_ALPHA, DEFAULT_METHOD, METHODS, detect

__all__ = ["DEFAULT_ALPHA", "DEFAULT_METHOD", "METHODS", "detect"]
