"""A security key in software: what a browser hands over when somebody touches one.

Belongs here: WebAuthn's two ceremonies as the other side sees them. Does not belong here: what the server makes of
them.
"""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Authenticator:
    """One key pair (ES256) with its counter.

    Attributes
    ----------
    count : int
        How often it signed.
    """

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.count = 0

    def create(self, options: dict[str, Any], *, origin: str | None = None, rp_id: str | None = None) -> dict[str, Any]:
        """Answer `PublicKeyCredentialCreationOptions`; `origin` and `rp_id` are those of the site unless given."""
        site = rp_id or options["rp"]["id"]
        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        data = self._data(site, ATTESTED) + attested
        client = _client_data("webauthn.create", options["challenge"], origin or f"https://{site}")
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: dict[str, Any], *, origin: str | None = None, rp_id: str | None = None) -> dict[str, Any]:
        """Answer `PublicKeyCredentialRequestOptions`, and count."""
        self.count += 1
        site = rp_id or options["rpId"]
        data = self._data(site, 0)
        client = _client_data("webauthn.get", options["challenge"], origin or f"https://{site}")
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, site: str, flags: int) -> bytes:
        head = bytes([PRESENT | VERIFIED | flags]) + self.count.to_bytes(4, "big")
        return hashlib.sha256(site.encode()).digest() + head

    def _credential(self, **response: bytes) -> dict[str, Any]:
        name = encoded(self.credential_id)
        parts = {part: encoded(content) for part, content in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": parts, "clientExtensionResults": {}}


def _client_data(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
