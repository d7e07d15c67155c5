"""Bringing an archive in: the app is installed, its records come with their ids, all in the caller's transaction.

Ids that this workspace knows already are changed, and the links to them follow. People are matched by their e-mail
address and departments by their path; whoever is not here is left out, counted and told. Every value is judged by
its field, links must lead somewhere, and what the records must satisfy is asked once all of them are there.
"""

from __future__ import annotations

import copy
import datetime
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine import (
    apps,
    audit,
    computed,
    departments,
    files,
    held_files,
    history,
    limits,
    people,
    sequences,
    trees,
    verifying,
)
from engine.access import door
from engine.archives.packing import stored
from engine.archives.unpacking import Archive, damaged, refused
from engine.definitions.language import Field, Table
from engine.errors import Problem, Refused
from engine.field_types import InvalidValue, TakesFiles, field_types
from engine.files import Limits
from engine.ids import new_id
from engine.rules import checks, unique
from engine.shown import shown_as
from engine.storage import record_rows, workspace_tables
from engine.storage.alterations import count_records
from engine.storage.record_rows import Values, among, system_values
from engine.storage.session import Change, Session, timestamp
from engine.text import Text, _
from engine.values import is_empty, options_of
from engine.written import Written

CHUNK = 1_000  # records written together
MOST_TOLD = 20  # records of one thing that is wrong

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
Turn = Callable[[Any], Any]

_RECORD_ID = re.compile(r"rec[0-9A-Za-z]{14}")
_FILE_ID = re.compile(r"att[0-9A-Za-z]{14}")


@dataclass
class Brought:
    """What came of it: the app's key, how many records each table got, and what was set aside, with how often.

    `people` and `departments` by what they are called, `links` by the field.
    """

    app: str
    records: dict[str, int] = field(default_factory=dict)
    files: int = 0
    people: Counter[str] = field(default_factory=Counter)
    departments: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    changed_ids: int = 0


def bring(
    session: Session,
    archive: Archive,
    file_limits: Limits,
    key: str = "",
    tell: Callable[[int], None] = lambda _records: None,
) -> Brought:
    """Install the app of an archive (under another `key` if one is given) with its records.

    Raises `Refused` with every problem of its definition, or with what is wrong with its records; `Forbidden` for who
    may not build. Files that were kept are removed when the transaction fails.
    """
    door.enter_builder(session.principal)
    document = _document(session, archive, key)
    outcome = Brought(document["key"])
    session.cause = session.cause or f"archive:{outcome.app}"  # what happened elsewhere starts nothing here
    session.quiet = True
    apps.apply(session, document)
    with session.behind() as layout:
        tables = list(layout.apps[outcome.app].tables.values())
        if any(count_records(session, table) for table in tables):
            says = _("Records of an app {app} are still here. Purge them in the trash, or choose another key.",
                     app=outcome.app)  # fmt: skip
            raise Refused([Problem("/key", says, "taken", outcome.app)])
        bringing = _Bringing(session, archive, outcome)
        bringing.keep_files(file_limits)
        try:
            bringing.rename(tables)
            for table in tables:
                outcome.records[table.key] = bringing.fill(table)
                tell(sum(outcome.records.values()))
            _settle(session, tables)
        except BaseException:
            bringing.forget_files()
            raise
    label = document.get("label", outcome.app)
    says = _("brought the app {app} in from an archive", app=label)
    left = {"people": list(outcome.people), "departments": list(outcome.departments)}
    audit.note(session, "app.brought", says, app=outcome.app, records=outcome.records, left=left)
    return outcome


def set_aside(done: Brought) -> Iterator[Text]:
    """What could not be brought along, in words."""
    for name, count in done.people.most_common():
        yield _("{name} is not here: {count} fields that named them are empty.", name=name, count=count)
    for name, count in done.departments.most_common():
        yield _("There is no department {name} here: {count} fields that named it are empty.", name=name, count=count)
    for name, count in done.links.most_common():
        yield _("{field}: {count} links led to records of other apps that are not here.", field=name, count=count)
    if done.changed_ids:
        yield _("{count} records have other ids here, since this workspace knows theirs.", count=done.changed_ids)


