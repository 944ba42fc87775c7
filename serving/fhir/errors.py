"""What can go wrong when something is asked for as FHIR.

Belongs here: errors of this domain. Does not belong here: their shape on the wire (`serving.outcomes`).
"""

from core.errors import InputError, NotFoundError


class SearchRefusedError(InputError):
    """A search that names a parameter or a value which there is not; FHIR answers 400.

    Parameters
    ----------
    message : str
        Names the parameter and what is allowed.
    parameter : str
        The one at fault.
    rule : str
        That it breaks: `unknown_parameter`, `missing` or `value`.
    """

    code = "search_refused"
    status = 400

    def __init__(self, message: str, *, parameter: str, rule: str = "value") -> None:
        super().__init__(message)
        self.errors = [{"loc": ["query", parameter[:64]], "type": rule}]


class SlotNotFoundError(NotFoundError):
    code = "slot_not_found"


class AssessmentNotFoundError(NotFoundError):
    code = "assessment_not_found"
