"""Bringing removed parts of apps back: fields, tables, whole apps, with the values that stayed in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from engine import apps
from engine.access import door
from engine.definitions.restoring import Pointer, put_back
from engine.errors import Conflict
from engine.storage.session import Session
from engine.text import _


class Removed(Protocol):
    """A part in the trash; `revision` is the last one of its app that named it."""

    @property
    def kind(self) -> str: ...
    @property
    def app(self) -> str: ...
    @property
    def table(self) -> str | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def revision(self) -> int | None: ...


def restore(session: Session, wanted: Sequence[Removed]) -> None:
    """Put parts back into their apps as they were, those that were removed together in one change.

    Raises `Conflict` when a key is taken or the app is gone, `Refused` when the app would not be right.
    """
    if wanted:
        door.enter_builder(session.principal)
    steps: dict[tuple[str, int], list[Pointer]] = defaultdict(list)
    for one in wanted:
        if one.kind == "app":
            if one.app in session.layout.apps:
                raise Conflict(_("There is an app {app} already.", app=one.app))
            apps.apply(session, apps.document_of(session, one.app, one.revision or 0))
        else:
            steps[one.app, one.revision or 0].append(_pointer(one))
    for (app, revision), pointers in steps.items():
        if app not in session.layout.apps:
            raise Conflict(_("The app {app} is not installed. Restore it first.", app=app))
        now = apps.export(session, app)
        for pointer in pointers:
            _check_free(now["tables"], pointer)
        before, after = (apps.document_of(session, app, number) for number in (revision, revision + 1))
        apps.apply(session, put_back(before, after, now, pointers))


def _pointer(one: Removed) -> Pointer:
    table = (one.table or "").partition(".")[2]
    return ("tables", table, "fields", one.key) if one.key else ("tables", table)


def _check_free(tables: dict[str, dict[str, dict[str, object]]], pointer: Pointer) -> None:
    table, key = pointer[1], pointer[-1]
    if len(pointer) == 2:
        taken = table in tables
    elif table not in tables:
        raise Conflict(_("Its table is removed. Restore that one first."))
    else:
        taken = key in tables[table]["fields"]
    if taken:
        raise Conflict(_("There is another with the key {key} now. Remove that one first.", key=key))
