"""What can go wrong with an uploaded file.

Belongs here: errors of files as such. Does not belong here: errors of what a file is for.
"""

from core.errors import InputError, UnavailableError


class BadFormError(InputError):
    code = "bad_form"


class DocumentTooLargeError(InputError):
    code = "document_too_large"
    status = 413


class DocumentRefusedError(InputError):
    """The file is not what may be uploaded; the code says why."""

    code = "document_refused"


class InspectionError(UnavailableError):
    code = "inspection_failed"


class ScannerError(UnavailableError):
    """This installation has a virus scanner, and it did not say anything of the file."""

    code = "scanner_unavailable"
