"""`medisync synth` as it is typed: files, bytes, exit codes."""

import hashlib
import json
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, VALIDATED_DTYPES
from medisync.main import run
from medisync.synth import write
from ml.synthetic import generate_hospital


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["medisync", "synth", *arguments])
    with pytest.raises(SystemExit) as left:
        run()
    return int(left.value.code or 0)


def test_the_command_writes_both_files_and_prints_one_json_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "new")
    assert _run(monkeypatch, "--patients", "300", "--years", "2", "--seed", "1", "--out", out, "--json") == 0
    printed = capsys.readouterr()
    summary = json.loads(printed.out)
    frame = pd.read_parquet(summary["registrations_path"])
    truth = json.loads(Path(summary["truth_path"]).read_text())
    assert summary["registrations"] == len(frame) == truth["registrations"]
    assert tuple(frame.columns) == REGISTRATION_COLUMNS
    assert {c: str(t) for c, t in frame.dtypes.items()} == {c: VALIDATED_DTYPES[c] for c in REGISTRATION_COLUMNS}
    assert {"outbreaks", "bayes_accuracy", "rate_per_month", "seed", "class_shares"} <= set(truth)
    assert "Generating" in printed.err


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("--patients", "300"), 2, "--years"),
        (("--patients", "many", "--years", "1", "--seed", "1", "--out", "x"), 2, "--patients"),
        (("--patients", "0", "--years", "1", "--seed", "1", "--out", "x"), 1, "patients is 0"),
    ],
)
def test_wrong_usage_is_two_and_a_refusal_is_one(
    arguments: tuple[str, ...],
    code: int,
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run(monkeypatch, *arguments) == code
    assert named in capsys.readouterr().err


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        write(generate_hospital(patients=500, years=2, seed=9, end=date(2026, 10, 31)), tmp_path / name)
        files = sorted((tmp_path / name).iterdir())
        assert [file.name for file in files] == ["registrations.parquet", "truth.json"]
        digests.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert digests[0] == digests[1]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(InputError, match="cannot write to"):
        write(generate_hospital(patients=5, years=1, seed=9, end=date(2026, 10, 31)), blocked)
