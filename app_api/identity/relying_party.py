"""What a relying party does in WebAuthn: options for the browser, and its answers checked, by py_webauthn.

Belongs here: the calls of the library. Does not belong here: challenges, rows and rules (`passkeys`).

The library is imported at the first passkey, not at the start of a worker: it and the code for certificates would be a
tenth of the start's CPU time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row

from app_api.identity.session_book import Principal
from core.settings import Settings

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor
    from webauthn.registration.verify_registration_response import VerifiedRegistration


class RefusedAnswerError(Exception):
    """A browser's answer is malformed, or does not fit challenge, site or key."""


def registration_options(
    settings: Settings, person: Principal, challenge: bytes, known: Sequence[Row[Any]], *, timeout: int
) -> dict[str, Any]:
    """Return what a browser makes a new passkey by.

    Parameters
    ----------
    known : sequence of Row
        The person's passkeys, which are not to be made again.
    timeout : int
        Milliseconds.
    """
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=settings.passkey_rp_id,
        rp_name="MediSync",
        user_id=person.user_id.bytes,
        user_name=person.email,
        user_display_name=person.display_name,
        challenge=challenge,
        timeout=timeout,
        exclude_credentials=_descriptors(known),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    return orjson.loads(webauthn.options_to_json(options))


def registered(settings: Settings, credential: dict[str, Any], challenge: bytes) -> "VerifiedRegistration":
    """Return the new passkey of an answer.

    Raises
    ------
    RefusedAnswerError
    """
    import webauthn

    with _refusals():
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.passkey_rp_id,
            expected_origin=settings.passkey_origin,
        )


def transports(credential: dict[str, Any]) -> list[str]:
    """Return by which of the known ways (`usb`, `internal`, …) a new passkey says it is reached, sorted."""
    from webauthn.helpers.structs import AuthenticatorTransport

    told = credential["response"].get("transports") or []
    return sorted({transport.value for transport in AuthenticatorTransport} & set(told))


def sign_in_options(settings: Settings, challenge: bytes, known: Sequence[Row[Any]], *, timeout: int) -> dict[str, Any]:
    """Return what a browser signs by, with one of the person's passkeys; `timeout` in milliseconds."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=settings.passkey_rp_id,
        challenge=challenge,
        timeout=timeout,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return orjson.loads(webauthn.options_to_json(options))


def credential_id(credential: dict[str, Any]) -> bytes:
    """Return the number of the passkey that answered.

    Raises
    ------
    RefusedAnswerError
    """
    from webauthn.helpers import base64url_to_bytes

    with _refusals():
        return base64url_to_bytes(credential["rawId"])


def signed(settings: Settings, credential: dict[str, Any], challenge: bytes, passkey: Row[Any]) -> int:
    """Return how often the passkey has signed, once its signature is right.

    Raises
    ------
    RefusedAnswerError
        Also if its counter did not go up.
    """
    import webauthn

    with _refusals():
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.passkey_rp_id,
            expected_origin=settings.passkey_origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    return verified.new_sign_count


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what malformed answers make the library and cryptography raise into one refusal."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise RefusedAnswerError from error


def _descriptors(rows: Sequence[Row[Any]]) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=row.credential_id, transports=[AuthenticatorTransport(one) for one in row.transports]
        )
        for row in rows
    ]
