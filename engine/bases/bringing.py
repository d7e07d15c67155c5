"""Bringing a base in that was fetched: the app, its records by the imports' own way, links, comments; one transaction.

A record is found again by the id that it has over there, so bringing the base in anew changes what has changed there,
and makes no record twice. What was changed here since stays, as with every import.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine import apps, comments, people
from engine.bases import kinds
from engine.bases.answers import Field, Remark
from engine.bases.fetched import Fetched
from engine.bases.sources import ID, Cell, Records, files_by, links, moment_of, system_columns
from engine.bases.ways import ROUNDED
from engine.comments import Comment
from engine.definitions.language import Table
from engine.importers import reading_from
from engine.imports.carrying import KINDS, bring_in
from engine.imports.carrying import Outcome as Lines
from engine.imports.mapping import ColumnMapping, FileMapping, reading_name
from engine.storage.automation_tables import packed
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.text import Label, Text

MOST_TOLD = 200  # different things that are told of lines
LINKS = frozenset({"link"})
OTHERS = frozenset({"as_it_is", "frozen", "words", "files"})  # what an import writes besides, by how it comes
MOST_REMARKS = 1_000  # written together


@dataclass
class Outcome:
    """What came of it: by table how many records were new, changed and so on; and what there was to say, how often."""

    app: str
    records: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    comments: int = 0
    told: Counter[tuple[str, str, Text | Label]] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        told = [
            {"table": table, "field": name, "says": packed(says), "count": count}
            for (table, name, says), count in self.told.most_common(MOST_TOLD)
        ]
        return {"records": {key: dict(found) for key, found in self.records.items()}, "comments": self.comments} | {
            "told": told
        }


def bring(
    session: Session,
    plan: Mapping[str, Any],
    fetched: Fetched,
    files: Mapping[str, str],
    into: str | None,
    tell: Callable[[int], None],
) -> Outcome:
    """Write all of it in this transaction, whose cause is `import:` and an id. `files`: ids here by those there.

    `tell` is called with how many records are written. The worker has asked whether whoever began it may build. Raises
    `Refused`, `Forbidden`.
    """
    session.quiet = True  # what happened elsewhere starts nothing here
    app = into or plan["document"]["key"]
    if into is None:
        apps.apply(session, plan["document"])
    carrying = _Carrying(session, plan, fetched, files, Outcome(app), tell)
    tables = {number: one for number, one in enumerate(plan["tables"]) if is_there(session, app, one)}
    old = {number: carrying.known(one).keys() for number, one in tables.items()}
    every = {number: frozenset(fetched_ids(fetched, number)) for number in tables}
    for number in tables:  # first the records, then what leads from one to another
        carrying.carry(number, every[number] - old[number], OTHERS)
    for number, one in tables.items():
        carrying.carry(number, every[number] & old[number], LINKS | OTHERS)
        carrying.carry(number, carrying.known(one).keys() - old[number], LINKS, counted=False)
    carrying.carry_remarks()
    return carrying.outcome


def is_there(session: Session, app: str, one: Mapping[str, Any]) -> bool:
    """Whether a table of the plan is here, with the field by which its records are found again."""
    table = session.layout.apps.tables.get(f"{app}.{one['key']}")
    return table is not None and one["there"] in table.fields


def known_by(session: Session, app: str, one: Mapping[str, Any], ids: Collection[str] | None = None) -> dict[str, str]:
    """The records of a table of the plan that are here, by their ids over there; of these `ids` only, if given."""
    with session.behind() as layout:
        sql = layout.sql(layout.table(f"{app}.{one['key']}"))
        there = sql.c[one["there"]]
        which = there.is_not(None) if ids is None else among(session, there, ids)
        rows = session.connection.execute(sa.select(there, sql.c.id).where(which))
        return {row[0]: row[1] for row in rows}


def fetched_ids(fetched: Fetched, number: int) -> Iterator[str]:
    """The ids over there of a table's records."""
    return (one.id for one in fetched.records(number))


