"""The apps of a workspace and the SQL tables that hold them, made once per version of the definitions.

Making SQLAlchemy tables costs milliseconds, so a layout is kept until some definition changes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause

from engine.definitions.apps import Apps
from engine.definitions.language import Field, Table
from engine.definitions.types import FieldTypes
from engine.errors import NotFound
from engine.formulas import Type
from engine.formulas.calendar import ORDINARY, WEEKDAYS, Calendar, read_spans, shown_spans
from engine.storage import former_names, sql_types, workspace_tables
from engine.storage.prepared import Row
from engine.storage.session import Session, Unproven
from engine.text import _

Made = TypeVar("Made")
MAX_NAME = 60
MOST_RECALLED = 500
_HOLD = "SELECT pg_advisory_xact_lock_shared(hashtext(current_schema()))"
_HOLD_ALONE = "SELECT pg_advisory_xact_lock(hashtext(current_schema()))"
_VERSION = "SELECT version, holders, hooks FROM _layout"
ERROR_SUFFIX = "__error"  # beside a formula that may fail: the reason, NULL when it did not

_SQL_TYPE: dict[str, Any] = {
    "text": sql_types.TEXT,
    "select": sql_types.TEXT,
    "user": sql_types.TEXT,
    "department": sql_types.TEXT,
    "record": sql_types.TEXT,
    "number": sql_types.NUMBER,
    "boolean": sql_types.BOOLEAN,
    "date": sql_types.DATE,
    "date_time": sql_types.DATE_TIME,
    "list": sql_types.JSON_LIST,
    "file": sql_types.TEXT,
    "blank": sql_types.TEXT,
    "any": sql_types.TEXT,
}


class Layout:
    """One version of a workspace's definitions with everything that is worked out from them."""

    def __init__(self, apps: Apps, version: int, calendar: Calendar = ORDINARY) -> None:
        self.apps = apps
        self.version = version
        self.calendar = calendar  # SQL of expressions holds it, so another calendar is another layout
        self.types = FieldTypes(apps)
        self._metadata = sa.MetaData()
        self._tables: dict[str, sa.Table] = {}
        self._links: dict[tuple[str, str], sa.Table] = {}
        self._making = threading.RLock()  # one layout serves all threads, and an SQL table is made once
        self._memory: dict[Any, Any] = {}
        self._recalled: dict[Any, Any] = {}
        self._recalling = threading.Lock()

    def table(self, address: str) -> Table:
        """The table at `crm.accounts`. Raises `NotFound`."""
        found = self.apps.tables.get(address)
        if found is None:
            raise NotFound(_("There is no table {table}.", table=address))
        return found

    def sql(self, table: Table) -> sa.Table:
        """The SQL table that holds the records."""
        if table.address not in self._tables:
            with self._making:
                if table.address not in self._tables:
                    self._tables[table.address] = self._made(table)
        return self._tables[table.address]

    def links(self, field: Field) -> sa.Table:
        """The SQL table of a link to many: `record_id`, `linked_id`, `position`."""
        key = (field.table, field.key)
        if key not in self._links:
            with self._making:
                if key not in self._links:
                    self._links[key] = self._made_links(field)
        return self._links[key]

    # What records are read from; for somebody who may not see all of them, `engine/access/sight.py` answers otherwise.

    def rows(self, table: Table) -> FromClause:
        """What the records of a table are read from."""
        return self.sql(table)

    def source(self, table: Table) -> FromClause:
        """The same once more, to stand beside others of the same table."""
        return self.sql(table).alias()

    def leads(self, rows: FromClause, field: Field) -> ColumnElement[Any]:
        """The id that a link to one of these `rows` holds, to be compared with ids of records that are seen."""
        return rows.c[field.key]

    def pairs(self, field: Field) -> FromClause:
        """What the pairs of a link to many are read from."""
        return self.links(field).alias()

    def ties(self, field: Field) -> FromClause:
        """The pairs of a link to many, to tie records that are seen to records that are seen."""
        return self.links(field).alias()

    def shows_lines(self, field: Field) -> bool:
        """Whether the lines of a record are seen with it in this field, and not only how many there are."""
        return field.owns_lines

    def is_slow(self, address: str) -> bool:
        """Whether it costs something to read the fields of a record, so that it is worth to choose records first."""
        return False

    def asked_by(self, session: Session) -> Mapping[str, Any]:
        """The parameters that its `rows` take beside those of the question."""
        return {}

    def stored(self, field: Field) -> bool:
        """Whether the field has an SQL column of its own."""
        if field.is_link:
            return not field.many
        return not (field.kind.computed and self.types.uses_clock(field))

    def has_error(self, field: Field) -> bool:
        """Whether a stored computed field has a second SQL column that says why it has no value."""
        return field.kind.computed and self.types.of(field).can_fail

    def held_type(self, field: Field) -> Type:
        """The type of the field's values."""
        return self.types.of(field)

    def tables_named(self, field: Field) -> tuple[str, ...]:
        """The tables whose records the field names: a link's, or those of what is looked up."""
        if field.is_link or not field.kind.computed:
            return field.targets
        held = self.held_type(field)
        held = held.item if held.is_list and held.item else held
        return held.tables or ((held.table,) if held.table else ())

    def column_type(self, field: Field) -> Any:
        """The SQL type of a stored field."""
        if field.kind.holds == "json":
            return sql_types.JSON_TEXT
        return sql_type(self.types.of(field))

    def remember(self, key: Any, make: Callable[[], Made]) -> Made:
        """What `make` gives, made once in the life of this layout."""
        if key not in self._memory:
            self._memory[key] = make()
        return cast(Made, self._memory[key])

    def recall(self, key: Any, make: Callable[[], Made]) -> Made:
        """What `make` gives, kept as long as it is among the `MOST_RECALLED` that were asked for last.

        For what people ask: a filter as it was typed, with the statement that answers it.
        """
        with self._recalling:
            if key in self._recalled:
                found = self._recalled[key] = self._recalled.pop(key)
                return cast(Made, found)
        made = make()
        with self._recalling:
            self._recalled[key] = made
            if len(self._recalled) > MOST_RECALLED:
                del self._recalled[next(iter(self._recalled))]
        return made

    def _made_links(self, field: Field) -> sa.Table:
        return sa.Table(
            fitting(f"{field.table.replace('.', '__')}__{field.key}"),
            self._metadata,
            sa.Column("record_id", sql_types.TEXT, primary_key=True),
            sa.Column("linked_id", sql_types.TEXT, primary_key=True),
            sa.Column("position", sa.Integer, nullable=False),
        )

    def _made(self, table: Table) -> sa.Table:
        columns: list[sa.Column[Any]] = [sa.Column("id", sql_types.TEXT, primary_key=True)]
        for field in table.fields.values():
            if not self.stored(field):
                continue
            boolean = field.type == "checkbox"
            columns.append(
                sa.Column(
                    field.key,
                    self.column_type(field),
                    nullable=not boolean,
                    server_default=sa.false() if boolean else None,
                )
            )
            if self.has_error(field):
                columns.append(sa.Column(field.key + ERROR_SUFFIX, sql_types.TEXT))
        return sa.Table(sql_name(table.address), self._metadata, *columns)


