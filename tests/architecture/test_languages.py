"""Every sentence with which the server refuses has its Spanish one, and no phrase book keeps one that nobody says."""

import ast
import re
from http import HTTPStatus
from pathlib import Path

import pytest

from app_api.records import insights
from app_api.sentences import GAP
from serving import spoken

ROOT = Path(__file__).resolve().parents[2]
#: Read by whoever runs the installation, in logs and on the command line.
OF_THE_MACHINE = {"serving/schema_head.py", "serving/tracing.py"}
#: Read by programs, to which OAuth 2.0 speaks ASCII (RFC 6749, 5.2).
OF_OAUTH = {"InvalidClientError", "InvalidRequestError", "InvalidScopeError", "UnsupportedGrantError"}
#: Python's own, which no person reads; and of a release whose bytes do not fit, which the log says.
NOT_SAID = {"ValueError", "KeyError", "TypeError", "RuntimeError", "LookupError", "IntegrityError"}


def _sentence(node: ast.expr) -> str | None:
    """Return the text of a literal, with a gap for each value; None of anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)
    return None


def _refusals() -> dict[str, str]:
    """Return every sentence given to an error of ours in the rooms of the web worker: sentence -> where."""
    found = {}
    for room in ("app_api", "serving"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place = str(path.relative_to(ROOT))
            if place in OF_THE_MACHINE:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                    continue
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if not name.endswith("Error") or name in NOT_SAID | OF_OAUTH:
                    continue
                sentences = [text for text in map(_sentence, node.args) if text is not None and " " in text]
                found |= dict.fromkeys(sentences, place)
    return found


def _is_all_gaps(sentence: str) -> bool:
    """Say whether a sentence is put together from others, which have their own words."""
    return re.search(r"[a-z]", sentence.replace(GAP, "")) is None


def test_every_refusal_can_be_said_in_spanish():
    refusals = _refusals()
    assert len(refusals) > 120
    missing = {text: place for text, place in refusals.items() if not _is_all_gaps(text) and _said(text) is None}
    assert missing == {}


def _said(sentence: str) -> str | None:
    return spoken.in_spanish(sentence.replace(GAP, "7"))


def test_everything_that_the_rules_say_can_be_said_in_spanish():
    source = ast.parse(Path(insights.__file__).read_text())
    said = {
        keyword.value.value
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Insight"
        for keyword in node.keywords
        if keyword.arg == "sentence" and isinstance(keyword.value, ast.Constant)
    }
    assert len(said) == 4, "the fifth is chosen by the score"
    assert [one for one in [*said, *insights._PLAIN.values()] if spoken.in_spanish(one) is None] == []


@pytest.mark.parametrize("book", spoken.BOOKS, ids=lambda book: book.name)
def test_a_phrase_book_has_as_many_gaps_on_both_sides_and_only_what_is_said(book):
    code = "\n".join(
        re.sub(r'"\s*\n?\s*f?"', "", path.read_text())
        for room in ("app_api", "serving", "core")
        for path in (ROOT / room).rglob("*.py")
        if path.name != "spanish.py"
    )
    code += "\n".join(status.phrase.lower() for status in HTTPStatus)
    for english, spanish in book.sentences.items():
        assert english.count(GAP) == spanish.count(GAP), english
        assert GAP not in english or len(re.findall(r"[a-z]+", english)) >= 2, f"{english} fits what others say too"
        for piece in filter(str.strip, english.split(GAP)):
            # A name of a state or a role is data, not a literal.
            assert piece in code or " " not in english, english
