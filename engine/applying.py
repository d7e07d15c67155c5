"""An app's definition carried out: tables follow, values are converted and worked out, the revision is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from engine import audit, computed, conversions, lost_links, sequences, snapshots
from engine.definitions.alteration import Alteration
from engine.definitions.language import Document, Field
from engine.definitions.plan import AddField, AddTable, InstallApp, RemoveField, RemoveTable
from engine.errors import Problem, Refused
from engine.rules import unique
from engine.storage import alterations, former_names, trash_rows, workspace_tables
from engine.storage.layout import Layout
from engine.storage.session import Session, timestamp
from engine.text import _

_apps = workspace_tables.apps
_revisions = workspace_tables.revisions
_layout = workspace_tables.layout
_ALIKE = _("Some records have equal values in a field that is to be unique. Make them differ first.")


def carry_out(session: Session, document: Document, listed: Sequence[Alteration], new: Layout) -> None:
    """Carry out what a plan lists; `new` are the tables then. Raises `Refused` where values are alike."""
    old = session.layout
    converted = conversions.work_out_all(session, listed, new)
    with _refusing_alike(session):
        anew = alterations.carry_out(session, old, new, listed)
    _store(session, document, [str(one.says) for one in listed])
    _keep_trash(session, old, listed)
    former_names.keep(session, old.apps.former, new.apps.former)
    publish(session, new)
    with _refusing_alike(session):
        written = conversions.write_after(session, converted)
    lost_links.take_off(session, _come_links(old, new), written)
    fresh = _new_in_old_tables(old, new)
    conversions.follow_order(session, _reordered(old, new))
    sequences.number_all(session, [field for field in fresh if field.kind.drawn])
    snapshots.copy_all(session, [field for field in fresh if field.kind.copied])
    entirely = {(field.table, field.key) for field in anew} | _on_changed_settings(old, new, document["key"])
    computed.refresh(session, written, entirely)
    _keep_unique(session, old, new, document["key"])


def _keep_trash(session: Session, old: Layout, listed: Iterable[Alteration]) -> None:
    """What is removed goes into the trash; what comes under the key of something there takes it up again."""
    for one in listed:
        address = f"{one.app}.{getattr(one, 'table', '')}"
        revision = old.apps[one.app].revision if one.app in old.apps else 0
        match one:
            case RemoveTable():
                trash_rows.put_part(
                    session, "table", one.app, one.label, table=address, revision=revision, count=one.lost
                )
            case RemoveField():
                trash_rows.put_part(
                    session,
                    "field",
                    one.app,
                    one.field_label,
                    table=address,
                    key=one.field,
                    revision=revision,
                    count=one.lost,
                )
            case AddTable():
                trash_rows.take_out(session, "table", one.app, address, [])
            case AddField():
                trash_rows.take_out(session, "field", one.app, address, [one.field])
            case InstallApp():
                trash_rows.take_out(session, "app", one.app, None, [])


def _keep_unique(session: Session, old: Layout, new: Layout, app: str) -> None:
    """The app's tables hold what their rules want alone. Raises `Refused` where converted values are alike now."""
    with _refusing_alike(session):
        for table in new.apps[app].tables.values():
            unique.follow_definition(session, old.apps.tables.get(table.address), table)


@contextmanager
def _refusing_alike(session: Session) -> Iterator[None]:
    try:
        yield
        session.send()
    except sa.exc.IntegrityError as error:
        raise Refused([Problem("/tables", _ALIKE, "not_unique")]) from error


def _new_in_old_tables(old: Layout, new: Layout) -> list[Field]:
    """Fields that are new, or of another type, in tables that were there before."""
    return [one for before, one in _in_old_tables(old, new) if before is None or before.type != one.type]


def _come_links(old: Layout, new: Layout) -> list[Field]:
    """Links that are there now and were not before, with their tables or alone: some may have been there once."""
    known = {(table.address, key) for table in old.apps.tables.values() for key in table.fields}
    fields = [one for table in new.apps.tables.values() for one in table.fields.values()]
    return [one for one in fields if one.is_link and one.inverse_of is None and (one.table, one.key) not in known]


def _reordered(old: Layout, new: Layout) -> list[Field]:
    """Fields that hold several choices, whose choices stand in another order now."""
    return [
        one
        for before, one in _in_old_tables(old, new)
        if before and before.type == one.type and one.kind.listed and [*before.choices] != [*one.choices]
    ]


def _in_old_tables(old: Layout, new: Layout) -> list[tuple[Field | None, Field]]:
    """All fields, as they were and as they are, of tables that were there before."""
    tables = [(old.apps.tables.get(address), table) for address, table in new.apps.tables.items()]
    return [(before.fields.get(one.key), one) for before, after in tables if before for one in after.fields.values()]


def _on_changed_settings(old: Layout, new: Layout, app: str) -> set[tuple[str, str]]:
    """The stored computed fields of all apps that a setting of this app, changed now, goes into."""
    before = old.apps[app].settings if app in old.apps else {}
    changed = {(app, key) for key, value in new.apps[app].settings.items() if before.get(key) != value}
    fields = [field for table in new.apps.tables.values() for field in table.declared if new.stored(field)]
    return {
        (field.table, field.key)
        for field in fields
        if changed and field.kind.computed and new.types.settings_used(field) & changed
    }


def _store(session: Session, document: Document, summary: list[str]) -> None:
    key = document["key"]
    text = json.dumps(document, ensure_ascii=False)
    number = newest_revision(session, key) + 1
    if key in session.layout.apps:
        change = sa.update(_apps).where(_apps.c.key == key).values(document=text, revision=number)
        session.connection.execute(change)
        says = _("changed the app {app}: revision {number}", app=document.get("label", key), number=number)
        audit.note(session, "app.changed", says, app=key, revision=number, summary=summary)
    else:
        position = session.connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(_apps.c.position), 0))
        ).scalar_one()
        session.connection.execute(
            sa.insert(_apps).values(
                key=key,
                position=int(position) + 1,
                revision=number,
                document=text,
                installed_at=timestamp(session.now),
                installed_by=session.principal.user_id,
            )
        )
        audit.note(session, "app.installed", _("installed the app {app}", app=document.get("label", key)), app=key)
    keep_revision(session, document, number, summary)


def newest_revision(session: Session, key: str) -> int:
    """The number of the newest revision of an app, also of one that was taken out; 0 where there is none."""
    newest = sa.select(sa.func.coalesce(sa.func.max(_revisions.c.number), 0)).where(_revisions.c.app == key)
    return int(session.connection.execute(newest).scalar_one())


def keep_revision(session: Session, document: Document, number: int, summary: list[str]) -> None:
    """Keep a state of an app's definition, with what it changed in words."""
    session.connection.execute(
        sa.insert(_revisions).values(
            app=document["key"],
            number=number,
            document=json.dumps(document, ensure_ascii=False),
            at=timestamp(session.now),
            by=session.principal.user_id,
            summary=json.dumps(summary, ensure_ascii=False),
        )
    )


def publish(session: Session, layout: Layout) -> None:
    """From here on the workspace has these tables."""
    session.connection.execute(sa.update(_layout).values(version=layout.version))
    session.use_layout(layout)
