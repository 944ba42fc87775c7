"""MLLP as senders use it: frames, acknowledgements after the commit, garbage, half and giant frames, a restart."""

import asyncio
import contextlib

import pytest
from sqlalchemy import func, select

from assets.intake import inbox, mllp, read_inbox
from assets.intake.mllp import Ack, Listener, acknowledge
from core.db.tables import ImportBatch
from core.settings import Settings
from expectations import part_rows

A01 = (
    "MSH|^~\\&|ADT|WARD|MediSync|LAB|20240301100500+0000||ADT^A01^ADT_A01|C{n}|P|2.5.1\r"
    "EVN|A01|20240301100500+0000\rPID|1||P{n}||Doe^Jane||19800229|F\r"
    "PV1|1|E|ER^^^General||||||||||||||||V{n}|||||||||||||||||||||||||20240301100000+0000\r"
    "DG1|1||J10.1^Influenza^I10\r"
)
A03 = (
    "MSH|^~\\&|ADT|WARD|MediSync|LAB|20240301180500+0000||ADT^A03^ADT_A03|D{n}|P|2.5.1\r"
    "EVN|A03|20240301180500+0000\rPID|1||P{n}\r"
    "PV1|1|E|||||||||||||||||V{n}|||||||||||||||||01|||||||||20240301180000+0000\r"
)
A08 = (
    "MSH|^~\\&|ADT|WARD|MediSync|LAB|20240301120500+0000||ADT^A08^ADT_A01|E{n}|P|2.5.1\r"
    "EVN|A08|20240301120500+0000\rPID|1||P{n}||Doe^Jane||19700229|M\rPV1|1|E|||||||||||||||||V{n}\r"
)


def frame(text):
    return b"\x0b" + text.encode() + b"\x1c\x0d"


