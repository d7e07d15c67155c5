"""Fetching a base onto the disk, page by page: its structure, all records, and what was said about them."""

from __future__ import annotations

from collections.abc import Callable

from engine.bases.answers import OtherSide, Record, strange
from engine.bases.asking import Asker, Moved
from engine.bases.fetched import Fetched, Part, Progress
from engine.errors import Refused
from engine.text import _

MOST_RECORDS = 500_000  # of one base
MOST_BYTES = 2**31  # of its records
MOST_BEGINNINGS = 3  # of one table, since the other side forgets where it was


def fetch(asker: Asker, base: str, into: Fetched, tell: Callable[[int], None] = lambda _records: None) -> None:
    """Fetch what is not there yet; `tell` is called with how many records there are. Raises as `Asker` does."""
    if not into.begun:
        into.begin(asker.tables(base))
    tables, progress = into.tables, into.progress
    for number, table in enumerate(tables):
        for _beginning in range(MOST_BEGINNINGS):
            try:
                _fetch_table(asker, base, table.id, number, into, progress, tell)
                break
            except Moved:  # it knows no more where we were
                progress.parts[number] = Part()
                into.note(progress)
        else:
            raise OtherSide(_("The other service forgets again and again where it was in {table}.", table=table.name))
    _fetch_comments(asker, base, [one.id for one in tables], into, progress)


def _fetch_table(
    asker: Asker,
    base: str,
    table: str,
    number: int,
    into: Fetched,
    progress: Progress,
    tell: Callable[[int], None],
) -> None:
    part = progress.parts[number]
    seen = {one.id for one in into.records(number)} if part.records else set()
    while not part.done:
        records, offset = asker.records(base, table, part.offset)
        new: dict[str, Record] = {one.id: one for one in records if one.id not in seen}
        if offset and (not new or offset == part.offset):  # a list that never ends
            raise strange()
        seen.update(new)
        into.add(number, part, list(new.values()))
        part.records, part.offset, part.done = len(seen), offset, not offset
        into.note(progress)
        _check_size(progress)
        tell(sum(one.records for one in progress.parts))


def _fetch_comments(asker: Asker, base: str, tables: list[str], into: Fetched, progress: Progress) -> None:
    """`progress.comments.records` counts the records that were asked for theirs."""
    part, at = progress.comments, 0
    if part.done:
        return
    for number, table in enumerate(tables):
        for record in into.records(number):
            if not record.comments:
                continue
            at += 1
            if at <= part.records:
                continue
            try:
                said = list(asker.remarks(base, table, record.id))
            except Refused:  # a right of its own, which the token may lack
                progress.unreadable_comments = part.done = True
                into.note(progress)
                return
            into.add_remarks(part, number, record.id, said)
            part.records = at
            into.note(progress)
    part.done = True
    into.note(progress)


def _check_size(progress: Progress) -> None:
    if sum(one.records for one in progress.parts) > MOST_RECORDS:
        raise OtherSide(_("This base has more than {limit} records, which is the most.", limit=MOST_RECORDS))
    if sum(one.bytes for one in progress.parts) > MOST_BYTES:
        raise OtherSide(_("This base has more than {limit} MB, which is the most.", limit=MOST_BYTES // 2**20))
