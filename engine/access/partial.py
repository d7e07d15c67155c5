"""A part of a workspace as a layout: its tables are read from selects that give only the records and fields in it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause

from engine.definitions.language import Field, Table
from engine.storage.expressions import Records, moment
from engine.storage.layout import ERROR_SUFFIX, Layout

if TYPE_CHECKING:
    from engine.storage.session import Session


class Partial(Layout):
    """A subclass says which records and which columns. Nobody writes through it."""

    _selects: dict[str, sa.Select[Any]]

    def sql(self, table: Table) -> sa.Table:
        """Raises `TypeError`: there is no SQL table that holds just this part."""
        raise TypeError(f"{table.address} can only be read here")

    def links(self, field: Field) -> sa.Table:
        """See `sql`."""
        raise TypeError(f"{field.table}.{field.key} can only be read here")

    def rows(self, table: Table) -> FromClause:
        return self._select(table.address).subquery()

    def source(self, table: Table) -> FromClause:
        return self.rows(table)

    def asked_by(self, session: Session) -> Mapping[str, Any]:
        return moment(session)

    def stored(self, field: Field) -> bool:
        return not field.many

    def has_error(self, field: Field) -> bool:
        return field.key + ERROR_SUFFIX in self._select(field.table).selected_columns

    def _select(self, address: str) -> sa.Select[Any]:
        if address not in self._selects:
            self._selects[address] = self._made_select(address)
        return self._selects[address]

    def _made_select(self, address: str) -> sa.Select[Any]:
        records = self._records(address)
        columns: list[ColumnElement[Any]] = [records.rows.c.id]
        for field in self.apps.tables[address].fields.values():
            if not field.many:
                columns += self._columns(records, field)
        return sa.select(*columns).where(*self._tests(records))

    @abstractmethod
    def _records(self, address: str) -> Records:
        """The records that the part is taken from."""

    @abstractmethod
    def _tests(self, records: Records) -> Iterable[ColumnElement[bool]]:
        """What holds for those that are in it."""

    @abstractmethod
    def _columns(self, records: Records, field: Field) -> Iterator[ColumnElement[Any]]:
        """The columns that stand for a field."""
