"""What is refused to somebody of a workspace, and who asks too often, noted in its audit log."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from starlette.requests import Request

from engine import audit
from engine.access.principals import Principal
from engine.errors import FormworkError
from engine.storage.stores import Store
from engine.text import Text, _

MANY_CAME = _("Many forms came from your network within a minute. Wait a minute, then send yours again.")
TOO_OFTEN = _("took no more forms from one network address for a while")


def note_forbidden(request: Request, store: Store, principal: Principal, path: str) -> None:
    """Somebody asked for what they may not. `path` is without what lets somebody in."""
    says = _("was refused: {method} {path}", method=request.method, path=path)
    _note(store, principal, "access.refused", says, method=request.method, path=path)


def note_limit(store: Store, principal: Principal, says: Text, **about: Any) -> None:
    """Somebody comes more often than they may."""
    _note(store, principal, "limit.reached", says, **about)


def _note(store: Store, principal: Principal, act: str, says: Text, **about: Any) -> None:
    with suppress(FormworkError):  # whatever is in the way of noting it, the refusal stands
        audit.note_apart(store, principal, act, says, **about)
