"""The sealed stream of a backup: AES-256-GCM in pieces of 1 MiB, so that size does not matter.

The first line says in plain text how the key is made. Each file has a key of its own (HKDF over the
master key, or scrypt over a passphrase, with a random salt). A piece's nonce is its number and whether
it is the last one: pieces cannot be changed, swapped, dropped or cut off (the STREAM construction).
"""

import base64
import binascii
import io
import json
import os
import struct
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from redprop.common.errors import Refused

MAGIC = b"REDPROP-BACKUP-1 "
PIECE = 1 << 20
TAG = 16
LONGEST_HEADER = 2000
SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
"""128 MB and half a second for each guess at a passphrase."""
MOST_SCRYPT = 1 << 20
"""A file that asks for more memory than this is not ours."""


def damaged() -> Refused:
    """The refusal for a file that is not as it was written."""
    return Refused(
        _(
            "The backup is damaged: it was cut off or changed after it was written. Nothing was restored. Take another copy of it, or the backup before."
        ),
        code="backup-damaged",
    )


def secret_from(environment: Any) -> tuple[str, bytes]:
    """Return ("key", 32 bytes) or ("passphrase", text) as BACKUP_KEY_FILE, BACKUP_KEY or BACKUP_PASSPHRASE(_FILE) say."""
    file, passphrase_file = environment.get("BACKUP_KEY_FILE"), environment.get("BACKUP_PASSPHRASE_FILE")
    given = _read(file) if file else environment.get("BACKUP_KEY", "").encode()
    if given:
        try:
            key = base64.b64decode(given.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != 32:
            raise ImproperlyConfigured("The backup key is not base64 of 32 bytes. See .env.example.")
        return "key", key
    passphrase = (
        _read(passphrase_file) if passphrase_file else environment.get("BACKUP_PASSPHRASE", "").encode()
    )
    passphrase = passphrase.strip(b"\r\n")
    if not passphrase:
        raise Refused(
            _(
                "There is no key for the backup. Set BACKUP_KEY_FILE, BACKUP_KEY, BACKUP_PASSPHRASE_FILE or BACKUP_PASSPHRASE, and keep it apart from the backups."
            ),
            code="backup-key",
        )
    if len(passphrase.decode("utf-8", "replace")) < 12:
        raise Refused(
            _("The passphrase of the backup is too short. Use twelve characters or more."), code="backup-key"
        )
    return "passphrase", passphrase


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refused(
            _("The key file of the backup cannot be read: %(error)s") % {"error": error.strerror or error},
            code="backup-key",
        ) from None


def _file_key(secret: tuple[str, bytes], header: dict[str, Any]) -> bytes:
    kind, value = secret
    salt = base64.b64decode(header["salt"])
    if kind == "passphrase":
        settings = {name: int(header["scrypt"][name]) for name in ("n", "r", "p")}
        if settings["n"] * settings["r"] * settings["p"] > MOST_SCRYPT * 8:
            raise damaged()
        return Scrypt(salt=salt, length=32, **settings).derive(value)
    return HKDF(hashes.SHA256(), length=32, salt=salt, info=b"redprop-backup").derive(value)


class Writer(io.RawIOBase):
    """Seals what is written into `raw`; `finish` writes the last piece, without which the file is worth nothing."""

    def __init__(self, raw: IO[bytes], secret: tuple[str, bytes]) -> None:
        self.raw, self.number, self.waiting = raw, 0, bytearray()
        header: dict[str, Any] = {"by": secret[0], "salt": base64.b64encode(os.urandom(16)).decode()}
        if secret[0] == "passphrase":
            header["scrypt"] = SCRYPT
        self.head = MAGIC + json.dumps(header, sort_keys=True).encode() + b"\n"
        self.cipher = AESGCM(_file_key(secret, header))
        raw.write(self.head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        while len(self.waiting) > PIECE:
            self._seal(bytes(self.waiting[:PIECE]), last=False)
            del self.waiting[:PIECE]
        return len(data)

    def finish(self) -> None:
        """Write the last piece."""
        self._seal(bytes(self.waiting), last=True)
        self.waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self.raw.write(self.cipher.encrypt(_nonce(self.number, last), piece, self.head))
        self.number += 1


class Reader(io.RawIOBase):
    """Opens what a Writer sealed; raises Refused for a wrong key and for a file that is not as it was written."""

    def __init__(self, raw: IO[bytes], secret: tuple[str, bytes]) -> None:
        self.raw, self.number, self.opened, self.is_over = raw, 0, b"", False
        head = raw.readline(LONGEST_HEADER)
        if not head.startswith(MAGIC) or not head.endswith(b"\n"):
            raise Refused(_("This file is no backup of the portal."), code="no-backup")
        try:
            header = json.loads(head[len(MAGIC) :])
            by = header["by"]
            if by != secret[0]:
                raise Refused(
                    _("This backup was encrypted with a passphrase. Set BACKUP_PASSPHRASE.")
                    if by == "passphrase"
                    else _("This backup was encrypted with a key. Set BACKUP_KEY_FILE or BACKUP_KEY."),
                    code="backup-key",
                )
            self.cipher = AESGCM(_file_key(secret, header))
        except (ValueError, KeyError, TypeError):
            raise damaged() from None
        self.head = head
        self.ahead = raw.read(PIECE + TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.opened and not self.is_over:
            self._open()
        count = min(len(buffer), len(self.opened))
        buffer[:count] = self.opened[:count]
        self.opened = self.opened[count:]
        return count

    def _open(self) -> None:
        piece, self.ahead = self.ahead, self.raw.read(PIECE + TAG)
        self.is_over = not self.ahead
        try:
            self.opened = self.cipher.decrypt(_nonce(self.number, self.is_over), piece, self.head)
        except InvalidTag:
            raise self._why() from None
        self.number += 1

    def _why(self) -> Refused:
        if self.number:
            return damaged()
        return Refused(
            _("This key does not open the backup, or the file is damaged from its first byte on."),
            code="backup-key",
        )


def _nonce(number: int, last: bool) -> bytes:
    return struct.pack(">7xI?", number, last)