def sql_type(held: Type) -> Any:
    """The SQL type of values of this type."""
    return _SQL_TYPE.get("list" if held.is_list else held.name, sql_types.TEXT)


def sql_name(address: str) -> str:
    """The SQL name of a table: `crm__accounts` for `crm.accounts`."""
    return fitting(address.replace(".", "__"))


def fitting(name: str) -> str:
    """`name`, or when PostgreSQL would cut it (63 bytes), its beginning with a fingerprint of the whole."""
    if len(name) <= MAX_NAME:
        return name
    return f"{name[: MAX_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class Versions(NamedTuple):
    """The version of the definitions, and of who has which roles; how many hooks there are."""

    definitions: int
    holders: int
    hooks: int


def current_versions(session: Session) -> Versions:
    """What a transaction asks first. Raises `Unproven`.

    On PostgreSQL a writer also keeps the definitions from changing until it is done.
    """
    return versions_in(session, session.ask(*first_texts(session)))


def first_texts(session: Session) -> list[str]:
    """How a transaction asks for the versions, and for the proof that it may."""
    held = session.dialect == "postgresql" and session.writing
    condition = "" if session.proof is None else f" WHERE {session.proof.condition}"
    return [*([_HOLD_ALONE if session.alone else _HOLD] if held else []), f"{_VERSION}{condition}"]


def versions_in(session: Session, found: Sequence[Row]) -> Versions:
    """The versions in the answer to that. Raises `Unproven`."""
    if session.proof is not None and (not found or not session.proof.holds()):
        raise Unproven
    return Versions(*map(int, found[0]))


def load(session: Session, version: int) -> Layout:
    """The layout as the store has it."""
    apps = workspace_tables.apps
    found = session.connection.execute(sa.select(apps.c.document, apps.c.revision).order_by(apps.c.position))
    documents = [(json.loads(document), revision) for document, revision in found]
    return Layout(Apps(documents, former_names.known(session)), version, calendar_of(calendar_document(session)))


def calendar_document(session: Session) -> dict[str, Any]:
    """The business calendar as it is kept: `hours` by weekday, and `days` that differ."""
    text = session.connection.execute(sa.select(workspace_tables.calendar.c.document)).scalar()
    if text is not None:
        kept: dict[str, Any] = json.loads(text)
        return kept
    hours = dict(zip(WEEKDAYS, map(shown_spans, ORDINARY.hours), strict=True))
    return {"hours": hours, "days": []}


def calendar_of(document: Mapping[str, Any]) -> Calendar:
    """What expressions need of such a document, which has been checked."""
    hours = tuple(read_spans(document["hours"][weekday]) or () for weekday in WEEKDAYS)
    return Calendar(hours, {one["day"]: read_spans(one["hours"]) or () for one in document["days"]})
