"""Who asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

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
    proof: Proof | None = None  # with which each read begins where the holder is as it was a moment ago

    def read(self) -> AbstractContextManager[Session]:
        """A transaction of the workspace that only reads."""
        return self.store.read(self.principal, self.proof)

    def write(self, cause: str | None = None) -> AbstractContextManager[Session]:
        """A transaction of the workspace that commits at the end of the block."""
        return self.store.write(self.principal, cause)
