"""Pseudonyms and signatures: what must hold for any identifier and any bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import sealing
from core.errors import IntegrityError

_SEED = "11" * 32
_KEY = "k" * 64
_TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=12)


@given(_TEXTS)
def test_each_identifier_has_one_pseudonym_and_no_two_share_one(identifiers):
    made = sealing.pseudonyms(identifiers, key=_KEY)
    assert set(made) == set(identifiers)
    assert len(set(made.values())) == len(made)
    assert made == sealing.pseudonyms(reversed(identifiers), key=_KEY)


def test_a_pseudonym_shows_nothing_of_its_identifier_and_depends_on_the_key():
    one = sealing.pseudonyms(["MRN-0042"], key=_KEY)["MRN-0042"]
    assert one.startswith("p_")
    assert len(one) == 34
    assert "0042" not in one
    assert one != sealing.pseudonyms(["MRN-0042"], key=_KEY + "x")["MRN-0042"]


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_a_signature_fits_the_bytes_it_was_made_for(message):
    signature = sealing.sign(message, seed_hex=_SEED)
    sealing.verify(message, signature, public=sealing.public_key(_SEED))


@settings(max_examples=50)
@given(st.binary(min_size=1, max_size=64), st.data())
def test_one_changed_bit_anywhere_is_noticed(message, data):
    signature = sealing.sign(message, seed_hex=_SEED)
    whole = bytearray(message + signature)
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[place // 8] ^= 1 << (place % 8)
    with pytest.raises(IntegrityError, match="does not fit"):
        sealing.verify(bytes(whole[: len(message)]), bytes(whole[len(message) :]), public=sealing.public_key(_SEED))


@pytest.mark.parametrize("signature", [b"", b"short", bytes(64), bytes(65)])
def test_what_is_no_signature_at_all_is_an_integrity_error_too(signature):
    with pytest.raises(IntegrityError):
        sealing.verify(b"bytes", signature, public=sealing.public_key(_SEED))


def test_another_key_does_not_verify():
    signature = sealing.sign(b"bytes", seed_hex=_SEED)
    with pytest.raises(IntegrityError):
        sealing.verify(b"bytes", signature, public=sealing.public_key("22" * 32))
