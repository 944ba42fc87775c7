"""The card of a version: what its run filled and what people signed, and what that makes of its verdict.

Belongs here: putting both together, signing. Does not belong here: HTTP, SQL, the rules about a card (`ml.card`).

A statement is signed for the line of models, not for one version: it holds for the next version too, until somebody
signs another text. Every revision is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from core.vocabulary import Verdict
from ml.card import STATED, judge_card
from serving.risk import card_repository, repository
from serving.risk.errors import UnknownAttributeError


@dataclass(frozen=True)
class Standing:
    """A version as it stands now.

    Attributes
    ----------
    verdict, reasons
        On figures and card together.
    missing : tuple of str
        Attributes that are empty.
    card : dict
        Attribute -> text.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    card: dict[str, str]


def standing(release: Row[Any], signed: Mapping[str, Row[Any]]) -> Standing:
    """Return how a release stands with what is signed at this moment."""
    stated = {name: row.text for name, row in signed.items() if name in STATED}
    card = {**(release.card or {}), **stated}
    verdict, reasons, missing = judge_card(Verdict(release.verdict), release.reasons, card)
    return Standing(verdict, reasons, missing, card)


async def sign(connection: AsyncConnection, texts: Mapping[str, str], *, owner: str, signed_by: str) -> list[str]:
    """Sign statements for all versions from now on; return the attributes whose text or owner is new.

    A text that is signed as it is by the same owner makes no new revision.

    Raises
    ------
    UnknownAttributeError
        If people do not state this attribute.
    """
    unknown = sorted(set(texts) - STATED)
    if unknown:
        raise UnknownAttributeError(f"nobody states {unknown[0]}; the form has {', '.join(sorted(STATED))}")
    await repository.lock_moves(connection)
    newest = await card_repository.newest_statements(connection)
    changed: dict[str, tuple[int, str]] = {}
    for name, text in texts.items():
        before = newest.get(name)
        if before is None or (before.text, before.owner) != (text, owner):
            changed[name] = (before.revision + 1 if before else 1, text)
    if changed:
        await card_repository.add_statements(connection, changed, owner=owner, signed_by=signed_by)
    return sorted(changed)
