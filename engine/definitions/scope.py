"""What an expression about a record may name: fields by key or label, ways through links, settings, other tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.definitions import any_links
from engine.definitions.language import Field, Table
from engine.formulas import Type
from engine.formulas.types import BOOLEAN, DATE, DATE_TIME, DEPARTMENT, FILE, NUMBER, TEXT, USER, record_of
from engine.text import is_called

if TYPE_CHECKING:
    from engine.definitions.types import FieldTypes

Path = tuple[str, ...]


@dataclass(frozen=True)
class RecordScope:
    """What an expression about one record of `table` may name; `more` adds names such as `steps.order.id`."""

    types: FieldTypes
    table: Table | None
    settings_of: str = ""
    more: Mapping[Path, Type] | None = None

    def type_of(self, path: Path) -> Type | None:
        """The type of `{a.b}` written as ("a", "b"); None if there is nothing of that name."""
        if self.more and path in self.more:
            return self.more[path]
        if path[0] == "settings" and len(path) == 2 and self.settings_of:
            return self._setting(path[1])
        if self.table is None:
            return None
        if path == ("id",):
            return record_of(self.table.address)
        return self.types.along(self.table, self.resolve(path) or path)

    def along(self, path: Path) -> RecordScope:
        """What an expression about the records at the end of a path of links may name."""
        table = self.table
        for part in path:
            _field, table = self.types.apps.step(table, part)
        return RecordScope(self.types, table, table.app if table else "")

    def names(self) -> Iterable[str]:
        """Names to suggest when one is not known."""
        fields = self.table.fields.values() if self.table else ()
        yield from (one.key for one in fields)
        yield from (".".join(path) for path in self.more or ())

    def find_table(self, name: str) -> tuple[str, RecordScope] | None:
        """The table of this app that is called so by key or label, or another app's by its address."""
        apps, app = self.types.apps, self.settings_of or (self.table.app if self.table else "")
        found = apps.tables.get(apps.address(app, name) if app in apps else name)
        if found is None and app in apps:
            tables = apps[app].tables.values()
            found = next((one for one in tables if is_called(one.label, name)), None)
            found = found or next((one for one in tables if name in one.former), None)
        return None if found is None else (found.address, self.types.scope(found.address))

    def numbered_by(self) -> Path | None:
        """The field that numbers the records, if one does."""
        fields = self.table.fields.values() if self.table else ()
        return next(((one.key,) for one in fields if one.kind.drawn and one.kind.holds == "number"), None)

    def is_logged(self, path: Path) -> bool:
        """Whether the log tells when the field changed: one of the record's own that people fill in."""
        keys = self.resolve(path)
        field = self.table.fields[keys[0]] if self.table and keys and len(keys) == 1 else None
        return field is not None and field.writable and not field.is_side

    def resolve(self, path: Path) -> Path | None:
        """The path by keys, where a part may have been written as a label in any language.

        A link to any of several tables and the table that is named after it become one part: `about@crm.leads`.
        """
        table = self.table
        keys: list[str] = []
        field: Field | None = None
        rest = list(path)
        while rest:
            part = rest.pop(0)
            led_to = any_links.table_named(self.types, field, part, rest) if field else None
            if led_to is not None:
                table = led_to
                keys[-1] += f"@{table.address}"
                field = None
                continue
            field = _by_key_or_label(table, part) if table else None
            if field is None:
                asked = ("id",) if table is not None else (*FILE_PARTS, *any_links.PARTS)
                return (*keys, part) if keys and not rest and part in asked else None
            keys.append(field.key)
            table = self.types.apps.tables.get(field.target or "")
        return tuple(keys)

    def written(self, path: Path) -> str:
        """A path by keys as a definition says it: `about@crm.leads` is `about.leads`."""
        here, parts = self.table, []
        for part in path:
            key, _at, address = part.partition("@")
            field = here.fields.get(key) if here else None
            parts += [key, *([any_links.name_of(self.types, field, address)] if field and address else [])]
            _field, here = self.types.apps.step(here, part)
        return ".".join(parts)

    def _setting(self, key: str) -> Type | None:
        app = self.types.apps.get(self.settings_of)
        setting = app.document.get("settings", {}).get(key) if app else None
        return HELD[SETTING_HOLDS[setting["type"]]] if setting else None


SETTING_HOLDS = {
    "text": "text",
    "number": "number",
    "currency": "number",
    "percent": "number",
    "checkbox": "boolean",
    "date": "date",
}
HELD = {
    "text": TEXT,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "date_time": DATE_TIME,
    "time": TEXT,
    "json": TEXT,
    "files": FILE,
    "user": USER,
    "users": USER,
    "department": DEPARTMENT,
    "signature": TEXT,
}
# What an expression may ask of files: `{photos.filename}`, `SUM({photos.size})`.
FILE_PARTS: Mapping[str, Type] = {
    "filename": TEXT,
    "type": TEXT,
    "kind": TEXT,
    "size": NUMBER,
    "width": NUMBER,
    "height": NUMBER,
}


def _by_key_or_label(table: Table, part: str) -> Field | None:
    if part in table.fields:
        return table.fields[part]
    fields = table.fields.values()
    called = next((one for one in fields if is_called(one.label, part)), None)
    return called or next((one for one in fields if part in one.former), None)
