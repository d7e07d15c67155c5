"""What people and departments are called: fields name them by id (`FieldType.names`); they lie beside the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine import departments, people
from engine.storage.session import Session

Called = dict[str, str]  # by id


def names(session: Session, kind: str) -> Called:
    """All that are or were; nothing for a kind that is not among `KINDS`."""
    return KINDS[kind][0](session) if kind in KINDS else {}


def offered(session: Session, kinds: Iterable[str]) -> dict[str, Called]:
    """Those there are now, to choose from, by kind: people by name, departments in the order of their tree."""
    return {kind: KINDS[kind][1](session) for kind in dict.fromkeys(kinds) if kind in KINDS}


def _everybody(session: Session) -> Called:
    return {one.id: one.name for one in people.everybody(session)}


KINDS: Mapping[str, tuple[Callable[[Session], Called], Callable[[Session], Called]]] = {
    "people": (people.names, _everybody),
    "departments": (departments.names, departments.paths),
}
