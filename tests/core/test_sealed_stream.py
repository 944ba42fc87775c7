"""The sealed stream of a backup: what was written comes back, and any other byte is refused."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backup import sealed_stream
from core.backup.entries import Entry, EntryWriter, check, read
from core.backup.sealed_stream import CHUNK_BYTES, SealedReader, SealedWriter
from core.errors import InputError, IntegrityError

PASSPHRASE = "a passphrase of the night shift"
_TAG = 16
_HEAD = 32


def _sealed(data: bytes) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, PASSPHRASE)
    writer.write(data)
    writer.close()
    return file.getvalue()


def _opened(sealed: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return SealedReader(io.BytesIO(sealed), passphrase).read(1 << 40)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_sealed_opens_whatever_its_size(size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sealed = _sealed(data)
    assert _opened(sealed) == data
    assert len(sealed) == _HEAD + size + _TAG * max(1, -(-size // CHUNK_BYTES))


def test_the_same_bytes_are_sealed_differently_each_time():
    assert _sealed(b"the same")[_HEAD:] != _sealed(b"the same")[_HEAD:]


def test_another_passphrase_opens_nothing():
    with pytest.raises(IntegrityError, match="another passphrase"):
        _opened(_sealed(b"of a patient"), "another passphrase entirely")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_one_flipped_bit_anywhere_is_refused(data):
    sealed = bytearray(_sealed(b"z" * (CHUNK_BYTES + 100)))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(IntegrityError):
        _opened(bytes(sealed))


@pytest.mark.parametrize("cut", [1, 17, 100 + _TAG, CHUNK_BYTES])
def test_a_file_that_was_cut_off_is_refused_even_between_two_chunks(cut):
    with pytest.raises(IntegrityError):
        _opened(_sealed(b"z" * (CHUNK_BYTES + 100))[:-cut])


def test_chunks_that_changed_places_are_refused():
    sealed = _sealed(b"a" * CHUNK_BYTES + b"b" * CHUNK_BYTES + b"c")
    step = CHUNK_BYTES + _TAG
    first, second = sealed[_HEAD : _HEAD + step], sealed[_HEAD + step : _HEAD + 2 * step]
    with pytest.raises(IntegrityError):
        _opened(sealed[:_HEAD] + second + first + sealed[_HEAD + 2 * step :])


def test_a_short_passphrase_is_refused_with_a_hint():
    with pytest.raises(InputError, match="has 5 characters; at least 16"):
        sealed_stream.check_passphrase("short")


def test_entries_come_back_in_order_with_their_bytes_and_the_manifest_fits():
    file = io.BytesIO()
    writer = EntryWriter(SealedWriter(file, PASSPHRASE))
    writer.add(Entry("file", "a/b"), iter([b"one", b"two"]))
    writer.add(Entry("database", "d"), iter([]))
    made = writer.finish({"rows": 3})
    found = check(SealedReader(io.BytesIO(file.getvalue()), PASSPHRASE))
    assert found == made
    assert found.entries["file:a/b"]["bytes"] == 6
    back = [
        (entry.kind, entry.name, b"".join(chunks))
        for entry, chunks in read(SealedReader(io.BytesIO(file.getvalue()), PASSPHRASE))
    ]
    assert back[:2] == [("file", "a/b", b"onetwo"), ("database", "d", b"")]
