"""Data quality: suites of expectations in code, and what they say of a frame.

Belongs here: rules with their severity and clinical reason, parsing of raw text into types, the parting of good rows
from bad ones, the data contract and the stewards' report. Frames and values in, frames and values out.
Does not belong here: files, databases, orchestration (`assets/`), arithmetic (`ml/`).

Great Expectations takes seconds to import; only `expectations.engine` does so, and the names below are looked up when
first used, so that `import expectations` stays cheap.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expectations.content import content_hashes
    from expectations.decisions import Decisions
    from expectations.parsing import parse_raw
    from expectations.parting import Parted, part_months, part_rows
    from expectations.rules import Report, Rule, RuleResult
    from expectations.validation import validate, validate_parts

__all__ = [
    "Decisions",
    "Parted",
    "Report",
    "Rule",
    "RuleResult",
    "content_hashes",
    "parse_raw",
    "part_months",
    "part_rows",
    "validate",
    "validate_parts",
]

_HOME = {
    "Decisions": "decisions",
    "Parted": "parting",
    "Report": "rules",
    "Rule": "rules",
    "RuleResult": "rules",
    "content_hashes": "content",
    "parse_raw": "parsing",
    "part_months": "parting",
    "part_rows": "parting",
    "validate": "validation",
    "validate_parts": "validation",
}


def __getattr__(name: str) -> Any:
    """Look a public name up in its module on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'expectations' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f"expectations.{_HOME[name]}"), name)
