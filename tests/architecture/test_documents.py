"""What the documents point to is there.

Belongs here: links and paths of every Markdown file of the repository. Does not belong here: whether a word is true.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_PATH = re.compile(r"\bdocs/[\w/.-]+\.md\b")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_page_that_is_named_exists(document):
    text = document.read_text()
    for target in _LINK.findall(text):
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
    for target in _PATH.findall(text):
        assert (ROOT / target).exists(), f"{document.name} names {target}"


@pytest.mark.parametrize("name", ["docker-compose.yml", ".env.example"])
def test_every_page_that_a_settings_file_names_exists(name):
    named = _PATH.findall((ROOT / name).read_text())
    assert named
    for target in named:
        assert (ROOT / target).exists(), f"{name} names {target}"