class Sender:
    """One connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, content):
        self.writer.write(content)

    async def ack(self):
        """Return (code, control id, words) of the next acknowledgement."""
        content = await asyncio.wait_for(self.reader.readuntil(b"\x1c\x0d"), 60)
        assert content.startswith(b"\x0bMSH|")
        msa = content.strip(b"\x0b\x1c\x0d\r").split(b"\r")[1].decode().split("|")
        assert msa[0] == "MSA"
        return tuple(msa[1:4])

    async def tell(self, text):
        self.send(frame(text))
        return await self.ack()


@pytest.fixture
def listening(home):
    """Run a conversation with a listener: `listening(talk)`, where talk takes a function that connects."""

    def run(talk, settings=home):
        async def converse():
            listener = Listener(settings)
            port = await listener.start("127.0.0.1", 0)

            senders = []

            async def connect():
                senders.append(Sender(*await asyncio.open_connection("127.0.0.1", port)))
                return senders[-1]

            try:
                return await talk(connect)
            finally:
                for sender in senders:
                    sender.writer.close()
                    with contextlib.suppress(OSError):
                        await sender.writer.wait_closed()
                await listener.stop()

        return asyncio.run(converse())

    return run


def raw(home):
    return read_inbox(home.inbox, "2024-03")


def batches(engine):
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(ImportBatch)).scalar_one()


def test_a_message_is_acknowledged_when_it_is_committed(listening, home, pg_engine):
    async def talk(connect):
        code, control, _ = await (await connect()).tell(A01.format(n=1))
        return code, control, batches(pg_engine), len(raw(home))

    assert listening(talk) == ("AA", "C1", 1, 1)


def test_a_correction_and_a_discharge_complete_the_visit_of_an_earlier_import(listening, home):
    async def talk(connect):
        sender = await connect()
        return [(await sender.tell(message.format(n=1)))[0] for message in (A01, A08, A03)]

    assert listening(talk) == ["AA", "AA", "AA"]
    parted = part_rows(raw(home))
    (row,) = parted.validated.to_dict("records")
    assert (row["sex"], row["age_years"], row["condition"]) == ("male", 54, "Influenza")
    assert (row["outcome"], row["facility"]) == ("discharged", "General")
    assert len(parted.superseded) == 2


def test_the_same_messages_again_are_duplicates_after_a_restart(listening, home, pg_engine):
    async def talk(connect):
        sender = await connect()
        return [(await sender.tell(message.format(n=1)))[0] for message in (A01, A08, A03)]

    assert listening(talk) == ["AA"] * 3
    before = len(raw(home)), batches(pg_engine)
    assert listening(talk) == ["AA"] * 3, "a sender that had no answer sends again"
    assert (len(raw(home)), batches(pg_engine)) == before


def test_many_senders_share_commits_and_lose_nothing(listening, home, pg_engine):
    async def one(connect, number):
        return (await (await connect()).tell(A01.format(n=number)))[0]

    async def talk(connect):
        return await asyncio.gather(*(one(connect, number) for number in range(40)))

    assert listening(talk) == ["AA"] * 40
    assert raw(home)["registration_id"].nunique() == 40
    assert batches(pg_engine) < 40


def test_messages_in_one_stream_and_in_single_bytes_are_cut_rightly(listening, home):
    async def talk(connect):
        sender = await connect()
        sender.send(b"noise" + frame(A01.format(n=1)) + b"\r\n" + frame(A01.format(n=2)))
        first = [await sender.ack(), await sender.ack()]
        for byte in frame(A01.format(n=3)):
            sender.send(bytes([byte]))
            await sender.writer.drain()
        return [*first, await sender.ack()]

    assert [ack[:2] for ack in listening(talk)] == [("AA", "C1"), ("AA", "C2"), ("AA", "C3")]


def test_what_is_no_message_is_rejected_and_the_next_one_is_taken(listening, home):
    async def talk(connect):
        sender = await connect()
        sender.send(frame("canary of Jane Doe"))
        bad = await sender.ack()
        nul = await sender.tell(A01.format(n=7).replace("Doe", "\0"))
        return bad, nul, await sender.tell(A01.format(n=1))

    bad, nul, good = listening(talk)
    assert (bad[0], nul[0], good[0]) == ("AR", "AR", "AA")
    assert "canary" not in repr(bad)
    assert len(raw(home)) == 1


def test_a_message_of_another_kind_is_taken_and_parked(listening, home):
    async def talk(connect):
        return await (await connect()).tell(A01.format(n=1).replace("ADT^A01^ADT_A01", "ORU^R01^ORU_R01"))

    assert listening(talk)[0] == "AA"
    month = next(path.name for path in home.inbox.glob("????-??"))
    assert part_rows(read_inbox(home.inbox, month)).quarantined["reasons"].tolist() == [["record_unreadable"]]


def test_a_giant_frame_ends_its_connection_and_no_other(listening, home):
    async def talk(connect):
        giant, other = await connect(), await connect()
        giant.send(b"\x0bMSH|" + b"x" * (mllp.LARGEST_FRAME + 70_000))
        refused = await giant.ack()
        assert await giant.reader.read() == b""
        return refused[0], (await other.tell(A01.format(n=1)))[0]

    assert listening(talk) == ("AR", "AA")


def test_half_a_frame_is_not_taken(listening, home, monkeypatch):
    monkeypatch.setattr(mllp, "PATIENCE_S", 0.3)

    async def talk(connect):
        silent, gone = await connect(), await connect()
        silent.send(frame(A01.format(n=1))[:60])
        gone.send(frame(A01.format(n=2))[:60])
        gone.writer.close()
        refused = await silent.ack()
        return refused[0], (await (await connect()).tell(A01.format(n=3)))[0]

    assert listening(talk) == ("AR", "AA")
    assert raw(home)["registration_id"].tolist() == ["V3"]


def test_while_the_database_is_away_a_sender_is_told_to_send_again(listening, tmp_path):
    away = Settings(home=tmp_path / "away", database_url="postgresql+psycopg2://x@127.0.0.1:1/x")

    async def talk(connect):
        return await (await connect()).tell(A01.format(n=1))

    code, control, words = listening(talk, away)
    assert (code, control) == ("AE", "C1")
    assert "database_unreachable" in words


def test_a_message_waits_while_another_import_runs(listening, home):
    async def talk(connect):
        sender = await connect()
        with inbox.locked(home.inbox):
            sender.send(frame(A01.format(n=1)))
            await asyncio.sleep(1)
        return (await sender.ack())[0]

    assert listening(talk) == "AA"


def test_texts_of_two_encodings_do_not_spoil_each_other(listening, home):
    latin = A01.format(n=1).replace("General", "Köln").encode("cp1252")
    utf8 = A01.format(n=2).replace("General", "Zürich").encode()

    async def talk(connect):
        sender = await connect()
        sender.send(b"\x0b" + latin + b"\x1c\x0d" + b"\x0b" + utf8 + b"\x1c\x0d")
        return [(await sender.ack())[0], (await sender.ack())[0]]

    assert listening(talk) == ["AA", "AA"]
    assert sorted(raw(home)["facility"]) == ["Köln", "Zürich"]


def test_an_acknowledgement_turns_sender_and_receiver_around():
    told = acknowledge(A01.format(n=1).encode(), Ack("AA", "taken")).decode()
    header = told.strip("\x0b").split("\r")[0].split("|")
    assert header[2:6] == ["MediSync", "LAB", "ADT", "WARD"]
    assert (header[8], header[10], header[11]) == ("ACK^A01^ACK", "P", "2.5.1")
