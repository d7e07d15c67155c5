"""How views are shown: one file per view type, like `html/views/<type>.html` that draws what it gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from engine import views
from engine.access import door
from engine.access.principals import Principal
from engine.definitions.language import Field, Table, View
from engine.errors import NotFound
from engine.queries import MAX_SORTS, Query
from engine.registry import Registry
from engine.storage.record_rows import Values
from engine.storage.session import Session
from engine.text import _
from web.addresses import At
from web.asked import Asked
from web.fields import Shown, shown_field
from web.filtering import Filters, filters_of

PAGE_SIZE = 50


class Reading(Protocol):
    """Who looks, and by which addresses."""

    @property
    def principal(self) -> Principal: ...

    @property
    def at(self) -> At: ...


@dataclass(frozen=True)
class Looking:
    """One reader looking at one view: what the view shows, narrowed by what the address asks."""

    session: Session
    place: Reading
    table: Table
    view: View
    asked: Asked
    filters: Filters

    @property
    def may_write(self) -> bool:
        """Whether the reader may change records."""
        return door.may(self.place.principal, "update", self.table)

    @property
    def may_create(self) -> bool:
        """Whether the reader may create records."""
        return door.may(self.place.principal, "create", self.table)

    @property
    def may_delete(self) -> bool:
        """Whether the reader may delete records."""
        return door.may(self.place.principal, "delete", self.table)

    @property
    def query(self) -> Query:
        """All records that are shown, on whichever page."""
        sort = [one for one in self.asked.sort if self._sortable(one)][:MAX_SORTS]
        where = self.filters.conditions
        return views.query_of(self.table, self.view, where=where, sort=sort, search=self.asked.search)

    @property
    def sort(self) -> list[str]:
        """The order that holds: the reader's, else the view's."""
        return list(self.query.sort)

    @property
    def fields(self) -> list[Field]:
        """The fields shown, the title first: the reader's choice, else the view's."""
        chosen = [self.table.fields[key] for key in self.asked.fields if key in self.table.fields]
        if not chosen:
            return self.table.shown_in(self.view)
        title = self.table.fields[self.table.title]
        return [title, *(one for one in chosen if one.key != title.key)]

    @property
    def shown(self) -> list[Shown]:
        """The fields as pages draw them; nothing can be edited by those who may not write."""
        return [
            shown if self.may_write and not (field.owns_lines or field.masked) else replace(shown, editable=False)
            for field in self.fields
            for shown in (shown_field(self.session.layout, field),)
        ]

    @property
    def here(self) -> str:
        """The view's address without what the reader asks."""
        return self.place.at.view(self.table.app, self.table.key, self.view.key)

    @property
    def records_at(self) -> str:
        """The address of a record opened over this view, without its id."""
        query = self.asked.query()
        return f"{self.here}{query}{'&' if query else '?'}record="

    def address(self, asked: Asked | None = None, **more: str) -> str:
        """The view's address asking `asked` (what is asked now), with other parameters."""
        return self.here + (asked or self.asked).query(**more)

    def _sortable(self, one: str) -> bool:
        field = self.table.fields.get(one.removeprefix("-"))
        return field is not None and not shown_field(self.session.layout, field).many


def looking(session: Session, place: Reading, app: str, table: str, view: str, asked: Asked) -> Looking:
    """Raises `NotFound` when there is no such table or view."""
    of = session.layout.table(f"{app}.{table}")
    chosen = views.get(session, of.address, view)
    return Looking(session, place, of, chosen, asked, filters_of(session.layout, of, asked))


class Drawing(ABC):
    """How one type of view is shown."""

    name: str

    @abstractmethod
    def content(self, at: Looking) -> dict[str, Any]:
        """What `html/views/<type>.html` draws."""

    def moved(self, at: Looking, record: str, given: Mapping[str, str]) -> tuple[Values, str]:
        """What a record is set to by being put elsewhere in the view, as `given` says, and what is said of it.

        Raises `NotFound` where there is nowhere to go, `Refused`.
        """
        raise NotFound(_("Records of this view are not moved."))

    @abstractmethod
    def neighbours(self, at: Looking, record: str) -> tuple[str, str]:
        """The addresses that show the record before and the one after, in the view's order; empty at an end."""


drawings: Registry[Drawing] = Registry("web.views", Drawing)
