"""Comments on records: whoever sees a record reads what was said about it; whoever works here may say something.

`@[usr...]` in a text mentions a person, who is told if they see the record, too. A comment stays when its record is
deleted, and is there again with it; what is deleted for good takes its comments along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import notifications, people
from engine.access import door
from engine.access.principals import person
from engine.definitions.language import Table
from engine.errors import Forbidden, NotFound, Problem, Refused
from engine.ids import new_id
from engine.people import Person
from engine.storage import record_rows
from engine.storage.comment_tables import comment_texts
from engine.storage.comment_tables import comments as _comments
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.text import _

LONGEST = 10_000
PAGE = 100
_MENTION = re.compile(r"@\[(usr[0-9A-Za-z]+)\]")

_c = _comments.c
_SHOWN = (_c.id, _c.table_address, _c.record_id, _c.author, _c.text, _c.created_at, _c.parent, _c.changed_at)


@dataclass(frozen=True)
class Comment:
    """What somebody said about a record. `parent` is the comment that it answers; `changed_at` None: never."""

    id: str
    table: str
    record_id: str
    author: str
    text: str
    created_at: str
    parent: str | None
    changed_at: str | None

    @property
    def mentioned(self) -> list[str]:
        """The ids of the people whom it mentions, each once."""
        return mentioned_in(self.text)


@dataclass(frozen=True)
class Page:
    """Some comments, the newest first; `next` asks for older ones, None at the end."""

    comments: list[Comment]
    next: str | None


def of_record(session: Session, table: str, record_id: str, *, before: str = "", limit: int = PAGE) -> Page:
    """What was said about a record, newest first; `before` is the `next` of the page before.

    Raises `NotFound` for a record that the asker does not see, `Forbidden` for strangers.
    """
    _enter(session, "comments", table, record_id)
    wanted = _of_record(table, record_id).order_by(_c.id.desc()).limit(limit + 1)
    if before:
        wanted = wanted.where(_c.id < before)
    found = [Comment(*row) for row in session.connection.execute(wanted)]
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def counts(session: Session, table: str, ids: Sequence[str]) -> dict[str, int]:
    """How many comments each of these records has, which the asker sees; those without any are not there."""
    door.enter(session.principal, "comments", session.layout.table(table))
    if not ids:
        return {}
    here = sa.and_(_c.table_address == table, _c.deleted_at.is_(None), among(session, _c.record_id, ids))
    wanted = sa.select(_c.record_id, sa.func.count()).where(here).group_by(_c.record_id)
    return {record_id: int(count) for record_id, count in session.connection.execute(wanted)}


def add(session: Session, table: str, record_id: str, text: str, *, parent: str | None = None) -> Comment:
    """Say something about a record. Raises `NotFound`, `Forbidden`, `Refused` at `/text` and `/parent`."""
    of = _enter(session, "comment", table, record_id)
    said = _checked(text)
    if parent is not None and _found(session, table, record_id, parent) is None:
        raise Refused([Problem("/parent", _("There is no such comment (any more)."), "unknown", parent)])
    author = session.principal.user_id or ""
    made = Comment(new_id("com"), table, record_id, author, said, timestamp(session.now), parent, None)
    session.connection.execute(
        sa.insert(_comments).values(
            id=made.id,
            table_address=table,
            record_id=record_id,
            author=author,
            text=said,
            created_at=made.created_at,
            parent=parent,
        )
    )
    _tell(session, of, made, made.mentioned)
    return made


def bring(session: Session, said: Sequence[Comment]) -> int:
    """Keep what was said elsewhere (without ids), but for what is here already; how many that were. Tells nobody.

    The caller has asked the door.
    """
    if not said:
        return 0
    wanted = sa.select(_c.record_id, _c.created_at, _c.text).where(
        among(session, _c.record_id, {one.record_id for one in said})
    )
    here = {tuple(row) for row in session.connection.execute(wanted)}
    rows = [
        {
            "id": new_id("com"),
            "table_address": one.table,
            "record_id": one.record_id,
            "author": one.author,
            "text": _checked(one.text),
            "created_at": one.created_at,
        }
        for one in sorted(said, key=lambda one: one.created_at)
        if one.text.strip() and (one.record_id, one.created_at, one.text.replace("\x00", "").strip()) not in here
    ]
    if rows:
        session.connection.execute(sa.insert(_comments), rows)
    return len(rows)


def change(session: Session, table: str, record_id: str, comment_id: str, text: str) -> Comment:
    """Say something else in one's own comment; what it said is kept. Who is mentioned anew is told.

    Raises `NotFound`, `Forbidden`, `Refused` at `/text`.
    """
    of = _enter(session, "comment", table, record_id)
    before = _get(session, table, record_id, comment_id)
    if before.author != session.principal.user_id:
        raise Forbidden(_("Only who wrote a comment can change it."))
    said = _checked(text)
    if said == before.text:
        return before
    now = timestamp(session.now)
    kept = sa.insert(comment_texts).values(comment_id=comment_id, until=now, text=before.text)
    session.connection.execute(kept)
    session.connection.execute(sa.update(_comments).where(_c.id == comment_id).values(text=said, changed_at=now))
    changed = _get(session, table, record_id, comment_id)
    _tell(session, of, changed, [one for one in changed.mentioned if one not in before.mentioned])
    return changed


def delete(session: Session, table: str, record_id: str, comment_id: str) -> Comment:
    """Take a comment away: one's own, or as an owner anybody's. It can be restored until the trash is emptied.

    Raises `NotFound`, `Forbidden`.
    """
    _enter(session, "comment", table, record_id)
    found = _get(session, table, record_id, comment_id)
    _check_theirs(session, found)
    gone = sa.update(_comments).where(_c.id == comment_id).values(deleted_at=timestamp(session.now))
    session.connection.execute(gone)
    return found


def restore(session: Session, table: str, record_id: str, comment_id: str) -> Comment:
    """Bring back a comment that one may delete. Raises `NotFound`, `Forbidden`."""
    _enter(session, "comment", table, record_id)
    found = _get(session, table, record_id, comment_id, deleted=True)
    _check_theirs(session, found)
    session.connection.execute(sa.update(_comments).where(_c.id == comment_id).values(deleted_at=None))
    return found


def history(session: Session, table: str, record_id: str, comment_id: str) -> list[tuple[str, str]]:
    """What a comment said before: (until when, text), the oldest first. Raises `NotFound`, `Forbidden`."""
    _enter(session, "comments", table, record_id)
    _get(session, table, record_id, comment_id)
    c = comment_texts.c
    wanted = sa.select(c.until, c.text).where(c.comment_id == comment_id).order_by(c.until)
    return [(row[0], row[1]) for row in session.connection.execute(wanted)]


def may_delete(session: Session, comment: Comment) -> bool:
    """Whether the asker may take the comment away."""
    return comment.author == session.principal.user_id or session.principal.role == "owner"


def mentioned_in(text: str) -> list[str]:
    """The ids of the people whom a text mentions, each once."""
    return list(dict.fromkeys(_MENTION.findall(text)))


def mentioning(text: str, ids: Mapping[str, str]) -> str:
    """The text with other ids of those whom it mentions; one that is not among them stays."""
    return _MENTION.sub(lambda found: f"@[{ids.get(found[1], found[1])}]", text)


def with_mentions(session: Session, text: str) -> str:
    """The text as a person typed it, with `@Ana Lind` and `@ana@example.com` made into mentions of that person.

    A name that several have mentions nobody; their addresses do.
    """
    here = people.everybody(session)
    names = Counter(one.name for one in here)
    called = {one.name: one.id for one in here if names[one.name] == 1} | {one.email: one.id for one in here}
    called.pop("", None)
    longest_first = sorted(called, key=len, reverse=True)
    if not longest_first or "@" not in text:
        return text
    written = re.compile(rf"(?<!\w)@({'|'.join(map(re.escape, longest_first))})(?!\w)")
    return written.sub(lambda found: f"@[{called[found[1]]}]", text)


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text cut at its mentions: what is said, or (True) the id of a person."""
    return [(piece, bool(number % 2)) for number, piece in enumerate(_MENTION.split(text)) if piece]


