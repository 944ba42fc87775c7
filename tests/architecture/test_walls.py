"""The shape of the house: floors, docstrings, the asset graph. Not here: behaviour of any room."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("medisync", "core", "assets", "ml", "serving", "app_api", "expectations", "orchestration")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc"}


def test_an_import_only_points_down():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_belongs_in_it(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, "a module begins with its docstring"
    if path.name != "__init__.py":
        assert "not" in docstring.lower(), "the docstring says what does not belong here"


def test_no_room_has_a_drawer_for_odds_and_ends():
    assert not [path for path in MODULES if path.stem in FORBIDDEN_NAMES]


@pytest.mark.parametrize("room", ["assets", "orchestration"])
def test_dagster_rooms_keep_their_annotations_real(room):
    # Dagster reads the types of contexts and resources; postponed annotations would hide them.
    offenders = [
        path for path in (ROOT / room).rglob("*.py") if "from __future__ import annotations" in path.read_text()
    ]
    assert not offenders
