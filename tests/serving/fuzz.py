"""Every check of Schemathesis against a running API, as every role, and which operations were seen to succeed.

Belongs here: the run. Does not belong here: signing in (`fuzz_hooks`), what is accepted (`schemathesis.toml`). Against
a running installation (it changes whatever it may), with its accounts:

    uv run python tests/serving/fuzz.py --address http://127.0.0.1:8000 --dsn postgresql://… --cases 50
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg2

from core.settings import child_environment
from core.vocabulary import Role

FOLDER = Path(__file__).parent
ORIGIN = "http://localhost:8000"
ALL_PHASES = "examples,coverage,fuzzing,stateful"


@dataclass(frozen=True)
class Run:
    """What came of one run as one person."""

    is_clean: bool
    output: str
    #: Operation -> how often each status was answered, and why a seed was left out.
    answers: Mapping[str, Counter[str]]

    @property
    def reached(self) -> set[str]:
        """Return the operations that answered with a 2xx at least once."""
        return {name for name, seen in self.answers.items() if any(status.startswith("2") for status in seen)}


def fuzz(
    address: str,
    dsn: str,
    email: str,
    *,
    cases: int,
    origin: str = ORIGIN,
    seed: int = 1,
    phases: str = ALL_PHASES,
) -> Run:
    """Run all checks as the person with this e-mail.

    Parameters
    ----------
    address : str
        `http://host:port` of the API.
    dsn : str
        `postgresql://…` of its database, where sessions are opened.
    cases : int
        Generated cases an operation in the fuzzing phase; the coverage phase has some 40 of its own.
    origin : str
        The installation's `MEDISYNC_PUBLIC_URL`.
    """
    # The document is made at the first question, which Schemathesis would not wait for on a busy machine.
    httpx.get(f"{address}/openapi.json", timeout=60).raise_for_status()
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [schemathesis, "--config-file", FOLDER / "schemathesis.toml", "run", f"{address}/openapi.json",
               "--checks", "all", "--phases", phases, "--max-examples", str(cases), "--seed", str(seed),
               "--continue-on-failure", "--wait-for-schema", "10"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder, "answers.tsv")
        told = {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(FOLDER), "FUZZ_DSN": dsn, "FUZZ_EMAIL": email,
                "FUZZ_ADDRESS": address, "FUZZ_ORIGIN": origin, "FUZZ_ANSWERS": str(notes)}  # fmt: skip
        done = subprocess.run(command, env=child_environment(told), capture_output=True, text=True, check=False)
        lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        operation, answer = line.split("\t", 1)
        answers[operation][answer] += 1
    return Run(done.returncode == 0, done.stdout + done.stderr, answers)


def operations_of(address: str) -> set[str]:
    """Return every operation of the API's document, as `GET /path`."""
    document = httpx.get(f"{address}/openapi.json", timeout=60).json()
    return {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}


def email_of_role(dsn: str, role: Role) -> str | None:
    """Return the e-mail of an active account of a role."""
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT email FROM user_account WHERE role = %s AND is_active LIMIT 1", (role.value,))
        row = cursor.fetchone()
    return row[0] if row else None


def main() -> int:
    """Fuzz as every role that has an account; return 0 when nothing failed and every operation was seen to succeed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--origin", default=ORIGIN, help="the installation's MEDISYNC_PUBLIC_URL")
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    reached: dict[str, list[str]] = defaultdict(list)
    is_clean = True
    for role in Role:
        email = email_of_role(given.dsn, role)
        if email is None:
            print(f"{role}: no account")
            continue
        run = fuzz(given.address, given.dsn, email, cases=given.cases, origin=given.origin, seed=given.seed)
        counts = [line.strip() for line in run.output.splitlines() if " generated, " in line]
        print(f"{role}: {'passed' if run.is_clean else 'FAILED'}, {' '.join(counts)}", flush=True)
        if not run.is_clean:
            print(run.output)
        is_clean &= run.is_clean
        for operation in run.reached:
            reached[operation].append(role)
    operations = operations_of(given.address)
    for operation in sorted(operations):
        print(f"{operation}: {', '.join(reached[operation]) or 'NEVER'}")
    print(f"{sum(bool(reached[one]) for one in operations)} of {len(operations)} operations were answered with a 2xx")
    return 0 if is_clean and all(reached[one] for one in operations) else 1


if __name__ == "__main__":
    sys.exit(main())