def plain(text: str, names: Mapping[str, str]) -> str:
    """The text with the names of the people whom it mentions, as `with_mentions` reads it back."""
    return "".join(f"@{names.get(one, one)}" if is_person else one for one, is_person in pieces(text))


def after(session: Session, tables: Sequence[str], last: str, limit: int) -> list[Comment]:
    """What was said in these tables after a comment, the oldest first, whoever asks: for taking it along."""
    wanted = sa.select(*_SHOWN).where(_c.table_address.in_(tables), _c.deleted_at.is_(None), _c.id > last)
    return [Comment(*row) for row in session.connection.execute(wanted.order_by(_c.id).limit(limit))]


def texts_before(session: Session, ids: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """What comments said before, whoever asks: by id (until when, text), the oldest first."""
    c = comment_texts.c
    found: dict[str, list[tuple[str, str]]] = {}
    if ids:
        wanted = sa.select(c.comment_id, c.until, c.text).where(among(session, c.comment_id, ids)).order_by(c.until)
        for comment_id, until, text in session.connection.execute(wanted):
            found.setdefault(comment_id, []).append((until, text))
    return found


def known(session: Session, ids: Collection[str]) -> set[str]:
    """Those of the ids that comments have, deleted ones too."""
    return set(session.connection.execute(sa.select(_c.id).where(among(session, _c.id, ids))).scalars())


def keep(session: Session, said: Iterable[tuple[Comment, Sequence[tuple[str, str]]]]) -> None:
    """Store comments as they were said elsewhere, each with what it said before; nobody is told of them."""
    rows, texts = [], []
    for one, before in said:
        values = vars(one).copy()
        rows.append({"table_address": values.pop("table"), **values})
        texts += [{"comment_id": one.id, "until": until, "text": text} for until, text in before]
    if rows:
        session.connection.execute(sa.insert(_comments), rows)
    if texts:
        session.connection.execute(sa.insert(comment_texts), texts)


def forget(session: Session, table: str, ids: Iterable[str] | None = None) -> None:
    """Erase what was said about these records of the table, or about any, whoever asks: they are deleted for good."""
    here = _c.table_address == table
    if ids is not None:
        here = sa.and_(here, among(session, _c.record_id, list(ids)))
    _erase(session, here)


def sweep(session: Session, before: datetime, most: int) -> int:
    """Erase at most `most` comments that were deleted before then, whoever asks; how many that were."""
    old = sa.select(_c.id).where(_c.deleted_at < timestamp(before)).order_by(_c.id).limit(most)
    ids = list(session.connection.execute(old).scalars())
    if ids:
        _erase(session, among(session, _c.id, ids))
    return len(ids)


def _erase(session: Session, which: sa.ColumnElement[bool]) -> None:
    ids = sa.select(_c.id).where(which)
    session.connection.execute(sa.delete(comment_texts).where(comment_texts.c.comment_id.in_(ids)))
    session.connection.execute(sa.delete(_comments).where(which))


def _enter(session: Session, act: door.Act, table: str, record_id: str) -> Table:
    """The table, if the asker may do `act` there and sees the record."""
    of = session.layout.table(table)
    door.enter(session.principal, act, of)
    if not _is_there(session, of, record_id):
        raise NotFound(_("There is no record {id} (any more).", id=record_id))
    return of


def _is_there(session: Session, table: Table, record_id: str) -> bool:
    """Whether there is such a record for the one who asks."""
    return bool(record_rows.existing(session, table, [record_id]))


def _of_record(table: str, record_id: str, *, deleted: bool = False) -> sa.Select[Any]:
    gone = _c.deleted_at.is_not(None) if deleted else _c.deleted_at.is_(None)
    return sa.select(*_SHOWN).where(_c.record_id == record_id, _c.table_address == table, gone)


def _found(session: Session, table: str, record_id: str, comment_id: str, *, deleted: bool = False) -> Comment | None:
    wanted = _of_record(table, record_id, deleted=deleted).where(_c.id == comment_id)
    row = session.connection.execute(wanted).one_or_none()
    return None if row is None else Comment(*row)


def _get(session: Session, table: str, record_id: str, comment_id: str, *, deleted: bool = False) -> Comment:
    found = _found(session, table, record_id, comment_id, deleted=deleted)
    if found is None:
        raise NotFound(_("There is no such comment (any more)."))
    return found


def _check_theirs(session: Session, found: Comment) -> None:
    if not may_delete(session, found):
        raise Forbidden(_("Only who wrote a comment, or an owner, can delete it."))


def _checked(text: str) -> str:
    said = text.replace("\x00", "").strip()
    if not said:
        raise Refused([Problem("/text", _("Write something first."), "required")])
    if len(said) > LONGEST:
        raise Refused([Problem("/text", _("A comment has at most {count} characters.", count=LONGEST), "too_long")])
    return said


def _tell(session: Session, table: Table, comment: Comment, mentioned: Sequence[str]) -> None:
    """Tell the people who are mentioned, but for who says it and who does not see the record."""
    if not mentioned:
        return
    known = {one.id: one for one in people.everybody_ever(session)}
    asked = [known[one] for one in mentioned if one in known and one != comment.author and known[one].role]
    seeing = [one.id for one in asked if _sees(session, one, table, comment.record_id)]
    names = {one.id: one.name for one in known.values()}
    said = plain(comment.text, names)[:200]
    says = _("{name} mentioned you: {text}", name=names.get(comment.author, ""), text=said)
    notifications.tell(session, seeing, says, table=table.address, record_id=comment.record_id)


def _sees(session: Session, one: Person, table: Table, record_id: str) -> bool:
    theirs = session.in_guise(person(one.id, one.role))
    of = theirs.layout.apps.tables.get(table.address)
    if of is None or not door.may(theirs.principal, "comments", of):
        return False
    return _is_there(theirs, of, record_id)
