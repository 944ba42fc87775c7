"""Uploads before a virus scanner: a real clamd with one signature, and what happens when it is away.

Belongs here: the setting `clamd`. Does not belong here: what makes a file unfit without one (`test_verifications`). The
scanner's program is not ours to bring along: where none is installed, its tests skip and say so.
"""

import asyncio
import getpass
import shutil
import struct
import subprocess

import pytest
from test_verifications import pdf, picture

from app_api.uploads import scanning
from app_api.uploads.errors import DocumentRefusedError, ScannerError
from core.embedded import ports
from core.vocabulary import Role
from serving.main import create_app
from tests.serving.conftest import sign_in

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_clamd = pytest.mark.skipif(CLAMD is None, reason="no clamd here: install Debian's package `clamav-daemon`")
#: What the signature below looks for; a PDF may carry it in its title.
MARK = b"MEDISYNC-HARMLESS-TEST-SIGNATURE"


@pytest.fixture(scope="module")
def scanner(tmp_path_factory):
    """A clamd on a port of its own, with a database of one signature."""
    folder = tmp_path_factory.mktemp("clamd")
    folder.chmod(0o755)
    (folder / "own.ndb").write_text(f"MediSync.Test:0:*:{MARK.hex()}\n")
    port = ports.find_free()
    (folder / "clamd.conf").write_text(
        f"TCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {folder}\nForeground true\nStreamMaxLength 6M\n"
        f"OfficialDatabaseOnly false\nUser {getpass.getuser()}\nPidFile {folder / 'pid'}\n"
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([CLAMD, "-c", str(folder / "clamd.conf")], **quiet)
    try:
        asyncio.run(_answers(port))
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


async def _answers(port):
    for _ in range(200):
        try:
            await scanning.check(b"hello", f"127.0.0.1:{port}")
        except ScannerError:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("clamd did not come up")


def _marked():
    def change(document):
        document.docinfo["/Title"] = MARK.decode()

    return pdf(change)


@needs_clamd
async def test_a_known_signature_is_refused_and_the_rest_passes(scanner):
    await scanning.check(pdf(), scanner)
    await scanning.check(bytes(5 * 1024 * 1024), scanner)
    with pytest.raises(DocumentRefusedError) as refused:
        await scanning.check(b"x" * 300_000 + MARK, scanner)
    assert refused.value.code == "document_infected"


@needs_clamd
async def test_a_stream_past_the_scanners_own_limit_does_not_pass(scanner):
    with pytest.raises(ScannerError):
        await scanning.check(bytes(8 * 1024 * 1024), scanner)


@needs_clamd
@pytest.mark.parametrize("place", ["chart", "profession"])
async def test_both_places_that_take_files_ask_the_scanner(app_settings, accounts, scanner, tmp_path, place):
    made = create_app(app_settings.model_copy(update={"clamd": scanner}), web_dist=tmp_path)
    async with made.router.lifespan_context(made), sign_in(made, Role.DOCTOR) as doctor:
        assert MARK in _marked()
        refused, taken = [await _upload(doctor, place, content) for content in (_marked(), pdf())]
    assert (refused.status_code, refused.json()["code"]) == (422, "document_infected")
    assert taken.status_code == 201, taken.text


async def test_where_the_scanner_is_away_no_file_is_taken(app_settings, accounts, tmp_path):
    away = f"127.0.0.1:{ports.find_free()}"
    made = create_app(app_settings.model_copy(update={"clamd": away}), web_dist=tmp_path)
    async with made.router.lifespan_context(made), sign_in(made, Role.DOCTOR) as doctor:
        answer = await _upload(doctor, "profession", picture("PNG"))
    assert (answer.status_code, answer.json()["code"]) == (503, "scanner_unavailable")


async def test_an_answer_that_is_no_verdict_does_not_let_a_file_pass():
    """A server that speaks the protocol and says something else each time."""
    said = iter([b"stream: Can't allocate memory ERROR\0", b"OK\0", b"", b"x" * 9000 + b"\0"])

    async def serve(reader, writer):
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        while (length := struct.unpack("!I", await reader.readexactly(4))[0]) > 0:
            await reader.readexactly(length)
        writer.write(next(said))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for _ in range(4):
            with pytest.raises(ScannerError):
                await scanning.check(b"hello", address)


async def _upload(client, place, content):
    files = {"file": ("a", content, "application/pdf")}
    if place == "profession":
        user_id = (await client.get("/api/users/me")).json()["user_id"]
        return await client.post(f"/api/users/{user_id}/verification", files=files)
    wish = {"given_name": "Grace", "family_name": "Canarywood", "is_new_person": True}
    patient_id = (await client.post("/api/patients", json=wish)).json()["patient_id"]
    form = {"kind": "other", "title": "Letter"}
    return await client.post(f"/api/patients/{patient_id}/documents", files=files, data=form)
