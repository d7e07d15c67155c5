"""Secrets at rest: AES-256-GCM with a key that lies in a file of its own, never in the database.

A sealed text is `v1.<key id>.<nonce and ciphertext>`. It opens only at the place it was sealed for, so that
a ciphertext copied into another record of the database is worthless.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import FormworkError, Misconfigured
from engine.text import _

KEY_BYTES = 32
NONCE_BYTES = 12
_VERSION = "v1"


class CannotOpen(FormworkError):
    """The text was sealed with another key, for another place, or was changed since."""

    status = 500
    code = "secret_unreadable"


class Vault:
    """Seals and opens texts. The first key seals; all of them open, so that a key can be replaced at leisure."""

    def __init__(self, *keys: bytes) -> None:
        """`keys` are 32 bytes each, the newest first."""
        self._keys: Mapping[str, AESGCM] = {_key_id(key): AESGCM(key) for key in keys}
        self.key_id = _key_id(keys[0])

    @classmethod
    def at(cls, file: Path) -> Vault:
        """The vault whose keys are in `file` (one base64 key a line, the newest first), made if it is missing.

        Raises Misconfigured when the file cannot be made or read, is readable for others, or holds no good key.
        """
        try:
            if not file.exists():
                _make_key_file(file)
            mode = stat.S_IMODE(file.stat().st_mode)
            lines = file.read_text("ascii").split()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Misconfigured(_("The key file {file} cannot be used: {reason}.", file=file, reason=reason)) from error
        if mode & 0o077:
            raise Misconfigured(
                _("The key file {file} can be read by others. Protect it with: chmod 600 {file}", file=file)
            )
        keys = [_key_from(line) for line in lines]
        if not keys or None in keys:
            raise Misconfigured(
                _("The key file {file} must hold keys of 32 random bytes in base64, one a line.", file=file)
            )
        return cls(*(key for key in keys if key))

    def seal(self, text: str, place: str) -> str:
        """`text` encrypted for `place`, such as `connections/con.../secret`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = self._keys[self.key_id].encrypt(nonce, text.encode(), _bound(self.key_id, place))
        return f"{_VERSION}.{self.key_id}.{base64.urlsafe_b64encode(nonce + cipher).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """The text that `seal` was given for `place`. Raises CannotOpen."""
        try:
            version, key_id, packed = sealed.split(".")
            if version != _VERSION or key_id not in self._keys:
                raise ValueError
            data = base64.b64decode(packed, altchars=b"-_", validate=True)
            return self._keys[key_id].decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound(key_id, place)).decode()
        except (ValueError, InvalidTag) as error:
            raise CannotOpen(
                _("A stored secret cannot be read with the key file of this machine. Enter the secret again.")
            ) from error

    def is_current(self, sealed: str) -> bool:
        """Whether `sealed` was made with the newest key; if not, seal it again and the old key can go."""
        return sealed.startswith(f"{_VERSION}.{self.key_id}.")


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return secrets.token_bytes(KEY_BYTES)


def _make_key_file(file: Path) -> None:
    """Write a new key, whole or not at all, and never over a key that another process just made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(base64.b64encode(new_key()) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _key_from(line: str) -> bytes | None:
    try:
        key = base64.b64decode(line, validate=True)
    except binascii.Error:
        return None
    # A key of few different bytes was typed by a person or shipped by someone, not drawn at random.
    return key if len(key) == KEY_BYTES and len(set(key)) >= 16 else None


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"formwork key id" + key).hexdigest()[:8]


def _bound(key_id: str, place: str) -> bytes:
    return f"{_VERSION}|{key_id}|{place}".encode()