class _Bringing:
    """One archive on its way in: what its ids are here."""

    def __init__(self, session: Session, archive: Archive, outcome: Brought) -> None:
        self._session = session
        self._archive = archive
        self._outcome = outcome
        self._ids: dict[str, str] = {}  # only those that are others here
        self._files: dict[str, str] = {}
        self._system = system_values(session.principal.user_id, timestamp(session.now))
        self._people, self._names = self._matched_people()
        self._departments, self._paths = self._matched_departments()

    def keep_files(self, file_limits: Limits) -> None:
        """Put the files into the data folder, and make them known."""
        found = [one for _line, one in self._archive.lines("files.jsonl")]
        if any(not _FILE_ID.fullmatch(one["id"]) for one in found):
            raise damaged()
        taken = files.known(self._session, [one["id"] for one in found])
        try:
            for one in found:
                wanted = new_id("att") if one["id"] in taken else one["id"]
                self._files[one["id"]] = wanted
                with self._archive.file(one["id"]) as stream:
                    received = files.receive(
                        self._session.workspace, stream, str(one.get("filename", "")), file_limits, file_id=wanted
                    )
                if received.sha256 != one.get("sha256"):
                    raise damaged()
                files.add(self._session, received, file_limits)
        except BaseException:
            self.forget_files()
            raise
        self._outcome.files = len(found)

    def forget_files(self) -> None:
        """Nothing came of it."""
        files.unlink(self._session.workspace, self._files.values())

    def rename(self, tables: Iterable[Table]) -> None:
        """Other ids for those records whose ids this workspace knows, in its log too."""
        c, seen = workspace_tables.changes.c, 0
        for table in tables:
            for some in _chunks(self._archive.lines(_part(table))):
                ids = [one["id"] for _line, one in some]
                seen += len(ids)
                if not all(map(_RECORD_ID.fullmatch, ids)):
                    raise damaged()
                known = sa.select(c.record_id).where(among(self._session, c.record_id, ids)).distinct()
                for one in self._session.connection.execute(known).scalars():
                    self._ids[one] = new_id("rec")
        self._outcome.changed_ids = len(self._ids)

    def fill(self, table: Table) -> int:
        """Write the records of a table; how many."""
        session, count = self._session, 0
        fields = {one.key: (one, self._turning(one)) for one in stored(session, table)}
        drawn = [one for one, _turn in fields.values() if one.kind.drawn]
        for some in _chunks(self._archive.lines(_part(table))):
            read = [self._record(table, fields, line, one) for line, one in some]
            rows = self._linked(table, read)
            record_rows.insert(session, table, rows, computed.with_new(session, table))
            unique.keep(session, table, dict(rows))
            held_files.note_uses(session, table, rows)
            for one in drawn:
                sequences.keep_up(session, one, [values.get(one.key) for _id, values in rows])
            history.log(session, [Change(table.address, one, "created", {}, values) for one, values in rows])
            session.changes.clear()  # nothing listens to an app that is only now coming, and there may be a million
            count += len(rows)
        return count

    def _record(
        self, table: Table, fields: Mapping[str, tuple[Field, Turn]], line: int, given: Mapping[str, Any]
    ) -> tuple[str, Values]:
        values: Values = {}
        for key, value in given.items():
            if key == "id":
                continue
            of, turn = fields.get(key, (None, _same))
            if of is None:
                raise refused(_("{part}, line {line}: there is no field {field} here.",
                                part=_part(table), line=line, field=key), "unknown_field")  # fmt: skip
            try:
                here = turn(value)
                values[key] = here if is_empty(here) else self._judged(of, here)
            except (InvalidValue, TypeError, ValueError) as error:
                says = error.says if isinstance(error, InvalidValue) else _("is of another kind")
                raise refused(_("{part}, line {line}: {field} {problem}.", part=_part(table), line=line,
                                field=of.label, problem=says), "invalid_value") from error  # fmt: skip
        return self._ids.get(given["id"], given["id"]), {**self._system, **values}

    def _judged(self, of: Field, value: Any) -> Any:
        if of.kind.system:
            return value if of.kind.names else timestamp(datetime.datetime.fromisoformat(value))
        if of.kind.copied:  # as what it was copied from
            name, options = shown_as(self._session.layout, of)
            kind = field_types[name]
            return value if kind.computed or kind.copied or kind.system else kind.accept(value, options)
        return of.kind.accept(value, options_of(self._session, of))

    def _turning(self, of: Field) -> Turn:
        """How a value gets the ids that things have here; asked once for each field."""
        left = self._outcome
        if of.kind.names == "people":
            return lambda value: _each(value, lambda one: self._matched(one, self._people, self._names, left.people))
        if of.kind.names == "departments":
            return lambda value: _each(
                value, lambda one: self._matched(one, self._departments, self._paths, left.departments)
            )
        if isinstance(of.kind, TakesFiles):
            return lambda value: _each(value, self._files.get)
        if of.is_link:
            return lambda value: _each(value, lambda one: self._ids.get(one, one))
        return _same

    def _matched(self, one: str, here: Mapping[str, str], names: Mapping[str, str], left: Counter[str]) -> str | None:
        found = here.get(one)
        if found is None:
            left[names.get(one, one)] += 1
        return found

    def _linked(self, table: Table, rows: Sequence[tuple[str, Values]]) -> list[tuple[str, Values]]:
        """Without the links to records of other apps that are not here."""
        own = self._session.layout.apps[table.app].tables
        outside = {address for address in self._session.layout.apps.tables if address.partition(".")[0] != table.app}
        for link in (one for one in _links_of(table) if set(one.targets) & outside):
            named = {one for _id, values in rows for one in _listed(values.get(link.key))}
            there = record_rows.existing_in(self._session, sorted(set(link.targets) & outside), named)
            also = any(address.partition(".")[2] in own for address in link.targets if address not in outside)
            for _id, values in rows:
                held = _listed(values.get(link.key))
                kept = held if also else [one for one in held if one in there]
                if len(kept) < len(held):
                    self._outcome.links[f"{table.key}.{link.key}"] += len(held) - len(kept)
                    values[link.key] = kept if link.many else None
        return list(rows)

    def _matched_people(self) -> tuple[dict[str, str], dict[str, str]]:
        here = {one.email.casefold(): one.id for one in people.everybody_ever(self._session) if one.email}
        given = _named(self._archive.document("people.json"))
        found = {one["id"]: here.get(str(one.get("email", "")).casefold()) for one in given}
        names = {one["id"]: f"{one.get('name', '')} <{one.get('email', '')}>" for one in given}
        return {one: other for one, other in found.items() if other}, names

    def _matched_departments(self) -> tuple[dict[str, str], dict[str, str]]:
        here = {path: one for one, path in departments.paths(self._session).items()}
        given = _named(self._archive.document("departments.json"))
        paths = {one["id"]: str(one.get("path", "")) for one in given}
        return {one: here[path] for one, path in paths.items() if path in here}, paths


