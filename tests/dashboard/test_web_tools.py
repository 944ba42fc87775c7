"""Building the dashboard: when it is needed, and what is said when npm fails."""

import json
from pathlib import Path

import pytest

from core.errors import InputError, UnavailableError
from medisync import web_tools


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources of a dashboard that is one file."""
    folder = tmp_path / "dashboard"
    (folder / "src").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "src" / "main.ts").write_text("export {}\n")
    (folder / "package.json").write_text(
        json.dumps({"name": "x", "scripts": {"fail": "echo first && echo 'the reason' && exit 3"}})
    )
    monkeypatch.setattr(web_tools, "SOURCES", folder)
    monkeypatch.setattr(web_tools, "DIST", tmp_path / "web_dist")
    return folder


def test_the_hash_follows_contents_and_names_of_the_sources(sources: Path):
    seen = {web_tools.source_hash()}
    (sources / "src" / "main.ts").write_text("export default 1\n")
    seen.add(web_tools.source_hash())
    (sources / "src" / "main.ts").rename(sources / "src" / "app.ts")
    seen.add(web_tools.source_hash())
    (sources / "openapi.json").write_text("{}")
    seen.add(web_tools.source_hash())
    assert len(seen) == 4


def test_the_hash_does_not_follow_tests_and_installed_packages(sources: Path):
    before = web_tools.source_hash()
    (sources / "tests" / "a.test.ts").write_text("1\n")
    (sources / "node_modules").mkdir()
    (sources / "node_modules" / "a.js").write_text("1\n")
    assert web_tools.source_hash() == before


def test_a_build_without_its_page_is_no_build(sources: Path):
    web_tools.DIST.mkdir()
    (web_tools.DIST / web_tools.HASH_FILE).write_text("abc\n")
    assert web_tools.built_hash() is None
    (web_tools.DIST / "index.html").write_text("<!doctype html>")
    assert web_tools.built_hash() == "abc"


def test_a_failure_of_npm_shows_what_npm_said_last(sources: Path):
    with pytest.raises(UnavailableError, match="the reason") as caught:
        web_tools.npm("run", "fail")
    assert "`npm run fail` failed (3)" in caught.value.message


def test_without_sources_the_command_says_what_it_needs(sources: Path):
    (sources / "package.json").unlink()
    with pytest.raises(InputError, match="checkout of the project"), web_tools.only_one():
        pytest.fail("nothing may be built")


def test_a_client_that_differs_is_named_file_by_file(tmp_path: Path):
    for side, text in (("committed", "old"), ("fresh", "new")):
        (tmp_path / side / "core").mkdir(parents=True)
        (tmp_path / side / "core" / "same.ts").write_text("same")
        (tmp_path / side / "sdk.ts").write_text(text)
    (tmp_path / "committed" / "gone.ts").write_text("x")
    assert web_tools._differences(tmp_path / "committed", tmp_path / "fresh") == {"sdk.ts", "gone.ts"}
