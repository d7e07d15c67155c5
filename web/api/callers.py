"""Who asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from engine.access.principals import Principal
from engine.api_tokens import Holder
from engine.storage.session import Proof, Session
from engine.storage.stores import Workspace
from web.site import Site


@dataclass(frozen=True)
class Caller:
    """Who asks, by a token, and the one workspace that the token opens."""

    site: Site
    holder: Holder
    store: Workspace
    principal: Principal
    proofs: list[Proof] = field(default_factory=list)  # that the holder is as a moment ago, until one has begun with it

    def read(self) -> AbstractContextManager[Session]:
        """A transaction of the workspace that only reads. The first may raise `Unproven`."""
        return self.store.read(self.principal, self._proof())

    def write(self, cause: str | None = None) -> AbstractContextManager[Session]:
        """A transaction of the workspace that commits at the end of the block. The first may raise `Unproven`."""
        return self.store.write(self.principal, cause, self._proof())

    def prove(self) -> None:
        """Raises `Unproven` unless the holder is as a moment ago, if no transaction has shown that yet."""
        if self.proofs:
            with self.read():
                pass

    def _proof(self) -> Proof | None:
        return self.proofs.pop() if self.proofs else None