class _Carrying:
    """One base on its way in."""

    def __init__(
        self,
        session: Session,
        plan: Mapping[str, Any],
        fetched: Fetched,
        files: Mapping[str, str],
        outcome: Outcome,
        tell: Callable[[int], None],
    ) -> None:
        self._session, self._fetched, self._files, self.outcome = session, fetched, files, outcome
        self._tables: list[dict[str, Any]] = plan["tables"]
        self._there = {f"{outcome.app}.{one['key']}": one["there"] for one in self._tables}
        self._tell, self._told = tell, 0
        everybody = people.everybody_ever(session)
        self._people = {one.email.casefold(): one.id for one in everybody if one.email}

    def known(self, one: Mapping[str, Any]) -> dict[str, str]:
        """The records of a table that are here, by their ids over there."""
        return known_by(self._session, self.outcome.app, one)

    def carry(self, number: int, wanted: Collection[str], hows: Collection[str], *, counted: bool = True) -> None:
        """Write what comes in one of these ways into the `wanted` records of a table, and make those that are new."""
        one = self._tables[number]
        table = self._table(one)
        columns = [(given, mapping) for given, mapping in self._columns(one, table) if given["how"] in hows]
        if not wanted or (not columns and not counted):
            return
        system: dict[str, list[str]] = defaultdict(list)
        for given in one["fields"]:
            if given["how"] == "kept":
                system[given["key"]].append(given["id"])
        made = system_columns(system, self._people)
        cells = {given["id"]: self._cell(given) for given, _mapping in columns}
        source = Records(self._fetched, number, cells, made, wanted)
        by_id = ColumnMapping(ID, one["there"], reading_from({"as": "text"}))
        mapping = FileMapping(
            (by_id, *(mapping for _given, mapping in columns)),
            match=(one["there"],),
            clear=True,
            system={key: key for key in made},
        )
        lines = bring_in(self._session, source, mapping, table.address, self._progress(counted))
        if counted:
            self._told += sum(getattr(lines, name) for name in KINDS)
            self.outcome.records[one["key"]].update({name: getattr(lines, name) for name in KINDS})
        self._note(table, lines)

    def carry_remarks(self) -> None:
        """Write the comments that are not there yet; of people who are not here as the one's who brings them."""
        made: list[Comment] = []
        ids = {number: self.known(one) for number, one in enumerate(self._tables) if self._is_there(one)}
        for number, record, remark in self._fetched.remarks():
            here = ids.get(number, {}).get(record)
            if here is not None:
                made.append(self._comment(f"{self.outcome.app}.{self._tables[number]['key']}", here, remark))
            if len(made) >= MOST_REMARKS:
                self.outcome.comments += comments.bring(self._session, made)
                made = []
        self.outcome.comments += comments.bring(self._session, made)

    def _comment(self, table: str, record: str, remark: Remark) -> Comment:
        author = self._people.get(remark.email.casefold())
        text = remark.text
        for there, (name, email) in remark.mentioned.items():
            here = self._people.get(email.casefold())
            text = text.replace(f"@[{there}]", f"@[{here}]" if here else f"@{name or email}")
        if author is None:
            text = f"{remark.author or remark.email}: {text}"
            author = self._session.principal.user_id or ""
        at = moment_of(remark.created) or timestamp(self._session.now)
        return Comment("", table, record, author, text[: comments.LONGEST], at, None, None)

    def _is_there(self, one: Mapping[str, Any]) -> bool:
        return is_there(self._session, self.outcome.app, one)

    def _progress(self, counted: bool) -> Callable[[int], None]:
        before = self._told
        return lambda line: self._tell(before + line if counted else before)

    def _columns(self, one: Mapping[str, Any], table: Table) -> Iterator[tuple[Mapping[str, Any], ColumnMapping]]:
        for given in one["fields"]:
            of = table.fields.get(given["key"])
            if given["how"] not in LINKS | OTHERS or of is None or not of.importable:
                continue
            name = reading_name(of.kind)
            reading = reading_from({"as": name, **({"rounded": True} if name in ROUNDED else {})})
            unknown = "create" if of.kind.names == "choices" else "empty"
            by = self._there.get(of.target or "", "")
            yield given, ColumnMapping(given["id"], of.key, reading, unknown=unknown, by=by)

    def _cell(self, given: Mapping[str, Any]) -> Cell:
        of = Field(given["id"], given["name"], given["type"], given["options"])
        known = kinds.kind_of(of)
        if given["how"] == "link":
            return links
        if given["how"] == "files":
            return files_by(self._files)
        if given["how"] == "frozen":
            return kinds.frozen(of).cell if given["becomes"] not in ("text", "long_text") else kinds.in_words
        return known.cell if known is not None else kinds.in_words

    def _table(self, one: Mapping[str, Any]) -> Table:
        return self._session.layout.table(f"{self.outcome.app}.{one['key']}")

    def _note(self, table: Table, lines: Lines) -> None:
        for _line, _kind, told in lines.told:
            label = str(table.fields[told.field].label) if told.field in table.fields else ""
            self.outcome.told[str(table.label), label, told.says] += 1
