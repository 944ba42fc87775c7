"""The rules of alerts that need no database.

Belongs here: what of an alert is shown to whom, and the predictive value of closed ones. Does not belong here: SQL.
"""

from collections.abc import Mapping
from typing import Any, Final

from app_api.permissions import CLINICAL_ROLES
from core.vocabulary import Role
from ml.dispositions import DISPOSITIONS, LivePpv, live_ppv
from ml.small_cells import is_small

#: What would give a hidden count away.
_TELLING: Final = ("count", "estimate", "estimate_low", "estimate_high", "excess", "p_exceed", "q_value")


def shown(alert: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """Return the alert as this role may see it."""
    if role in CLINICAL_ROLES or not is_small(alert["count"]):
        return dict(alert)
    return {name: None if name in _TELLING else value for name, value in alert.items()}


def ppv_of(counts: Mapping[str, int]) -> LivePpv:
    """Return the live predictive value from how many alerts stand at each disposition."""
    return live_ppv([word for word in DISPOSITIONS for _ in range(counts.get(word, 0))])
