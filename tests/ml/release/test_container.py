"""A release is read only when it is whole and signed, and the same model gives the same bytes."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import sealing
from core.errors import IntegrityError
from ml.release import Bundle, pack, sign, unpack
from ml.release.container import MAGIC

SEED_HEX = "5a" * 32


class Boom:
    """Would create a file if anybody unpickled it."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


def test_what_was_packed_comes_out_the_same(bundle: Bundle, payload: bytes, signature: bytes, public: bytes) -> None:
    found = unpack(payload, signature=signature, public=public)
    assert found.encoder == bundle.encoder
    assert found.rule == bundle.rule
    assert found.calibration == bundle.calibration
    assert found.metadata == bundle.metadata
    assert (found.network_onnx, found.forest_onnx) == (bundle.network_onnx, bundle.forest_onnx)
    for name in ("matrix", "network", "forest"):
        np.testing.assert_array_equal(getattr(found.golden, name), getattr(bundle.golden, name))


def test_the_same_bundle_gives_the_same_bytes(bundle: Bundle, payload: bytes) -> None:
    shuffled = replace(bundle, metadata=dict(reversed(bundle.metadata.items())))
    assert pack(shuffled) == payload


@pytest.mark.parametrize("position", [0, 25, 200, 5_000, -1])
def test_one_changed_byte_is_refused_by_the_signature(
    payload: bytes, signature: bytes, public: bytes, position: int
) -> None:
    changed = bytearray(payload)
    changed[position] ^= 1
    with pytest.raises(IntegrityError, match="signature"):
        unpack(bytes(changed), signature=signature, public=public)


def test_a_release_of_another_key_is_refused(payload: bytes, public: bytes) -> None:
    with pytest.raises(IntegrityError) as refused:
        unpack(payload, signature=sign(payload, seed_hex="66" * 32), public=public)
    assert refused.value.code == "bad_signature"


def test_an_unsigned_release_is_refused(payload: bytes, public: bytes) -> None:
    with pytest.raises(IntegrityError):
        unpack(payload, signature=b"", public=public)


@pytest.mark.parametrize("cut", [len(MAGIC), len(MAGIC) + 20, 5_000, -1])
def test_a_cut_release_is_refused_even_when_it_is_signed(payload: bytes, public: bytes, cut: int) -> None:
    short = payload[:cut]
    with pytest.raises(IntegrityError):
        unpack(short, signature=sign(short, seed_hex=SEED_HEX), public=public)


def test_a_part_that_does_not_fit_its_hash_is_refused_even_when_it_is_signed(payload: bytes, public: bytes) -> None:
    changed = payload[:-3] + bytes([payload[-3] ^ 1]) + payload[-2:]
    with pytest.raises(IntegrityError, match="does not fit its hash"):
        unpack(changed, signature=sign(changed, seed_hex=SEED_HEX), public=public)


def test_a_signed_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    evil = pickle.dumps(Boom(marker))
    pickle.loads(evil)
    assert marker.exists(), "the pickle is a live one"
    marker.unlink()
    for payload in (evil, MAGIC + len(evil).to_bytes(8, "big") + evil):
        with pytest.raises(IntegrityError):
            unpack(payload, signature=sign(payload, seed_hex=SEED_HEX), public=sealing.public_key(SEED_HEX))
    assert not marker.exists()


def test_a_release_for_features_that_this_code_does_not_compute_is_refused(bundle: Bundle, public: bytes) -> None:
    strange = replace(bundle.encoder, numeric=(*bundle.encoder.numeric[:-1], "horoscope"))
    payload = pack(replace(bundle, encoder=strange))
    with pytest.raises(IntegrityError, match="horoscope"):
        unpack(payload, signature=sign(payload, seed_hex=SEED_HEX), public=public)
