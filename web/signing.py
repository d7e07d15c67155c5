"""Short texts that leave this server and come back unchanged or not at all."""

from __future__ import annotations

import base64
import hmac
import secrets
import time

from engine.vault import Vault

_PURPOSE = b"formwork web signing "


class Signer:
    """Signs for one purpose at a time, so that what was signed for a toast is no form token."""

    def __init__(self, vault: Vault) -> None:
        """With a key that follows from the newest of the machine's: what an older one signed counts no more."""
        self._vault = vault

    def sign(self, purpose: str, payload: bytes) -> str:
        """`payload` with the time and a signature, safe in a cookie, a form and a URL. Anybody can read it."""
        body = int(time.time()).to_bytes(5, "big") + payload
        return f"{_encoded(body)}.{_encoded(self._mark(purpose, body))}"

    def read(self, purpose: str, signed: str, life: int) -> bytes | None:
        """The payload; None when it was signed for something else, longer than `life` seconds ago, or not by us."""
        try:
            body, mark = (_decoded(part) for part in signed.split("."))
        except ValueError:
            return None
        if not hmac.compare_digest(self._mark(purpose, body), mark):
            return None
        made = int.from_bytes(body[:5], "big")
        return body[5:] if time.time() - made <= life else None

    def token(self, purpose: str) -> str:
        """A signed text without content, different each time."""
        return self.sign(purpose, secrets.token_bytes(12))

    def derived(self, purpose: str, name: str) -> str:
        """256 bits for `name` that only we can make, the same each time."""
        return _encoded(self._mark(purpose, name.encode()))

    def is_derived(self, purpose: str, name: str, said: str) -> bool:
        """Whether `said` is what we derive for `name`."""
        return hmac.compare_digest(self.derived(purpose, name).encode(), said.encode())

    def _mark(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._vault.derived_key(_PURPOSE), purpose.encode() + b"\0" + body, "sha256")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
