"""Whether a caller takes gzip, and gzip made once for bytes that are sent often.

Belongs here: the negotiation and the one way of compressing. Does not belong here: compressing answers as they are
made: what is personal and made for one request is sent as it is, so that its length tells nothing (BREACH).
"""

import gzip
from collections.abc import Mapping
from typing import Final

#: Below this, headers weigh more than what is saved.
SMALLEST: Final = 1024
#: What a compressed file is named after the file itself.
GZIP_SUFFIX: Final = ".gz"


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Say whether `Accept-Encoding` names gzip (or everything) without forbidding it by `q=0` (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for item in headers.get("accept-encoding", "").lower().split(","):
        coding, _, parameter = item.partition(";")
        try:
            weights[coding.strip()] = float(parameter.partition("q=")[2] or 1)
        except ValueError:
            return False
    return weights.get("gzip", weights.get("*", 0)) > 0


def compressed(body: bytes) -> bytes | None:
    """Return the gzip of bytes, the same for the same bytes, or None when it is not worth sending."""
    return gzip.compress(body, 6, mtime=0) if len(body) >= SMALLEST else None
