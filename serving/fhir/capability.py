"""The CapabilityStatement: what this facade can do, told to anybody who asks.

Belongs here: that statement. Does not belong here: the parameters it names (`parameters`).
"""

from typing import Any, Final

from serving.fhir import parameters
from serving.fhir.parameters import Parameter
from serving.outcomes import FHIR_JSON

#: When what is stated last changed.
_STATED: Final = "2026-11-28"
_SECURITY: Final = (
    "A token of an account with the right of the resource (Authorization: Bearer mds_...): appointment.read, "
    "schedule.read or patient.risk. Whoever asks sees what the account may see; each look at a patient is audited. "
    "Or SMART Backend Services: a program that an administrator registered, with scopes such as system/Slot.rs."
)
_SERVICES: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SERVED: Final[tuple[tuple[str, str, bool, tuple[Parameter, ...]], ...]] = (
    ("Appointment", "Held, requested, booked and past appointments.", True, parameters.APPOINTMENT),
    ("RiskAssessment", "What the risk model said of a visit, with name and version of the model as contained Device "
     "and in method. Probabilities are per cent.", False, parameters.RISK_ASSESSMENT),
    ("Slot", "Slots of weekly hours: free, busy (taken) or busy-unavailable (past, or not to be booked).", False,
     parameters.SLOT),
)  # fmt: skip


def statement(*, base: str, token_endpoint: str, version: str) -> dict[str, Any]:
    """Return what is served at an address.

    Parameters
    ----------
    version : str
        Of the application.
    """
    served = [
        {
            "type": kind,
            "documentation": says,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "versioning": "versioned" if is_versioned else "no-version",
            "searchParam": [
                {"name": one.name, "type": one.type, "documentation": one.says}
                # A chain is no parameter of its own: what it chains says so.
                for one in searched
                if "." not in one.name
            ],
        }
        for kind, says, is_versioned, searched in _SERVED
    ]
    smart = {"system": _SERVICES, "code": "SMART-on-FHIR", "display": "SMART-on-FHIR"}
    security = {
        "extension": [{"url": _OAUTH_URIS, "extension": [{"url": "token", "valueUri": token_endpoint}]}],
        "cors": False,
        "service": [{"coding": [smart], "text": "SMART Backend Services"}],
        "description": _SECURITY,
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _STATED,
        "kind": "instance",
        "software": {"name": "MediSync", "version": version},
        "implementation": {"description": "MediSync: slots, appointments and risk, read only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", FHIR_JSON],
        "rest": [{"mode": "server", "security": security, "resource": served}],
    }
