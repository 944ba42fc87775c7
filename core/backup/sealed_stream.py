"""A file that nobody reads or changes without the passphrase: AES-256-GCM in chunks, each bound to its place.

Belongs here: the cipher and the key. Does not belong here: what the bytes mean (`core.backup.entries`).

Layout: magic, 16 bytes of salt, then chunks of 1 MiB sealed under a key of this file alone (scrypt of passphrase and
salt). The nonce is the chunk's number and whether it is the last one (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár 2015): a chunk that was changed, moved, left out or cut off does not open.
"""

import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from core.errors import InputError, IntegrityError

MAGIC = b"MEDISYNC-BACKUP1"
CHUNK_BYTES = 1024 * 1024
SHORTEST_PASSPHRASE = 16
_SALT_BYTES = 16
_TAG_BYTES = 16


def check_passphrase(passphrase: str) -> str:
    """Return the passphrase if it is long enough.

    Raises
    ------
    InputError
        If it is shorter than 16 characters.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise InputError(
            f"the backup's passphrase has {len(passphrase)} characters; at least {SHORTEST_PASSPHRASE} are needed "
            "(`openssl rand -hex 32` makes a good one)",
            code="weak_passphrase",
        )
    return passphrase


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    key = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(check_passphrase(passphrase).encode())
    return AESGCM(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


class SealedWriter:
    """Seal whatever is written into `file`; `close` seals the last chunk, without which nothing opens."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._head = MAGIC + salt
        self._cipher = _cipher(passphrase, salt)
        self._file = file
        self._file.write(self._head)
        self._pending = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """Take bytes; full chunks go out."""
        self._pending += data
        # One byte more than a chunk must be there: only then is the chunk surely not the last.
        while len(self._pending) > CHUNK_BYTES:
            self._seal(bytes(self._pending[:CHUNK_BYTES]), is_last=False)
            del self._pending[:CHUNK_BYTES]

    def close(self) -> None:
        """Seal what is left as the last chunk."""
        self._seal(bytes(self._pending), is_last=True)
        self._pending.clear()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, self._head))
        self._number += 1


class SealedReader:
    """Open what a `SealedWriter` wrote, and hand it out byte by byte in order.

    Raises
    ------
    IntegrityError
        Here and in `read`: not a backup, another passphrase, or bytes that were changed or cut off.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._head = file.read(len(MAGIC) + _SALT_BYTES)
        if len(self._head) < len(MAGIC) + _SALT_BYTES or not self._head.startswith(MAGIC):
            raise IntegrityError("this file is no MediSync backup", code="no_backup")
        self._cipher = _cipher(passphrase, self._head[len(MAGIC) :])
        self._file = file
        self._number = 0
        self._ahead = file.read(CHUNK_BYTES + _TAG_BYTES)
        self._open = b""
        self._place = 0
        self._is_over = False

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer only at the end."""
        parts: list[bytes] = []
        missing = count
        while missing:
            if self._place == len(self._open):
                if self._is_over:
                    break
                self._next()
                continue
            part = self._open[self._place : self._place + missing]
            parts.append(part)
            self._place += len(part)
            missing -= len(part)
        return b"".join(parts)

    def _next(self) -> None:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK_BYTES + _TAG_BYTES)
        is_last = not self._ahead
        try:
            self._open = self._cipher.decrypt(_nonce(self._number, is_last=is_last), sealed, self._head)
        except InvalidTag:
            raise IntegrityError(
                "the backup does not open: another passphrase, or the file was changed or cut off "
                f"(chunk {self._number + 1})",
                code="backup_broken",
            ) from None
        self._place = 0
        self._number += 1
        self._is_over = is_last
