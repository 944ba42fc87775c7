"""The CapabilityStatement: what this facade can do, told to anybody who asks.

Belongs here: that statement. Does not belong here: the parameters it names (`parameters`).
"""

from datetime import date
from typing import Final

from serving.fhir import parameters
from serving.fhir.parameters import Parameter
from serving.fhir.resources import (
    CapabilityStatement,
    Implementation,
    Interaction,
    Rest,
    SearchParameter,
    Security,
    ServedResource,
    Software,
)
from serving.fhir.search import FORMATS

#: When what is stated last changed.
_STATED: Final = date(2026, 11, 28)
_SECURITY: Final = (
    "A token of an account with the right of the resource (Authorization: Bearer mds_...): appointment.read, "
    "schedule.read or patient.risk. Whoever asks sees what the account may see; each look at a patient is audited."
)
_SERVED: Final[tuple[tuple[str, str, bool, tuple[Parameter, ...]], ...]] = (
    ("Appointment", "Held, requested, booked and past appointments.", True, parameters.APPOINTMENT),
    ("RiskAssessment", "What the risk model said of a visit, with name and version of the model as contained Device "
     "and in method. Probabilities are per cent.", False, parameters.RISK_ASSESSMENT),
    ("Slot", "Slots of providers' weekly hours: free, busy (taken) or busy-unavailable (past).", False,
     parameters.SLOT),
)  # fmt: skip


def statement(*, base: str, version: str) -> CapabilityStatement:
    """Return what is served at an address.

    Parameters
    ----------
    version : str
        Of the application.
    """
    served = [
        ServedResource(
            type=kind,
            documentation=says,
            interaction=[Interaction(code="read"), Interaction(code="search-type")],
            versioning="versioned" if is_versioned else "no-version",
            search_param=[
                SearchParameter(name=one.name, type=one.type, documentation=one.says)
                # A chain is no parameter of its own: what it chains says so.
                for one in searched
                if "." not in one.name
            ],
        )
        for kind, says, is_versioned, searched in _SERVED
    ]
    return CapabilityStatement(
        date=_STATED,
        software=Software(name="MediSync", version=version),
        implementation=Implementation(description="MediSync: slots, appointments and risk, read only", url=base),
        format=[one for one in FORMATS if one != "application/json"],
        rest=[Rest(security=Security(description=_SECURITY), resource=served)],
    )
