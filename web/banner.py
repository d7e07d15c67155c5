"""What every page says to somebody who looks at a workspace as somebody else: as whom, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine import guises, workspaces
from engine.errors import FormworkError
from engine.text import Label
from web.addresses import At
from web.visit import Visit


@dataclass(frozen=True)
class Banner:
    """In which workspace, and as whom: the name of a person, or the labels of roles."""

    at: At
    workspace: str
    called: Sequence[Label]
    is_person: bool


def banner(visit: Visit) -> Banner | None:
    """The banner of the page, None where its reader is themself."""
    guise, session = visit.guise, visit.session
    if guise is None or session is None:
        return None
    try:
        own = workspaces.membership(visit.site.stores, guise.workspace, session.person.id)
        with visit.site.stores.workspace(own.id).read() as opened:
            return Banner(At(own.id), own.name, guises.called(opened, guise), bool(guise.person))
    except FormworkError:  # the page needs its frame all the same
        return None
