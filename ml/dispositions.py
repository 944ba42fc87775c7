"""What became of alerts: dispositions and the predictive value that they give, without any heavy import.

Belongs here: pure arithmetic that a web worker does too. Does not belong here: detection (`ml.surveillance`), storage.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from ml.share_interval import share_interval

#: How an alert is closed: `real` and `noise` are conclusions; `investigated` says that somebody is at it.
DISPOSITIONS: Final = ("investigated", "real", "noise")


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
    return LivePpv(real, noise, pending, share, *share_interval(share, closed))
