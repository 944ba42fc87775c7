"""`medisync synth`: write a synthetic hospital to a folder.

Belongs here: arguments, files and what the person sees. Does not belong here: how the hospital is made (ml.synthetic).
"""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from core.errors import InputError
from medisync.options import AsJson
from ml.synthetic import DEFAULT_END, Hospital, generate_hospital

REGISTRATIONS_FILE = "registrations.parquet"
TRUTH_FILE = "truth.json"


def synth(
    patients: Annotated[int, typer.Option(help="People who live near the hospital at some time of the period.")],
    years: Annotated[float, typer.Option(help="Length of the period in years, at most 50.")],
    seed: Annotated[int, typer.Option(help="Same seed (and same other options), same bytes.")],
    out: Annotated[Path, typer.Option(help="Folder to write to; made if it is not there.")],
    end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=f"Last day; {DEFAULT_END} if not given, whatever the date today."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write registrations.parquet and truth.json of a synthetic hospital; patients register about every second year."""
    last_day: date = end.date() if end is not None else DEFAULT_END
    _say(f"Generating {patients} patients over {years:g} years up to {last_day} …")
    hospital = generate_hospital(patients=patients, years=years, seed=seed, end=last_day)
    _say(f"Writing {len(hospital.registrations)} registrations to {out} …")
    write(hospital, out)
    summary = summarise(hospital, out)
    if as_json:
        sys.stdout.write(orjson.dumps(summary).decode() + "\n")
    else:
        for name, value in summary.items():
            sys.stdout.write(f"{name:>20}  {value}\n")


def write(hospital: Hospital, out: Path) -> None:
    """Write the two files into `out`, each whole or not at all; the same hospital gives the same bytes.

    Raises
    ------
    InputError
        If `out` cannot be written to.
    """
    table = pa.Table.from_pandas(hospital.registrations, preserve_index=False)
    truth = orjson.dumps(hospital.truth, option=orjson.OPT_INDENT_2) + b"\n"
    try:
        out.mkdir(parents=True, exist_ok=True)
        unfinished = out / f".{REGISTRATIONS_FILE}.part"
        # Fixed options: the bytes must not depend on defaults that change with a release.
        pq.write_table(
            table, unfinished, version="2.6", compression="zstd", compression_level=3, row_group_size=131_072
        )
        unfinished.replace(out / REGISTRATIONS_FILE)
        unfinished = out / f".{TRUTH_FILE}.part"
        unfinished.write_bytes(truth)
        unfinished.replace(out / TRUTH_FILE)
    except OSError as error:
        raise InputError(
            f"cannot write to {out}: {error.strerror or error}; name a folder that can be written"
        ) from error


def summarise(hospital: Hospital, out: Path) -> dict[str, Any]:
    """Return what the command prints: where the files are and the figures a person asks for first."""
    truth = hospital.truth
    return {
        "registrations": truth["registrations"],
        "patients": int(hospital.registrations["patient_id"].nunique()),
        "first_date": truth["first_date"],
        "end_date": truth["end_date"],
        "seed": truth["seed"],
        "outbreaks": len(truth["outbreaks"]),
        "bayes_accuracy": truth["bayes_accuracy"],
        "registrations_path": str(out / REGISTRATIONS_FILE),
        "truth_path": str(out / TRUTH_FILE),
    }


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
