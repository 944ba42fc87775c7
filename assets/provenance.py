"""What every published number carries with it: which data, which code, which run.

Belongs here: hashes of data, the code's version, the receipt's contents. Does not belong here: storing receipts.
"""

import hashlib
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from core import clock


def data_hash(rows: pd.DataFrame) -> str:
    """Return the SHA-256 over the rows' content hashes, in sorted order: the same rows give the same hash."""
    return hashlib.sha256("".join(sorted(rows["content_hash"])).encode()).hexdigest()


@lru_cache(maxsize=1)
def code_commit() -> str:
    """Return the commit of the running code, `+changes` when files differ from it, "unversioned" without git."""
    folder = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = git("rev-parse", "HEAD")
        changed = "+changes" if commit and git("status", "--porcelain", "--untracked-files=no") else ""
    except (OSError, subprocess.TimeoutExpired):
        return "unversioned"
    return (commit + changed) or "unversioned"


@lru_cache(maxsize=1)
def environment() -> dict[str, Any]:
    """Return what a training ran in: Python, the kind of machine, the packages that matter and a hash of all."""
    packages = sorted(
        {f"{found.metadata['Name'].lower()}=={found.version}" for found in distributions() if found.metadata["Name"]}
    )
    wanted = ("numpy", "pandas", "scikit-learn", "tensorflow", "onnxruntime", "skl2onnx", "mlflow", "dagster")
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": {
            name: version for name, _, version in (text.partition("==") for text in packages) if name in wanted
        },
        "packages_sha256": hashlib.sha256("\n".join(packages).encode()).hexdigest(),
    }


def of_run(context: dg.AssetExecutionContext, rows: pd.DataFrame, **more: Any) -> dict[str, Any]:
    """Return the provenance of a number that this asset made from these validated rows."""
    return {
        "asset": context.asset_key.to_user_string(),
        "dagster_run_id": context.run.run_id,
        "code_commit": code_commit(),
        "data_sha256": data_hash(rows),
        "row_count": len(rows),
        "first_registered_at": _iso(rows["registered_at"].min()),
        "last_registered_at": _iso(rows["registered_at"].max()),
        "sources": sorted(rows["source"].dropna().unique().tolist()),
        **more,
    }


def of_counts(context: dg.AssetExecutionContext, counts: pd.DataFrame, **more: Any) -> dict[str, Any]:
    """Return the provenance of a number that this asset made from counts: their hash stands for the data."""
    return {
        "asset": context.asset_key.to_user_string(),
        "dagster_run_id": context.run.run_id,
        "code_commit": code_commit(),
        "data_sha256": frame_hash(counts),
        "row_count": len(counts),
        **more,
    }


def _iso(moment: object) -> str | None:
    return None if pd.isna(moment) else clock.iso(pd.Timestamp(moment).to_pydatetime())


def frame_hash(frame: pd.DataFrame) -> str:
    """Return the SHA-256 over the hashes of a frame's rows in their order: equal frames give equal hashes."""
    return hashlib.sha256(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()).hexdigest()
