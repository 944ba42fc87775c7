"""Every check of Schemathesis against a running API, as every role.

Belongs here: the run. Does not belong here: signing in (`fuzz_hooks`), what is accepted (`schemathesis.toml`). Against
a running installation, with its accounts:

    uv run python tests/serving/fuzz.py --address http://127.0.0.1:8000 --dsn postgresql://… --cases 50
"""

import argparse
import subprocess
import sys
from pathlib import Path

import psycopg2

from core.settings import child_environment
from core.vocabulary import Role

FOLDER = Path(__file__).parent
ALL_PHASES = "examples,coverage,fuzzing,stateful"


def fuzz(
    address: str, dsn: str, email: str, *, cases: int, seed: int = 1, phases: str = ALL_PHASES
) -> subprocess.CompletedProcess[str]:
    """Run all checks as the person with this e-mail; the return code is 0 when nothing failed.

    Parameters
    ----------
    address : str
        `http://host:port` of the API.
    dsn : str
        `postgresql://…` of its database, where sessions are opened.
    cases : int
        Generated cases an operation in the fuzzing phase; the coverage phase has some 40 of its own.
    """
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [schemathesis, "--config-file", FOLDER / "schemathesis.toml", "run", f"{address}/openapi.json",
               "--checks", "all", "--phases", phases, "--max-examples", str(cases), "--seed", str(seed),
               "--continue-on-failure", "--wait-for-schema", "10"]  # fmt: skip
    environment = child_environment(
        {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(FOLDER), "FUZZ_DSN": dsn, "FUZZ_EMAIL": email}
    )
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def email_of_role(dsn: str, role: Role) -> str | None:
    """Return the e-mail of an active account of a role."""
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT email FROM user_account WHERE role = %s AND is_active LIMIT 1", (role.value,))
        row = cursor.fetchone()
    return row[0] if row else None


def main() -> int:
    """Fuzz as every role that has an account; return 0 when nothing failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    worst = 0
    for role in Role:
        email = email_of_role(given.dsn, role)
        if email is None:
            print(f"{role}: no account")
            continue
        done = fuzz(given.address, given.dsn, email, cases=given.cases, seed=given.seed)
        counts = [line.strip() for line in done.stdout.splitlines() if " generated, " in line]
        print(f"{role}: {'passed' if done.returncode == 0 else 'FAILED'}, {' '.join(counts)}", flush=True)
        if done.returncode:
            print(done.stdout)
        worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
