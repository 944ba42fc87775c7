"""`python -m bench`: the measured promises, one table after the other.

Belongs here: their order. Does not belong here: any measurement. What takes a machine for a while, or kills servers, is
asked for by name: `chaos`, `under_fire`, `scale`.
"""

import subprocess
import sys

TABLES = ("forecasting", "surveillance", "adhoc", "risk", "pipeline", "serving")


def main() -> int:
    """Run each table in a process of its own, so that no one's imports or threads change another's figures."""
    failed: list[str] = []
    for name in TABLES:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
