"""Writing the records of an archive into the tables of its app, below the rules, which are asked once all are there."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine import computed, held_files, history, sequences
from engine.archives.matching import Matched, Turn, same
from engine.archives.parts import Tell, chunks, kind_of, listed, part, stored
from engine.archives.unpacking import Archive
from engine.archives.wrong import Wrong
from engine.definitions.language import Field, Table
from engine.field_types import InvalidValue
from engine.rules import locks, unique
from engine.shown import shown_as
from engine.storage import record_rows
from engine.storage.record_rows import Values, system_values
from engine.storage.session import Change, Session, timestamp
from engine.text import _
from engine.values import check_required, check_unique, is_empty, options_of


class Filling:
    """The tables of one app while an archive's records come into them."""

    def __init__(
        self, session: Session, archive: Archive, here: Matched, wrong: Wrong, *, logged: bool, needed: bool
    ) -> None:
        self._session = session
        self._archive = archive
        self._here = here
        self._wrong = wrong
        self._needed = needed
        self._logged = logged  # whether the log is told of the records here; otherwise it comes along, too
        self._system = system_values(session.principal.user_id, timestamp(session.now))
        self.links_left: dict[str, int] = {}  # by field: links to records of other apps that are not here

    def fill(self, table: Table, tell: Tell) -> int:
        """Write the records of a table, as long as nothing is wrong; how many there are."""
        session, count = self._session, 0
        fields = {one.key: (one, self._here.turning(one)) for one in stored(session, table)}
        drawn = [one for one, _turn in fields.values() if one.kind.drawn]
        for some in chunks(self._archive.lines(part(table))):
            rows = self._linked(table, [self._record(table, fields, one) for _line, one in some])
            self._ask(table, fields, rows)
            if not self._wrong:
                self._write(table, rows, drawn)
            count += len(rows)
            tell(len(rows))
        return count

    def _write(self, table: Table, rows: Sequence[tuple[str, Values]], drawn: Sequence[Field]) -> None:
        session = self._session
        record_rows.insert(session, table, rows, computed.with_new(session, table))
        unique.keep(session, table, dict(rows))
        held_files.note_uses(session, table, rows)
        for one in drawn:
            sequences.keep_up(session, one, [values.get(one.key) for _id, values in rows])
        if self._logged:
            history.log(session, [Change(table.address, one, "created", {}, values) for one, values in rows])
            session.changes.clear()  # nothing listens to an app that is only now coming, and there may be a million
        problems = held_files.file_problems(session, table, [values for _id, values in rows])
        self._wrong.add_of(table, [one for one, _values in rows], problems)

    def _ask(self, table: Table, fields: Collection[str], rows: Sequence[tuple[str, Values]]) -> None:
        """What is asked before a write: what is needed, locks of what records belong to, what is there only once."""
        session, whole = self._session, dict(rows)
        if self._needed:
            filled = [{key: values.get(key) for key in fields} for values in whole.values()]
            self._wrong.add_of(table, list(whole), check_required(table, filled, fields))
        problems = locks.on_create(session, table, whole, new_in=table.app)
        problems += [*check_unique(session, table, whole), *unique.problems(session, table, whole)]
        self._wrong.add_of(table, list(whole), problems)

    def _record(
        self, table: Table, fields: Mapping[str, tuple[Field, Turn]], given: Mapping[str, Any]
    ) -> tuple[str, Values]:
        record_id, held = self._here.record(given["id"]), dict(self._system)
        for key, value in given.items():
            if key == "id":
                continue
            of, turn = fields.get(key, (None, same))
            if of is None:
                says = _("There is no field {field} here.", field=key)
                self._wrong.add(table, record_id, key, says, "unknown_field")
                continue
            try:
                there = turn(value)
                held[key] = there if is_empty(there) else judged(self._session, of, there)
            except (InvalidValue, TypeError, ValueError) as error:
                says = error.says if isinstance(error, InvalidValue) else _("is of another kind")
                told = _("{field} {problem}.", field=of.label, problem=says)
                self._wrong.add(table, record_id, key, told, "invalid_value")
        return record_id, held

    def _linked(self, table: Table, rows: list[tuple[str, Values]]) -> list[tuple[str, Values]]:
        """Without the links to records of other apps that are not here."""
        own = self._session.layout.apps[table.app].tables
        outside = {address for address in self._session.layout.apps.tables if address.partition(".")[0] != table.app}
        for link in (one for one in record_links(table) if set(one.targets) & outside):
            named = {one for _id, values in rows for one in listed(values.get(link.key))}
            there = record_rows.existing_in(self._session, sorted(set(link.targets) & outside), named)
            also = any(address.partition(".")[2] in own for address in link.targets if address not in outside)
            for _id, values in rows:
                held = listed(values.get(link.key))
                kept = held if also else [one for one in held if one in there]
                if len(kept) < len(held):
                    name = f"{table.key}.{link.key}"
                    self.links_left[name] = self.links_left.get(name, 0) + len(held) - len(kept)
                    values[link.key] = kept if link.many else None
        return rows


def judged(session: Session, of: Field, value: Any) -> Any:
    """A value as its field stores it. Raises `InvalidValue`."""
    if of.kind.system:
        return value if of.kind.names else timestamp(datetime.datetime.fromisoformat(value))
    if of.kind.copied:  # as what it was copied from
        kind = kind_of(session, of)
        settled = kind.computed or kind.copied or kind.system
        return value if settled else kind.accept(value, shown_as(session.layout, of)[1])
    return of.kind.accept(value, options_of(session, of))


def record_links(table: Table) -> list[Field]:
    """The links that the table's records hold."""
    return [one for one in table.fields.values() if one.is_link and one.inverse_of is None]
