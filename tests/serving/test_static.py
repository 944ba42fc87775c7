"""The dashboard's files."""

import gzip

import pytest

from serving.compression import takes_gzip


@pytest.fixture
def dist(tmp_path):
    folder = tmp_path / "web_dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>dashboard</title>")
    (folder / "assets" / "app-3f2a.js").write_text("export {}")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / ".build-hash").write_text("secret")
    (tmp_path / "outside.txt").write_text("outside")
    return folder


async def test_before_the_build_the_page_names_the_command(client):
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "medisync web build" in answer.text


@pytest.mark.parametrize("path", ["/", "/patients/42", "/deep/er/path"])
async def test_every_path_of_the_application_is_the_one_page(dist, client, path):
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "<title>dashboard</title>" in answer.text


async def test_hashed_files_are_kept_for_ever_and_others_are_asked_for(dist, client):
    script = await client.get("/assets/app-3f2a.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")
    assert (await client.get("/icon.svg")).headers["cache-control"] == "no-cache"


async def test_a_probe_by_head_is_answered_without_a_body(dist, client):
    answer = await client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", [
    "/assets/nope.js", "/nope.png", "/api/nope", "/ws/nope", "/.build-hash", "/..%2foutside.txt",
    "/%2e%2e/outside.txt", "/assets/..%2f..%2foutside.txt", "/a%00.txt", "/assets",
])  # fmt: skip
async def test_what_is_not_there_or_not_ours_is_not_found(dist, client, path):
    answer = await client.get(path)
    assert "outside" not in answer.text
    assert "secret" not in answer.text
    assert answer.status_code == 404 or "<title>dashboard</title>" in answer.text


async def test_text_is_sent_compressed_to_whoever_takes_it(dist, client):
    (dist / "assets" / "app-3f2a.js.gz").write_bytes(gzip.compress(b"export {}"))
    zipped = await client.get("/assets/app-3f2a.js", headers={"accept-encoding": "gzip"})
    plain = await client.get("/assets/app-3f2a.js", headers={"accept-encoding": "gzip;q=0, br"})
    assert (zipped.headers["content-encoding"], zipped.text) == ("gzip", "export {}")
    assert ("content-encoding" in plain.headers, plain.text) == (False, "export {}")
    assert zipped.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert zipped.headers["content-type"] == plain.headers["content-type"]


@pytest.mark.parametrize(("accepted", "is_taken"), [
    ("gzip, deflate, br", True), ("*", True), ("gzip;q=0.5", True), ("", False), ("br", False),
    ("gzip;q=0", False), ("*;q=0", False), ("gzip;q=0, *", False), ("gzip;q=much", False),
])  # fmt: skip
def test_a_caller_says_whether_it_takes_gzip(accepted, is_taken):
    assert takes_gzip({"accept-encoding": accepted}) is is_taken
