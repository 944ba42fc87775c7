"""What can go wrong with a chart's documents.

Belongs here: errors of this domain. Does not belong here: errors of files as such (`app_api.uploads.errors`).
"""

from core.errors import ConflictError, InputError, NotFoundError


class DocumentNotFoundError(NotFoundError):
    code = "document_not_found"


class DocumentMarkedError(ConflictError):
    """It was marked as entered in error already."""

    code = "document_marked"


class DocumentKnownError(ConflictError):
    """The chart holds this very file."""

    code = "document_known"


class ChartFullError(ConflictError):
    code = "too_many_documents"


class DocumentFieldError(InputError):
    """A field of the form is missing or not what it may be."""

    code = "bad_form_field"