def _links_of(table: Table) -> list[Field]:
    """The links that the table's records hold."""
    return [one for one in table.fields.values() if one.is_link and one.inverse_of is None]


def _document(session: Session, archive: Archive, key: str) -> dict[str, Any]:
    """The definition as it is installed here: under its key, bound to what is here."""
    document: dict[str, Any] = copy.deepcopy(archive.definition)
    old = str(document.get("key", ""))
    if key and not _KEY.fullmatch(key):
        says = _("A key has small letters, digits and _ only, and begins with a letter.")
        raise Refused([Problem("/key", says, "key", key)])
    if (key or old) in session.layout.apps:
        says = _("There is an app {app} here already. Choose another key.", app=key or old)
        raise Refused([Problem("/key", says, "taken", key or old)])
    if key and key != old:
        document = _renamed(document, {f"{old}.{table}": f"{key}.{table}" for table in document["tables"]})
        document["key"] = key
    for role, address in dict(document.get("bindings") or {}).items():
        required = (document.get("requires") or {}).get(role) or {}
        if str(address) not in session.layout.apps.tables and "table" in required:
            document["bindings"][role] = f"{document['key']}.{required['table']}"
    return document


def _renamed(value: Any, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one, addresses) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, addresses) for one in value]
    return addresses.get(value, value) if isinstance(value, str) else value


def _settle(session: Session, tables: Sequence[Table]) -> None:
    """Work out what follows from the records, and ask of all of them what must hold. Raises `Refused`."""
    layout, written = session.layout, Written()
    own = {(table.address, one.key) for table in tables for one in table.fields.values()}
    for table in tables:
        written.wrote(table.address, ["id", *table.fields], None)
        session.touch(table.address, None)
    stored_there = [one for table in tables for one in table.fields.values() if layout.stored(one)]
    computed.refresh(session, written, {(one.table, one.key) for one in stored_there if one.kind.computed})
    lost = [one for one in verifying.links(session) if (one.table, one.field) in own]
    problems = []
    for one in lost:
        says = _("{count} records of {table} lead by {field} to records that are not in the archive.",
                 count=one.count, table=one.table, field=one.field)  # fmt: skip
        problems.append(Problem("/file", says, "links"))
    for table in tables:
        for check in table.rules.checks.values():
            broken = checks.broken(session, table, check, MOST_TOLD)
            if broken and broken[0]:
                what = {"count": broken[0], "table": table.label, "message": check.message}
                problems.append(Problem("/file", _("{count} records of {table}: {message}", **what), "check"))
        for ids in _pages_of_ids(session, table):
            limits.after_write(session, written, table, ids)
            trees.after_write(session, written, table, ids)
    if problems:
        raise Refused(problems)


def _pages_of_ids(session: Session, table: Table) -> Iterator[list[str]]:
    sql, last = session.layout.sql(table), ""
    if not any(one.kind.tree or "where" in one.options for one in table.fields.values()):
        return
    while ids := list(
        session.connection.execute(sa.select(sql.c.id).where(sql.c.id > last).order_by(sql.c.id).limit(CHUNK)).scalars()
    ):
        yield ids
        last = ids[-1]


def _part(table: Table) -> str:
    return f"records/{table.key}.jsonl"


def _chunks(lines: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    while some := list(itertools.islice(lines, CHUNK)):
        yield some


def _named(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in given
    ):
        raise damaged()
    return given


def _listed(value: Any) -> list[str]:
    return [] if is_empty(value) else value if isinstance(value, list) else [value]


def _same(value: Any) -> Any:
    return value


def _each(value: Any, change: Callable[[str], str | None]) -> Any:
    """A value, or each of a list of them, changed; what becomes nothing is left out."""
    if isinstance(value, list):
        return [made for one in value if (made := change(one)) is not None]
    return change(value)
