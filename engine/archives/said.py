"""Comments in an archive: what was said about the records that are in it, by whom and when."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from engine import comments
from engine.archives.matching import Matched
from engine.archives.parts import COMMENTS, PAGE, Named, Tell, checked_id, chunks, existing, spelled
from engine.archives.unpacking import Archive, damaged
from engine.comments import Comment
from engine.ids import new_id
from engine.storage.session import Session, timestamp


def lines(session: Session, app: str, named: Named, tell: Tell) -> Iterator[bytes]:
    """What was said about each record that is there, in the order in which it was said."""
    tables, last = session.layout.apps[app].tables, ""
    while some := comments.after(session, [one.address for one in tables.values()], last, PAGE):
        last = some[-1].id
        there = existing(session, [(one.table, one.record_id) for one in some])
        said = [one for one in some if one.record_id in there]
        before = comments.texts_before(session, [one.id for one in said])
        for one in said:
            texts = [one.text, *(text for _until, text in before.get(one.id, ()))]
            named.people.update([one.author, *(person for text in texts for person in comments.mentioned_in(text))])
            yield spelled(_spelled(app, one, before.get(one.id, []))) + b"\n"
        tell(len(said))


def _spelled(app: str, one: Comment, before: list[tuple[str, str]]) -> dict[str, Any]:
    said = {
        "id": one.id,
        "table": one.table.removeprefix(f"{app}."),
        "record": one.record_id,
        "author": one.author,
        "at": one.created_at,
        "text": one.text,
        "parent": one.parent,
        "changed_at": one.changed_at,
        "before": [{"until": until, "text": text} for until, text in before],
    }
    return {key: value for key, value in said.items() if value}


def bring(session: Session, archive: Archive, here: Matched, app: str, tell: Tell) -> int:
    """Write the comments; how many. Nobody is told of them, since they were said long ago. Raises `Refused`."""
    tables, count = session.layout.apps[app].tables, 0
    changed: dict[str, str] = {}  # ids of comments that are others here
    for some in chunks(archive.lines(COMMENTS)):
        given = [one for _line, one in some]
        if not all(one.get("table") in tables for one in given):
            raise damaged()
        for one in sorted(comments.known(session, [checked_id("com", one["id"]) for one in given])):
            changed[one] = new_id("com")
        said = [_comment(one, here, tables[one["table"]].address, changed) for one in given]
        if {one.record_id for one, _before in said} - existing(
            session, [(one.table, one.record_id) for one, _before in said]
        ):
            raise damaged()
        comments.keep(session, said)
        count += len(said)
        tell(len(said))
    return count


def _comment(
    one: Mapping[str, Any], here: Matched, address: str, changed: Mapping[str, str]
) -> tuple[Comment, list[tuple[str, str]]]:
    author, record = here.person(one.get("author")), checked_id("rec", one.get("record"))
    parent = checked_id("com", one["parent"]) if one.get("parent") else None
    if author is None:
        raise damaged()
    try:
        before = [(_moment(text["until"]), _text(text["text"], here)) for text in one.get("before") or ()]
        made = Comment(
            changed.get(one["id"], one["id"]),
            address,
            here.record(record),
            author,
            _text(one["text"], here),
            _moment(one["at"]),
            changed.get(parent, parent) if parent else None,
            _moment(one["changed_at"]) if one.get("changed_at") else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise damaged() from error
    return made, before


def _moment(given: Any) -> str:
    return timestamp(datetime.datetime.fromisoformat(given))


def _text(given: Any, here: Matched) -> str:
    if not isinstance(given, str) or not given or len(given) > comments.LONGEST:
        raise damaged()
    return here.in_text(given.replace("\x00", ""))
