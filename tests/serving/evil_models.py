"""Model folders that run code when MLflow loads them; `python evil_models.py FOLDER` loads each under plain pyfunc.

Belongs here: writing such folders, and that proof that they are live. Does not belong here: what serving makes of them.

    pickle         a pickled PythonModel
    loader_module  a loader of its own in `code/`
    swapped        a model from code whose file was changed after it was logged
"""

import hashlib
import pickle
import sys
from pathlib import Path

KINDS = ("pickle", "loader_module", "swapped")
#: The file of each folder that holds what runs.
LIVE_FILES = {"pickle": "python_model.pkl", "loader_module": "code/evil_loader.py", "swapped": "served_model.py"}
MARKER = "ran"
_HEAD = "flavors:\n  python_function:\n    python_version: 3.11.7\n"
_CONFIGS = {
    "pickle": "    loader_module: mlflow.pyfunc.model\n    python_model: python_model.pkl\n",
    "loader_module": "    loader_module: evil_loader\n    code: code\n",
    "swapped": "    loader_module: mlflow.pyfunc.model\n    model_code_path: served_model.py\n",
}


class Boom:
    """Creates a file wherever it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


def write(root: Path) -> None:
    """Write the folders; each leaves `ran` beside its MLmodel when its code is run."""
    for kind in KINDS:
        folder = root / kind
        live = folder / LIVE_FILES[kind]
        live.parent.mkdir(parents=True)
        (folder / "MLmodel").write_text(_HEAD + _CONFIGS[kind], encoding="utf-8")
        marker = folder / MARKER
        if kind == "pickle":
            live.write_bytes(pickle.dumps(Boom(marker)))
        else:
            live.write_text(f"from pathlib import Path\n\nPath({str(marker)!r}).touch()\n", encoding="utf-8")


def sha256(payload: bytes) -> str:
    """Return the hash that a release carries beside its bytes."""
    return hashlib.sha256(payload).hexdigest()


def main(root: Path) -> None:
    """Load each folder as the documentation of MLflow says."""
    import mlflow

    for kind in KINDS:
        try:
            mlflow.pyfunc.load_model(str(root / kind))
        except Exception as error:  # what was run is no model: it fails after its code has run
            print(f"{kind}: {type(error).__name__}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
