"""What Schemathesis needs to speak to our API: a fresh session for each case, and requests that can succeed.

Belongs here: authentication of the fuzzer, seeds as examples, a note of every answer. Does not belong here: the run
itself (`fuzz.py`), the seeds (`fuzz_seeds_…`). Loaded by Schemathesis through SCHEMATHESIS_HOOKS; FUZZ_DSN,
FUZZ_ADDRESS, FUZZ_ORIGIN, FUZZ_EMAIL say where and as whom, FUZZ_ANSWERS names the file of notes.
"""

import os
import secrets
import uuid
from pathlib import Path

import fuzz_seeds_fhir  # noqa: F401 (fills the register, as the others do)
import fuzz_seeds_identity  # noqa: F401
import fuzz_seeds_models  # noqa: F401
import fuzz_seeds_patients  # noqa: F401
import fuzz_seeds_queues  # noqa: F401
import fuzz_seeds_smart  # noqa: F401
import httpx
import schemathesis
from fuzz_person import SEEDS, World
from schemathesis.auths import AuthContext, set_on_case

_ENVIRONMENT = os.environ  # noqa: TID251 (a program of its own)
_WORLD = World(
    _ENVIRONMENT["FUZZ_DSN"],
    _ENVIRONMENT["FUZZ_ADDRESS"],
    _ENVIRONMENT["FUZZ_EMAIL"],
    origin=_ENVIRONMENT["FUZZ_ORIGIN"],
)
_ANSWERS = Path(_ENVIRONMENT["FUZZ_ANSWERS"]).open("a", encoding="utf-8")  # noqa: SIM115 (open as long as the process)

_PLACES = {"path": "path_parameters"}


@schemathesis.auth(refresh_interval=None)
class FreshSession:
    """A new session each time: some operations end sessions, and that must not starve the cases after them."""

    def get(self, case, context):
        return _WORLD.session()

    def set(self, case, data, context):
        case.cookies = {"__Host-session": data, **(case.cookies or {})}


@schemathesis.hook
def before_add_examples(context, examples):
    """Add a request that names what is there; none where this role may not make what it needs."""
    operation = context.operation
    if operation.label not in SEEDS and "{" in operation.label:
        return
    try:
        seed = SEEDS.get(operation.label, lambda _: {})(_WORLD)
    except (LookupError, httpx.HTTPStatusError) as error:
        _note(operation.label, f"no seed: {error}")
        return
    parts = {_PLACES.get(name, name): value for name, value in seed.items()}
    if "body" in parts:
        parts.setdefault("media_type", "application/json")
    case = operation.Case(**parts)
    # Cases of our own making are not given their session by Schemathesis.
    set_on_case(case, AuthContext(operation=operation, app=operation.app), None)
    examples.append(case)


@schemathesis.hook
def after_call(context, case, response):
    """Note how each operation was answered."""
    _note(case.operation.label, str(response.status_code))


def _note(operation: str, answer: str) -> None:
    _ANSWERS.write(f"{operation}\t{answer.splitlines()[0]}\n")
    _ANSWERS.flush()


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Now and then name a thing that is there, so that invented bodies meet it too."""
    known = {
        "version": 1,
        "run_id": str(uuid.UUID(int=5)),
        "receipt_id": "rcp_health_trends_1795305600",
        "patient_id": _WORLD.patient_id,
    }
    if secrets.randbelow(2) and path_parameters:
        for name, value in known.items():
            if name in path_parameters:
                path_parameters[name] = value
    return path_parameters
