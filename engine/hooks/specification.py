"""What a hook asks to be told of: which sorts of changes, of which tables and fields, by whom, with what beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.definitions.language import App
from engine.errors import Problem, Refused
from engine.text import _

DataType = Literal["tableData", "tableFields", "tableMetadata"]
DATA_TYPES = ("tableData", "tableFields", "tableMetadata")
CHANGE_TYPES = ("add", "remove", "update")
# Who made a change, in the words of those who ask; a principal's kind says which.
SOURCES: Mapping[str, str] = {
    "person": "client",
    "token": "publicApi",
    "public_form": "formSubmission",
    "automation": "automation",
    "engine": "system",
}
OTHER_SOURCES = ("formPageSubmission", "sync", "anonymousUser", "unknown")  # that nobody here is


@dataclass(frozen=True)
class Specification:
    """A hook's wishes. None: all of them. `values`: keys of fields whose values come along; None for all.

    `view` is one of `table`, which limits the records; `form` the address of the only form of which sendings count.
    """

    data_types: frozenset[str]
    change_types: frozenset[str] | None = None
    table: str | None = None
    view: str | None = None
    form: str | None = None
    sources: frozenset[str] | None = None
    fields: frozenset[str] | None = None
    schemas: frozenset[str] | None = None
    values: frozenset[str] | None = frozenset()
    previous: bool = False
    previous_definitions: bool = False

    def wants(self, data: DataType, change: str, table: str) -> bool:
        """Whether it asks for changes of this sort in the table with this key."""
        return (
            data in self.data_types
            and (self.change_types is None or change in self.change_types)
            and (self.table is None or self.table == table)
        )


def read(given: Any, app: App) -> Specification:
    """The wishes as a client describes them. Raises `Refused` with every problem below `/specification`."""
    reader = _Reader(app)
    options = reader.object(given, "options", "")
    filters = reader.object(options, "filters", "/options")
    includes = reader.object(options, "includes", "/options", needed=False)
    table, view = reader.scope(filters.get("recordChangeScope"))
    found = Specification(
        data_types=reader.words(filters, "dataTypes", DATA_TYPES) or frozenset(),
        change_types=reader.words(filters, "changeTypes", CHANGE_TYPES),
        table=table,
        view=view,
        form=reader.form(reader.object(filters, "sourceOptions", "/options/filters", needed=False)),
        sources=reader.words(filters, "fromSources", (*SOURCES.values(), *OTHER_SOURCES)),
        fields=reader.fields(filters.get("watchDataInFieldIds"), "/options/filters/watchDataInFieldIds"),
        schemas=reader.fields(filters.get("watchSchemasOfFieldIds"), "/options/filters/watchSchemasOfFieldIds"),
        values=reader.values(includes.get("includeCellValuesInFieldIds")),
        previous=includes.get("includePreviousCellValues") is True,
        previous_definitions=includes.get("includePreviousFieldDefinitions") is True,
    )
    if not found.data_types and not reader.problems:
        reader.refuse("/options/filters/dataTypes", _("Name at least one of: {words}.", words=", ".join(DATA_TYPES)))
    if reader.problems:
        raise Refused(reader.problems)
    return found


class _Reader:
    """Reads parts of a specification and keeps what is wrong with them."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.problems: list[Problem] = []

    def refuse(self, at: str, says: str) -> None:
        self.problems.append(Problem(f"/specification{at}", says, "specification"))

    def object(self, given: Any, name: str, at: str, *, needed: bool = True) -> Mapping[str, Any]:
        value = given.get(name) if isinstance(given, Mapping) else None
        if isinstance(value, Mapping):
            return value
        if needed or value is not None:
            self.refuse(f"{at}/{name}", _("{name} must be an object.", name=name))
        return {}

    def words(self, given: Mapping[str, Any], name: str, known: tuple[str, ...]) -> frozenset[str] | None:
        found = self._texts(given.get(name), f"/options/filters/{name}")
        unknown = [one for one in found or () if one not in known]
        if unknown:
            says = _("{word} is none of: {words}.", word=unknown[0], words=", ".join(known))
            self.refuse(f"/options/filters/{name}", says)
        return found

    def scope(self, given: Any) -> tuple[str | None, str | None]:
        """A table, or a view by its table and key: `orders.open`."""
        if given is None:
            return None, None
        table, _dot, view = str(given).partition(".")
        if table not in self.app.tables or (view and view not in self.app.tables[table].views):
            self.refuse("/options/filters/recordChangeScope", _("There is no table or view {name}.", name=str(given)))
        return table, view or None

    def form(self, given: Mapping[str, Any]) -> str | None:
        """The form that `{"formSubmission": {"viewId": "leads.enquiry"}}` names, by its address."""
        at = "/options/filters/sourceOptions"
        unknown = [one for one in given if one != "formSubmission"]
        if unknown:
            self.refuse(f"{at}/{unknown[0]}", _("This cannot be asked for here."))
        name = self.object(given, "formSubmission", at, needed=False).get("viewId")
        if name is None:
            return None
        table, _dot, key = str(name).partition(".")
        if table not in self.app.tables or key not in self.app.tables[table].forms:
            self.refuse(f"{at}/formSubmission/viewId", _("There is no form {name}.", name=str(name)))
        return f"{self.app.key}.{name}"

    def fields(self, given: Any, at: str) -> frozenset[str] | None:
        found = self._texts(given, at)
        known = {key for table in self.app.tables.values() for key in table.fields}
        unknown = sorted((found or frozenset()) - known)
        if unknown:
            self.refuse(at, _("There is no field {name}.", name=unknown[0]))
        return found

    def values(self, given: Any) -> frozenset[str] | None:
        if given == "all":
            return None
        return self.fields(given, "/options/includes/includeCellValuesInFieldIds") or frozenset()

    def _texts(self, given: Any, at: str) -> frozenset[str] | None:
        if given is None or given == []:
            return None
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            self.refuse(at, _("This must be a list of texts."))
            return None
        return frozenset(given)
