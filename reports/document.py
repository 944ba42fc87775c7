"""A report as one document: title, sections, their sentences and figures, and where every number comes from.

Belongs here: composing, pure. Does not belong here: reading blocks (`serving`, `assets`), typesetting (`render`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core import clock
from core.vocabulary import Role
from reports.figures import FIGURES
from reports.insights import INSIGHTS
from reports.plans import PLANS

TITLES: Final[Mapping[str, str]] = {
    "illness_surge": "Is anything unusual going on?",
    "health_trends": "What is about, and what is changing?",
    "demographics": "Who comes?",
    "associations": "Which conditions go with age or sex?",
    "patient_volume": "How many patients should we expect?",
    "staffing": "How many a day?",
    "overview": "The hospital at a glance",
    "capacity": "Do beds and staff suffice?",
    "system_health": "Does the system keep its promises?",
}
_ROLE_WORDS: Final = {Role.ADMIN: "Administrator", Role.STEWARD: "Data steward", Role.ML_ENGINEER: "ML engineer"}


def source_of(block: Mapping[str, Any], provenance: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what stands under every figure: moment, receipt, model and code version, rows."""
    known = provenance or {}
    code = str(known.get("code_commit") or "")
    named = block["data"].get("model") if isinstance(block["data"], Mapping) else None
    # A tree with changes is another version than its commit: the mark stays.
    version = code[:10] + ("+changes" if code.endswith("+changes") else "")
    model = " · ".join(
        filter(None, [named or known.get("model") or known.get("function"), version and f"code {version}"])
    )
    return {
        "as_of": _moment(block["as_of"]),
        "receipt": str(block["receipt"]),
        "model": model or "not recorded",
        "rows": "" if known.get("row_count") is None else f"{known['row_count']:,}",
        "data": str(known.get("data_sha256") or "")[:12],
    }


def _moment(text: str | datetime) -> str:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")) if isinstance(text, str) else text
    return f"{moment:%d %b %Y, %H:%M} UTC"


def document_of(
    role: Role,
    sections: Sequence[str],
    blocks: Mapping[str, Mapping[str, Any] | None],
    *,
    provenance: Mapping[str, Mapping[str, Any]],
    is_synthetic: bool,
    is_suppressed: bool,
    model_version: int | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    role : Role
        Whose report.
    sections : sequence of str
        In reading order (`plans.chosen`).
    blocks : mapping
        Section -> `{as_of, receipt, data}`, suppressed already where that is due; None where nothing is published.
    provenance : mapping
        Receipt -> its provenance.
    is_synthetic, is_suppressed : bool
    model_version : int or None
        Version of the risk model in use.
    now : datetime
    """
    content = []
    for name in sections:
        block = blocks.get(name)
        part: dict[str, Any] = {"key": name, "title": TITLES[name], "insights": [], "figures": [], "source": None}
        if block is not None:
            made = INSIGHTS.get(name)
            part["insights"] = made(block["data"]) if made else list(block["data"].get("insights", []))
            part["figures"] = FIGURES[name](block["data"])
            part["source"] = source_of(block, provenance.get(block["receipt"]))
        content.append(part)
    plan = PLANS[role]
    return {
        "title": plan.title,
        "purpose": plan.purpose,
        "role": _ROLE_WORDS.get(role, role.value.capitalize()),
        "made_at": _moment(clock.iso(now)),
        "is_synthetic": is_synthetic,
        "is_suppressed": is_suppressed,
        "risk_model": "none in use" if model_version is None else f"version {model_version}",
        "sections": content,
    }
