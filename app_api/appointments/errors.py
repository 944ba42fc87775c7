"""What can go wrong with an appointment.

Belongs here: errors of this domain. Does not belong here: faults of single fields.
"""

from core.errors import ConflictError, NotFoundError, RefusedError


class AppointmentNotFoundError(NotFoundError):
    code = "appointment_not_found"


class ProviderNotFoundError(NotFoundError):
    code = "provider_not_found"


class ProviderInactiveError(ConflictError):
    """The provider was taken out of use: what is booked stays, nothing new is."""

    code = "provider_inactive"


class RoomNotFoundError(NotFoundError):
    code = "room_not_found"


class ClinicNotFoundError(NotFoundError):
    code = "clinic_not_found"


class PortalClosedError(RefusedError):
    """Patients do not book or change at this clinic."""

    code = "portal_view_only"


class RuleBrokenError(ConflictError):
    """A rule of the clinic stands against it."""

    code = "booking_rule_broken"


class TimeTakenError(ConflictError):
    """Provider, room or patient is taken at that time."""

    code = "time_taken"


class ChangeNotAllowedError(ConflictError):
    code = "change_not_allowed"


class WaitListFullError(ConflictError):
    """The patient waits for enough earlier times already."""

    code = "wait_list_full"


class HoldExpiredError(ConflictError):
    code = "hold_expired"


class NameTakenError(ConflictError):
    code = "name_taken"
