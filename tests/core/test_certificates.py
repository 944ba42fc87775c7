"""The fleet's certificates: made once by an authority of its own; one of the operator's is never replaced."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docker/certs/make.sh"


def _make(folder: Path) -> dict[str, bytes]:
    subprocess.run(["sh", SCRIPT, folder], check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".crt", ".key")}


def _own(folder: Path, days: int) -> bytes:
    """A certificate for the edge that another authority signed (here its own), as an operator places it."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=hospital.example", "-days", str(days), "-keyout", "edge.key", "-out", "edge.crt"]  # fmt: skip
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return (folder / "edge.crt").read_bytes()


def test_certificates_are_made_once_and_signed_by_the_authority(tmp_path):
    made = _make(tmp_path)
    assert set(made) == {f"{name}.{kind}" for name in ("ca", "postgres", "valkey", "edge") for kind in ("crt", "key")}
    for name in ("postgres", "valkey", "edge"):
        subprocess.run(["openssl", "verify", "-CAfile", "ca.crt", f"{name}.crt"], cwd=tmp_path, check=True)
    assert _make(tmp_path) == made


def test_a_new_authority_signs_its_servers_anew(tmp_path):
    made = _make(tmp_path)
    (tmp_path / "ca.crt").unlink()
    again = _make(tmp_path)
    assert all(again[f"{name}.crt"] != made[f"{name}.crt"] for name in ("ca", "postgres", "valkey", "edge"))


@pytest.mark.parametrize("days", [365, 3])
def test_a_certificate_of_the_operators_is_never_replaced(tmp_path, days):
    own = _own(tmp_path, days)
    made = _make(tmp_path)
    assert made["edge.crt"] == own
    assert made["edge.key"] == (tmp_path / "edge.key").read_bytes()
    assert "postgres.crt" in made
