"""What was said about a record, as people read it: who, when, and whom it mentions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import comments, people
from engine.access import door
from engine.comments import Comment
from engine.definitions.language import Table
from engine.storage.session import Session
from engine.text import Label, _
from web.addresses import At

LIMIT = 10  # comments that a record's page shows at first
MOST = 200


@dataclass(frozen=True)
class Said:
    """One comment. `pieces` are its texts and (True) the names that it mentions; `typed` is what one would type for it.

    `action` is where it is changed and deleted.
    """

    comment: Comment
    who: Label
    pieces: list[tuple[str, bool]]
    typed: str
    action: str
    is_mine: bool
    may_delete: bool


@dataclass(frozen=True)
class Talk:
    """The comments on a record, the newest last; `more` when older ones were left out.

    `text` is what was typed and refused, for the reason `error`.
    """

    said: list[Said]
    more: bool
    action: str
    may_write: bool
    text: str = ""
    error: str = ""


def talk_of(
    session: Session, at: At, table: Table, record_id: str, limit: int = LIMIT, *, text: str = "", error: str = ""
) -> Talk:
    """Raises `NotFound` for a record that the reader does not see."""
    page = comments.of_record(session, table.address, record_id, limit=limit)
    names = people.names(session) if page.comments else {}
    action = f"{at.record(table.app, table.key, record_id)}/comments"
    said = [_said(session, one, names, action) for one in reversed(page.comments)]
    may_write = door.may(session.principal, "comment", table)
    return Talk(said, page.next is not None, action, may_write, text, error)


def _said(session: Session, one: Comment, names: Mapping[str, str], action: str) -> Said:
    pieces = [
        (names.get(each, each) if is_person else each, is_person) for each, is_person in comments.pieces(one.text)
    ]
    who = names.get(one.author) or _("Somebody who left")
    mine = one.author == session.principal.user_id
    typed = comments.plain(one.text, names)
    return Said(one, who, pieces, typed, f"{action}/{one.id}", mine, comments.may_delete(session, one))
