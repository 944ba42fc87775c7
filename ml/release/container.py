"""The bytes of a release: a manifest with the SHA-256 of each part, then the parts. No zip, no pickle.

Belongs here: writing, signing, verifying and reading those bytes. Does not belong here: what the parts mean beyond
their types.

    MAGIC (19 bytes) · length of the manifest (8 bytes, big-endian) · manifest (JSON, sorted keys) · parts in its order
"""

import hashlib
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from core import sealing
from core.errors import IntegrityError
from ml.release.bundle import Bundle, Golden
from ml.release.calibration import Calibration
from ml.release.consensus import ConsensusRule
from ml.release.encoder import Encoder

MAGIC: Final = b"MEDISYNC-RELEASE-1\n"
_LENGTH_BYTES: Final = 8
_JSON_PARTS: Final = ("calibration.json", "encoder.json", "metadata.json", "rule.json")
_ARRAY_PARTS: Final = ("golden_forest.f32", "golden_matrix.f32", "golden_network.f32")
_MODEL_PARTS: Final = ("forest.onnx", "network.onnx")


def pack(bundle: Bundle) -> bytes:
    """Return the bytes of a release; the same bundle always gives the same bytes."""
    golden = bundle.golden
    documents = {
        "encoder.json": bundle.encoder.to_json(),
        "rule.json": bundle.rule.to_json(),
        "calibration.json": {
            "temperature": bundle.calibration.temperature,
            "offsets": list(bundle.calibration.offsets),
        },
        "metadata.json": bundle.metadata,
    }
    parts = {
        "network.onnx": bundle.network_onnx,
        "forest.onnx": bundle.forest_onnx,
        "golden_matrix.f32": golden.matrix.astype("<f4").tobytes(),
        "golden_network.f32": golden.network.astype("<f4").tobytes(),
        "golden_forest.f32": golden.forest.astype("<f4").tobytes(),
    } | {name: _json(document) for name, document in documents.items()}
    manifest = _json(
        {
            "format": 1,
            "golden_rows": len(golden.matrix),
            "parts": [
                {"name": name, "size": len(parts[name]), "sha256": hashlib.sha256(parts[name]).hexdigest()}
                for name in sorted(parts)
            ],
        }
    )
    length = len(manifest).to_bytes(_LENGTH_BYTES, "big")
    return b"".join([MAGIC, length, manifest, *(parts[name] for name in sorted(parts))])


def sign(payload: bytes, *, seed_hex: str) -> bytes:
    """Return the Ed25519 signature over the whole payload; `seed_hex` is the release key's seed."""
    return sealing.sign(payload, seed_hex=seed_hex)


def unpack(payload: bytes, *, signature: bytes, public: bytes) -> Bundle:
    """Verify the signature, then read a release.

    Parameters
    ----------
    payload : bytes
        What `pack` returned.
    signature : bytes
        Ed25519 over the payload.
    public : bytes
        The 32-byte public key that is trusted.

    Raises
    ------
    IntegrityError
        If the signature does not fit, before a single byte is interpreted; or if the contents are not a release.
    """
    sealing.verify(payload, signature, public=public)
    manifest, body = _split(payload)
    parts = _parts(manifest, body)
    try:
        calibration = orjson.loads(parts["calibration.json"])
        first, second, third = calibration["offsets"]
        encoder = Encoder.from_json(orjson.loads(parts["encoder.json"]))
        rows = int(manifest["golden_rows"])
        return Bundle(
            network_onnx=parts["network.onnx"],
            forest_onnx=parts["forest.onnx"],
            encoder=encoder,
            rule=ConsensusRule.from_json(orjson.loads(parts["rule.json"])),
            calibration=Calibration(calibration["temperature"], (first, second, third)),
            golden=Golden(
                matrix=_array(parts["golden_matrix.f32"], rows, len(encoder.columns)),
                network=_array(parts["golden_network.f32"], rows, 3),
                forest=_array(parts["golden_forest.f32"], rows, 3),
            ),
            metadata=orjson.loads(parts["metadata.json"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"the release's parts cannot be read ({type(error).__name__})") from error


def _json(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def _split(payload: bytes) -> tuple[dict[str, Any], memoryview]:
    """Return the manifest and the bytes after it."""
    start = len(MAGIC) + _LENGTH_BYTES
    if not payload.startswith(MAGIC) or len(payload) < start:
        raise IntegrityError(f"not a release: it must begin with {MAGIC.decode().strip()}")
    end = start + int.from_bytes(payload[len(MAGIC) : start], "big")
    try:
        manifest = orjson.loads(payload[start:end])
    except orjson.JSONDecodeError as error:
        raise IntegrityError("the release's manifest is not JSON") from error
    return manifest, memoryview(payload)[end:]


def _parts(manifest: dict[str, Any], body: memoryview) -> dict[str, bytes]:
    """Cut the body into its parts and check each against its hash; the names must be exactly the known ones."""
    try:
        listed = [(str(part["name"]), int(part["size"]), str(part["sha256"])) for part in manifest["parts"]]
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError("the release's manifest does not list its parts") from error
    expected = sorted((*_JSON_PARTS, *_ARRAY_PARTS, *_MODEL_PARTS))
    if [name for name, _, _ in listed] != expected or sum(size for _, size, _ in listed) != len(body):
        raise IntegrityError(f"a release holds exactly these parts: {', '.join(expected)}")
    parts: dict[str, bytes] = {}
    start = 0
    for name, size, sha256 in listed:
        parts[name] = bytes(body[start : start + size])
        start += size
        if hashlib.sha256(parts[name]).hexdigest() != sha256:
            raise IntegrityError(f"part {name} of the release does not fit its hash")
    return parts


def _array(data: bytes, rows: int, columns: int) -> NDArray[np.float32]:
    return np.frombuffer(data, dtype="<f4").reshape(rows, columns)
