"""The interval of one share, without any heavy import.

Belongs here: Wilson's interval of a single share, as a web worker computes it. Does not belong here: the same for
arrays and any confidence (`ml.analytics.intervals`, which needs scipy).
"""

import math
from typing import Final

_Z95: Final = 1.959963984540054


def share_interval(share: float, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share of `total` (1 or more) cases.

    Notes
    -----
    Wilson 1927, doi:10.1080/01621459.1927.10502953. The share may be an estimate that is no whole number of cases.

    Examples
    --------
    >>> [round(bound, 4) for bound in share_interval(0.2, 50)]
    [0.1124, 0.3304]
    """
    square = _Z95 * _Z95
    middle = share + square / (2 * total)
    half = _Z95 * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
