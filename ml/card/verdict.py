"""What an incomplete card makes of a verdict.

Belongs here: that one rule. Does not belong here: the verdict on figures (`ml.risk.gate`).
"""

from collections.abc import Mapping, Sequence

from core.vocabulary import Verdict
from ml.card.attributes import missing_attributes


def judge_card(
    verdict: Verdict, reasons: Sequence[str], card: Mapping[str, object]
) -> tuple[Verdict, tuple[str, ...], tuple[str, ...]]:
    """Return the verdict, its reasons and the missing attributes once the card is looked at.

    PROMOTE becomes HOLD while one attribute is missing; a HOLD or REJECT stays and learns one reason more.

    Parameters
    ----------
    verdict : Verdict
        On the figures.
    reasons : sequence of str
        Its reasons.
    card : mapping
        Attribute -> text, of the run and of people together.
    """
    missing = missing_attributes(card)
    if not missing:
        return verdict, tuple(reasons), ()
    words = f"model card attributes are empty: {', '.join(missing)}"
    if verdict is Verdict.PROMOTE:
        return Verdict.HOLD, (words, *reasons), missing
    return verdict, (*reasons, words), missing
