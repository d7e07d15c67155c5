"""The side bar: the workspaces of the person, and the apps of the one they are in with their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine import notifications, workspaces
from engine.definitions.language import App, Table
from engine.errors import Unavailable
from engine.text import Label
from engine.workspaces import Membership
from web.addresses import At
from web.visit import Visit


@dataclass(frozen=True)
class Entry:
    """One link of the side bar; `here` when the page is it or below it."""

    label: Label
    icon: str
    color: str
    href: str
    here: bool
    inside: Sequence[Entry] = ()


@dataclass(frozen=True)
class Navigation:
    """What the side bar shows."""

    workspace: Membership
    others: Sequence[Membership]
    apps: Sequence[Entry]
    path: str
    unread: int = 0


def navigation(visit: Visit) -> Navigation | None:
    """The side bar of the page, None where there is none (nobody signed in, or in no workspace)."""
    membership, session, principal = visit.membership, visit.session, visit.principal
    if membership is None or session is None or principal is None:
        return None
    stores = visit.site.stores
    path = visit.request.url.path
    try:
        others = [one for one in workspaces.belonging_to(stores, session.person.id) if one.id != membership.id]
        with stores.workspace(membership.id).read(principal) as opened:
            apps = [_app_entry(app, At(membership.id), path) for app in opened.layout.apps.values()]
            unread = notifications.unread(opened)
    except Unavailable:  # the page that says so still needs its frame
        others, apps, unread = [], [], 0
    return Navigation(membership, others, apps, path, unread)


def _app_entry(app: App, at: At, path: str) -> Entry:
    href = at.app(app.key)
    tables = [_table_entry(table, app, at, path) for table in app.tables.values()]
    return Entry(app.label, app.icon, app.color, href, _is_below(path, href), tables)


def _table_entry(table: Table, app: App, at: At, path: str) -> Entry:
    href = at.table(app.key, table.key)
    return Entry(table.plural or table.label, table.icon, table.color or app.color, href, _is_below(path, href))


def _is_below(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")
