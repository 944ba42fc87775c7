"""Which variant of a page a person sees.

Belongs here: that one rule. Does not belong here: what the variants hide (`ml.small_cells`).
"""

from app_api.identity.session_book import Principal
from app_api.permissions import CLINICAL_ROLES
from serving.analytics.pages import Audience


def audience_of(person: Principal) -> Audience:
    """Those who treat patients see counts as they are, all others without small cells."""
    return Audience.CLINICAL if person.role in CLINICAL_ROLES else Audience.OTHERS
