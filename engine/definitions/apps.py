"""All apps of a workspace together, since links between them give both sides a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from engine.definitions.documents import address, read_app
from engine.definitions.language import SYSTEM_FIELDS, App, Automation, Document, Field, Table

# Of an app the names that its tables had, of a table those of its fields, each with the key of what had it last.
Former = Mapping[str, Mapping[str, str]]


class Apps(Mapping[str, App]):
    """All apps of a workspace by key, in the order in which people see them."""

    def __init__(self, documents: Iterable[tuple[Document, int]], former: Former = MappingProxyType({})) -> None:
        """From each app's document and the number of its revision. The documents have been checked.

        `former` has the names that tables (of `crm`) and fields (of `crm.accounts`) had.
        """
        pairs = list(documents)
        self.former = former
        self._apps = {str(document["key"]): read_app(document, revision) for document, revision in pairs}
        self._add_inverses()
        self._add_former()

    @classmethod
    def of(cls, apps: Iterable[App]) -> Apps:
        """Apps that are complete already, other sides of links included."""
        made = cls(())
        made._apps = {one.key: one for one in apps}
        made.__dict__.pop("tables", None)
        return made

    def __getitem__(self, key: str) -> App:
        return self._apps[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._apps)

    def __len__(self) -> int:
        return len(self._apps)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table by its address, `crm.accounts`."""
        return {table.address: table for app in self.values() for table in app.tables.values()}

    @cached_property
    def automations(self) -> dict[str, Automation]:
        """Every automation by its address, `crm.won_fans_out`."""
        return {one.address: one for app in self.values() for one in app.automations.values()}

    def address(self, app: str, name: str) -> str:
        """The address that `name` (`accounts`, `crm.accounts`, `@customer`) means inside `app`."""
        return address(self._apps[app].document, name)

    def step(self, table: Table | None, part: str) -> tuple[Field | None, Table | None]:
        """The field of a table that a part of a path names, and the table that it leads to.

        Of a link to any of several tables the part may say which of them: `about@crm.leads`; it is a plain link then.
        """
        key, _at, address = part.partition("@")
        field = table.fields.get(key) if table else None
        if field is not None and address:
            field = field.narrowed_to(address) if address in field.targets else None
        return field, self.tables.get(field.target or "") if field else None

    def provider(self, role: str, without: str | None = None) -> str | None:
        """The address of the table that some installed app (not `without`) provides as `role`."""
        for app in self.values():
            if app.key != without and role in app.document.get("provides", {}):
                return address(app.document, app.document["provides"][role])
        return None

    def _add_inverses(self) -> None:
        links = [one for table in self.tables.values() for one in table.fields.values() if one.inverse_key]
        for link, led_to in [(one, led_to) for one in links for led_to in one.targets]:
            target = self.tables.get(led_to)
            if target is None or not link.inverse_key or link.inverse_key in target.fields:
                continue
            source = self.tables[link.table]
            inverse = link.options["inverse"]
            other_side = Field(
                table=target.address,
                key=link.inverse_key,
                type="link",
                label=(inverse.get("label") if isinstance(inverse, Mapping) else None) or source.plural or source.label,
                options={"to": source.address, "many": True},
                targets=(source.address,),
                inverse_of=link.key,
                declared=False,
            )
            own = {key: one for key, one in target.fields.items() if key not in SYSTEM_FIELDS}
            system = {key: target.fields[key] for key in SYSTEM_FIELDS}
            fields = {**own, other_side.key: other_side, **system}
            self._replace(replace(target, fields=fields))

    def _add_former(self) -> None:
        for table in list(self.tables.values()):
            names, of_fields = self.former.get(table.app, {}), self.former.get(table.address, {})
            if table.key in names.values() or of_fields:
                fields = {key: replace(one, former=_led_by(of_fields, key)) for key, one in table.fields.items()}
                self._replace(replace(table, fields=fields, former=_led_by(names, table.key)))

    def _replace(self, table: Table) -> None:
        app = self._apps[table.app]
        self._apps[table.app] = replace(app, tables={**app.tables, table.key: table})
        self.__dict__.pop("tables", None)


def _led_by(names: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(name for name, led_to in names.items() if led_to == key)
