"""Whom API tokens acted for a moment ago: a request begins with that; its first question proves that they still do."""

from __future__ import annotations

from dataclasses import dataclass

from engine.api_tokens import Holder
from engine.ids import secret_hash
from engine.storage.session import Proof

MOST = 1_000  # that are remembered


@dataclass(frozen=True)
class Known:
    """Whom a token acts for, and what shows that it still does."""

    holder: Holder
    proof: Proof


class Tokens:
    """Those that counted when they were asked about last, by their hash: nothing here opens anything."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def get(self, secret: str) -> Known | None:
        """None where it must be asked whom the token acts for."""
        return self._known.get(secret_hash(secret))

    def keep(self, secret: str, holder: Holder, proof: Proof) -> None:
        """Remember it until the proof fails."""
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[secret_hash(secret)] = Known(holder, proof)

    def forget(self, secret: str) -> None:
        """It must be asked anew."""
        self._known.pop(secret_hash(secret), None)
