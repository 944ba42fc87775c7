"""What became of alerts: dispositions and the predictive value that they give, without any heavy import.

Belongs here: pure arithmetic that a web worker does too. Does not belong here: detection (`ml.surveillance`), storage.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from core.errors import InputError

#: How an alert is closed: `real` and `noise` are conclusions; `investigated` says that somebody is at it.
DISPOSITIONS: Final = ("investigated", "real", "noise")

_Z95: Final = 1.959963984540054


@dataclass(frozen=True)
class LivePpv:
    """Predictive value of the alerts closed so far, with a 95 % Wilson interval; None before the first conclusion."""

    real: int
    noise: int
    investigated: int
    ppv: float | None
    low: float | None
    high: float | None


def live_ppv(dispositions: Iterable[str]) -> LivePpv:
    """Count dispositions and return real / (real + noise).

    Raises
    ------
    InputError
        If a disposition is not one of `DISPOSITIONS`.

    Examples
    --------
    >>> live_ppv(["real", "noise", "real", "investigated"]).ppv
    0.6666666666666666
    """
    counted = dict.fromkeys(DISPOSITIONS, 0)
    for word in dispositions:
        if word not in counted:
            raise InputError(f"disposition {word!r} is not allowed; one of {', '.join(DISPOSITIONS)}")
        counted[word] += 1
    real, noise, pending = counted["real"], counted["noise"], counted["investigated"]
    closed = real + noise
    if closed == 0:
        return LivePpv(real, noise, pending, None, None, None)
    share = real / closed
    centre = (share + _Z95**2 / (2 * closed)) / (1 + _Z95**2 / closed)
    half = _Z95 / (1 + _Z95**2 / closed) * math.sqrt(share * (1 - share) / closed + _Z95**2 / (4 * closed**2))
    return LivePpv(real, noise, pending, share, max(centre - half, 0.0), min(centre + half, 1.0))
