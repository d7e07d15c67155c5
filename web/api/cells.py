"""Values as they stand in answers. Empty cells, empty lists and unticked boxes are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine import departments, files, people
from engine.definitions.language import Field
from engine.formulas import Type
from engine.formulas.types import FILE
from engine.records import Record
from engine.shown import repeated_field
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.text import label_in
from web.api.file_links import FileLinks
from web.api.naming import Names

Shape = Callable[[Any], Any]
User = dict[str, str]


class Cells:
    """Turns records of one table into the objects of an answer."""

    def __init__(
        self,
        session: Session,
        names: Names,
        keys: Sequence[str] | None = None,
        *,
        by_key: bool = False,
        links: FileLinks | None = None,
    ):
        """`keys`: the fields to answer, in order; None: those that are shown. `by_key`: named by key, not by label.

        `links` makes the addresses of files; without it a file stays its id.
        """
        layout, language = session.layout, session.workspace.language
        self._session = session
        self._links = links
        self._users: dict[str, User] | None = None
        self._departments: dict[str, str] | None = None
        self._files: dict[str, Any] = {}
        self._with_files: list[str] = []
        self._columns: list[tuple[str, str, Shape | None]] = []
        wanted = names.shown if keys is None else keys
        for key, label, kind in layout.recall(
            ("api.cells", names.table.address, tuple(wanted), by_key, language),
            lambda: [
                (one, one if by_key else names.labels[one], _shape_of(layout, names.table.fields[one], language))
                for one in wanted
            ],
        ):
            shape: Shape | None = None if isinstance(kind, str) else kind
            if kind == "user":
                shape = self._user
            elif kind == "department":
                shape = self._department
            elif kind == "file" and links is not None:
                shape = self._file
                self._with_files.append(key)
            self._columns.append((key, label, shape))

    def records(self, found: Sequence[Record]) -> list[dict[str, Any]]:
        """Each as `record` gives it; their files are looked up once."""
        ids = {file_id for one in found for key in self._with_files for file_id in one.values.get(key) or ()}
        if ids and self._links is not None:
            known = files.known(self._session, ids)
            self._files |= {file_id: self._links.object_of(file) for file_id, file in known.items()}
        return [self._record(one) for one in found]

    def record(self, record: Record) -> dict[str, Any]:
        """`{"id", "createdTime", "fields"}`."""
        return self.records([record])[0]

    def _record(self, record: Record) -> dict[str, Any]:
        values = record.values
        fields = {}
        for key, name, shape in self._columns:
            value = values.get(key)
            if not value and (value is None or value == "" or value == []):
                continue
            if shape is not None:
                value = shape(value)
                if value is None:
                    continue
            fields[name] = value
        return {"id": record.id, "createdTime": values["created_at"], "fields": fields}

    def value(self, key: str, value: Any) -> Any:
        """One value of one of the fields, None when it is empty."""
        shape = next(shape for each, _name, shape in self._columns if each == key)
        return value if value is None or shape is None else shape(value)

    def _file(self, value: Any) -> Any:
        return [self._files[one] for one in value if one in self._files]

    def _user(self, value: Any) -> Any:
        if self._users is None:
            known = people.everybody_ever(self._session)
            self._users = {one.id: {"id": one.id, "email": one.email, "name": one.name} for one in known}
        if isinstance(value, list):
            return [self._user(one) for one in value]
        return self._users.get(value) or {"id": value, "email": "", "name": ""}

    def _department(self, value: Any) -> Any:
        if self._departments is None:
            self._departments = departments.names(self._session)
        if isinstance(value, list):
            return [self._department(one) for one in value]
        return {"id": value, "name": self._departments.get(value, value)}


def _shape_of(layout: Layout, field: Field, language: str) -> Shape | str | None:
    """How a value that is not empty is shaped; None: it stays as it is; `user`, `department`, `file`: it is an id."""
    if layout.held_type(field).item == FILE:
        return "file"
    if field.is_link:
        return None if field.many else _in_list
    if field.type in _SHAPES:
        return _SHAPES[field.type](field, language)
    if field.kind.holds == "computed":
        return _computed_shape(layout, field, language)
    if (item := _item_of(layout, field).name) in _NAMED:
        return item
    if field.kind.names == "choices":
        labels = _labels(field.options["choices"], language)
        return _each(labels) if field.kind.listed else labels
    return _ticked if field.kind.holds == "boolean" else None


_NAMED = frozenset({"user", "department"})  # held as ids, answered as who or what that is


def _barcode(_field: Field, _language: str) -> Shape:
    return lambda value: {"text": value}


def _button(field: Field, language: str) -> Shape:
    label = label_in(field.options.get("text", field.label), language, field.key)
    return lambda value: value if isinstance(value, Mapping) else {"label": label, "url": value}


# The types whose values clients know as objects, where ours are texts.
_SHAPES: Mapping[str, Callable[[Field, str], Shape]] = {"barcode": _barcode, "button": _button}


def _computed_shape(layout: Layout, field: Field, language: str) -> Shape | str | None:
    item = _item_of(layout, field)
    if item.name in _NAMED:
        return item.name
    inner = _item_shape(layout, field, item, language)
    # Looked up through a link to one record it is still a list: clients read a lookup as one.
    held = layout.held_type(field)
    listed = field.type == "lookup" and not held.is_list
    if inner is _same and not (listed or held.can_fail):
        return None

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {"error": value["error"]}
        found = [inner(one) for one in value] if isinstance(value, list) else inner(value)
        return [found] if listed else found

    return shape


def _item_of(layout: Layout, field: Field) -> Type:
    """The type of the field's value, or of its items where it is a list."""
    held = layout.held_type(field)
    return held.item if held.is_list and held.item else held


def _item_shape(layout: Layout, field: Field, item: Type, language: str) -> Shape:
    if item.name != "select":
        return _same
    source = repeated_field(layout, field)
    while source is not None and source.kind.computed:
        source = repeated_field(layout, source)
    if source is not None and "choices" in source.options:
        return _labels(source.options["choices"], language)
    labels = dict(item.choices)
    return lambda value: labels.get(value, value)


def _labels(choices: Mapping[str, Mapping[str, Any]], language: str) -> Shape:
    labels = {key: str(label_in(one["label"], language, key)) for key, one in choices.items()}
    return lambda value: labels.get(value, value)


def _in_list(value: Any) -> list[Any]:
    return [value]


def _each(shape: Shape) -> Shape:
    return lambda value: [shape(one) for one in value]


def _ticked(value: Any) -> Any:
    return True if value else None


def _same(value: Any) -> Any:
    return value
