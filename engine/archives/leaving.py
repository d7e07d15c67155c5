"""What belongs to an app and stays behind when it is taken along: told before and after, and in the archive itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine.access import door
from engine.archives.parts import Wanted
from engine.storage import role_holders, workspace_tables
from engine.storage.automation_tables import connections, runs
from engine.storage.comment_tables import comments
from engine.storage.hook_tables import hooks
from engine.storage.import_tables import import_mappings
from engine.storage.mailbox_tables import mailboxes
from engine.storage.rule_tables import trash
from engine.storage.session import Session
from engine.storage.share_tables import shares
from engine.text import Text, _

SORTS: Mapping[str, Text] = {
    "history": _("the history of the records"),
    "comments": _("comments"),
    "holders": _("who has which role"),
    "trash": _("what is in the trash"),
    "secrets": _("addresses and secrets of connections"),
    "shares": _("shares"),
    "hooks": _("hooks"),
    "mailboxes": _("mailboxes"),
    "runs": _("runs of automations"),
    "mappings": _("mappings of imports"),
    "revisions": _("earlier revisions of the definition"),
}
WHERE_WANTED = ("history", "comments", "holders")


def sorts(wanted: Wanted) -> list[str]:
    """The keys of `SORTS` that such an archive does not hold, however much there is of them."""
    return [one for one in SORTS if one not in WHERE_WANTED or not getattr(wanted, one)]


def told(keys: Iterable[str]) -> Iterator[Text]:
    """These sorts in words; what a newer version may know is left out."""
    return (SORTS[one] for one in keys if one in SORTS)


def counted(session: Session, app: str) -> dict[str, int]:
    """How much of each sort there is, where there is some. Raises `Forbidden` for who may not build."""
    door.enter_builder(session.principal)
    tables = [one.address for one in session.layout.apps[app].tables.values()]
    c = workspace_tables.revisions.c
    asked = {
        "history": _of(workspace_tables.changes, workspace_tables.changes.c.table_address.in_(tables)),
        "comments": _of(comments, comments.c.table_address.in_(tables), comments.c.deleted_at.is_(None)),
        "trash": _of(trash, trash.c.app == app),
        "secrets": _of(connections, connections.c.app == app),
        "shares": _of(shares, shares.c.table_address.in_(tables)),
        "hooks": _of(hooks, hooks.c.app == app),
        "mailboxes": _of(mailboxes, mailboxes.c.form.startswith(f"{app}.", autoescape=True)),
        "runs": _of(runs, runs.c.automation.startswith(f"{app}.", autoescape=True)),
        "mappings": _of(
            import_mappings, import_mappings.c.table_address.in_(tables), import_mappings.c.forgotten_at.is_(None)
        ),
        "revisions": sa.select(sa.func.count() - 1).where(c.app == app),
    }
    row = session.connection.execute(sa.select(*(one.scalar_subquery() for one in asked.values()))).one()
    holders = sum(one.role.partition(".")[0] == app for one in role_holders.grants(session))
    found = {**dict(zip(asked, row, strict=True)), "holders": holders}
    return {one: int(found[one]) for one in SORTS if found[one]}


def _of(table: sa.Table, *wheres: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(*wheres)
