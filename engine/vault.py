"""Secrets at rest: AES-256-GCM with a key that lies in a file of its own, never in the database.

A sealed text is `v1.<key id>.<nonce and ciphertext>`. It opens only at the place it was sealed for, so that
a ciphertext copied into another record of the database is worthless.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import FormworkError, Misconfigured
from engine.text import _

KEY_BYTES = 32
NONCE_BYTES = 12
_VERSION = "v1"

log = logging.getLogger("formwork.vault")


class CannotOpen(FormworkError):
    """The text was sealed with another key, for another place, or was changed since."""

    status = 500
    code = "secret_unreadable"


class KeyFile:
    """The file that holds the keys, one in base64 a line, the newest first; read anew when it is another."""

    def __init__(self, path: Path) -> None:
        """Raises Misconfigured when the file cannot be made or read, is readable for others, or holds no good key."""
        self.path = path
        if not path.exists():
            self._write_first()
        self._seen = self._sign()
        self._keys = self._read()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys that count now. A file that cannot be read any more changes nothing."""
        seen = self._sign()
        if seen != self._seen:
            self._seen = seen
            try:
                self._keys = self._read()
            except Misconfigured as error:
                log.error("%s", error.says)
        return self._keys

    def replace(self, keys: Sequence[bytes]) -> None:
        """From now on these count, the newest first; whoever reads meanwhile finds the old file or the new one."""
        draft = self._draft(keys)
        try:
            draft.replace(self.path)
        except OSError as error:
            draft.unlink()
            raise _unusable(self.path, error) from error

    def _sign(self) -> tuple[int, ...]:
        """What tells one state of the file from another, for next to nothing."""
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self) -> tuple[bytes, ...]:
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
            lines = self.path.read_text("ascii").split()
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(self.path, error) from error
        if mode & 0o077:
            raise Misconfigured(
                _("The key file {file} can be read by others. Protect it with: chmod 600 {file}", file=self.path)
            )
        keys = [_key_from(line) for line in lines]
        if not keys or None in keys:
            raise Misconfigured(
                _("The key file {file} must hold keys of 32 random bytes in base64, one a line.", file=self.path)
            )
        return tuple(key for key in keys if key)

    def _write_first(self) -> None:
        """A first key, whole or not at all, and never over one that another process just made."""
        draft = self._draft([new_key()])
        try:
            os.link(draft, self.path)
        except FileExistsError:
            return
        except OSError as error:
            raise _unusable(self.path, error) from error
        finally:
            draft.unlink()

    def _draft(self, keys: Sequence[bytes]) -> Path:
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _unusable(self.path, error) from error
        return draft


class Vault:
    """Seals and opens texts. The first key seals; all of them open, so that a key can be replaced at leisure."""

    def __init__(self, *keys: bytes, file: KeyFile | None = None) -> None:
        """`keys` are 32 bytes each, the newest first; with a `file` they are those that it holds at any time."""
        self.file = file
        self._known = keys
        self._ciphers = _ciphers(keys)

    @classmethod
    def at(cls, path: Path) -> Vault:
        """The vault whose keys are in a file, made if it is missing. Raises Misconfigured as `KeyFile` does."""
        file = KeyFile(path)
        return cls(*file.keys, file=file)

    @property
    def key_id(self) -> str:
        """The name of the key that seals."""
        return next(iter(self._keys))

    @property
    def _keys(self) -> Mapping[str, AESGCM]:
        if self.file is not None and self.file.keys is not self._known:
            self._known = self.file.keys
            self._ciphers = _ciphers(self._known)
        return self._ciphers

    def seal(self, text: str, place: str) -> str:
        """`text` encrypted for `place`, such as `connections/con.../secret`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key_id, key = next(iter(self._keys.items()))
        cipher = key.encrypt(nonce, text.encode(), _bound(key_id, place))
        return f"{_VERSION}.{key_id}.{base64.urlsafe_b64encode(nonce + cipher).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """The text that `seal` was given for `place`. Raises CannotOpen."""
        try:
            version, key_id, packed = sealed.split(".")
            key = self._keys.get(key_id)
            if version != _VERSION or key is None:
                raise ValueError
            data = base64.b64decode(packed, altchars=b"-_", validate=True)
            return key.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound(key_id, place)).decode()
        except (ValueError, InvalidTag) as error:
            raise CannotOpen(
                _("A stored secret cannot be read with the key file of this machine. Enter the secret again.")
            ) from error

    def derived_key(self, purpose: bytes) -> bytes:
        """A key for something else, which follows from the newest key and tells nothing about it."""
        newest = self._known[0] if self.file is None else self.file.keys[0]
        return hashlib.sha256(purpose + base64.b64encode(newest)).digest()

    def is_current(self, sealed: str) -> bool:
        """Whether `sealed` was made with the newest key; if not, seal it again and the old key can go."""
        return sealed.startswith(self.marks[0])

    @property
    def marks(self) -> list[str]:
        """What texts begin with that the keys sealed, the newest first."""
        return [f"{_VERSION}.{key_id}." for key_id in self._keys]


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return secrets.token_bytes(KEY_BYTES)


def _ciphers(keys: Sequence[bytes]) -> Mapping[str, AESGCM]:
    return {_key_id(key): AESGCM(key) for key in keys}


def _unusable(file: Path, error: Exception) -> Misconfigured:
    reason = getattr(error, "strerror", None) or str(error)
    return Misconfigured(_("The key file {file} cannot be used: {reason}.", file=file, reason=reason))


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
