"""Tables, fields and views by the names that clients use: keys, or labels in any language. Made once per layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from engine.definitions.language import SYSTEM_FIELDS, App, Field, Table, View
from engine.errors import Problem, Refused
from engine.settings import LANGUAGES
from engine.storage.layout import Layout
from engine.text import Label, Text, _, label_in, translated
from web.api.errors import ApiRefusal, NoSuchThing
from web.texts import catalog

Named = TypeVar("Named")


@dataclass(frozen=True)
class Names:
    """The fields of one table: `fields` by every name they answer to, `labels` by key as answers say them."""

    table: Table
    fields: Mapping[str, Field]
    labels: Mapping[str, str]
    shown: Sequence[str]  # keys of what is answered unless the client chooses

    def key(self, name: str, at: str = "") -> str:
        """The key of the field called `name`. Raises `Refused` at `at`."""
        return self.keys([name], at)[0]

    def keys(self, names: Iterable[str], at: str = "") -> list[str]:
        """The keys of several fields. Raises `Refused` with every name that is unknown."""
        found = [(name, self.fields.get(name)) for name in names]
        unknown = [name for name, field in found if field is None]
        if unknown:
            raise Refused([Problem(at or f"/{name}", unknown_field(name), "unknown_field", name) for name in unknown])
        return [field.key for _name, field in found if field is not None]


def unknown_field(name: str) -> Text:
    """The sentence that clients expect for it."""
    return _('Unknown field name: "{name}"', name=name)


def app_named(layout: Layout, name: str) -> App:
    """The app with this key. Raises `NoSuchThing`."""
    app = layout.apps.get(name)
    if app is None:
        raise NoSuchThing
    return app


def table_named(layout: Layout, app: str, name: str) -> Table:
    """The table of the app, by key or label. Raises `ApiRefusal`."""
    tables = layout.remember(("api.tables", app), lambda: _tables(app_named(layout, app)))
    if name not in tables:
        raise ApiRefusal(404, "TABLE_NOT_FOUND", f"Could not find table {name} in application {app}")
    return tables[name]


def field_named(names: Names, name: str) -> Field:
    """The field that a path names. Raises `ApiRefusal`."""
    found = names.fields.get(name)
    if found is None:
        raise ApiRefusal(404, "MODEL_ID_NOT_FOUND", f"Could not find field {name}")
    return found


def view_id(table: Table, view: View) -> str:
    """What a view is called among all of its app."""
    return f"{table.key}.{view.key}"


def view_with_id(app: App, name: str) -> tuple[Table, View]:
    """The view that is so called, with its table. Raises `ApiRefusal`."""
    for table in app.tables.values():
        for view in table.views.values():
            if view_id(table, view) == name:
                return table, view
    raise ApiRefusal(404, "VIEW_NAME_NOT_FOUND", f"View {name} not found")


def view_named(table: Table, name: str) -> View:
    """The view of the table, by id, key or label. Raises `ApiRefusal`."""
    views = {view_id(table, one): one for one in table.views.values()}
    found = views.get(name) or _by_name([(one, one.key, (one.label,), ()) for one in table.views.values()]).get(name)
    if found is None:
        raise ApiRefusal(422, "VIEW_NAME_NOT_FOUND", f"View {name} not found")
    return found


def names_of(layout: Layout, table: Table, language: str) -> Names:
    """The names of the table's fields; answers are in `language`."""
    return layout.remember(("api.names", table.address, language), lambda: _names(table, language))


def said(label: Label | None, language: str, otherwise: str = "") -> str:
    """A label in one language, as a plain string."""
    text = label_in(label, language, otherwise)
    return str(translated(text, catalog(language).gettext, language)) if isinstance(text, Text) else text


def _tables(app: App) -> dict[str, Table]:
    return _by_name([(one, one.key, (one.label, one.plural), one.former) for one in app.tables.values()])


def _names(table: Table, language: str) -> Names:
    fields = _by_name([(one, one.key, (one.label,), one.former) for one in table.fields.values()])
    labels = {}
    for field in table.fields.values():
        label = said(field.label, language, field.key)
        # Two fields may have one label, or one the other's key: then the key is the name that leads back here.
        labels[field.key] = label if fields.get(label) is field else field.key
    shown = [key for key in table.fields if key not in SYSTEM_FIELDS]
    return Names(table, fields, labels, shown)


def _by_name(things: Iterable[tuple[Named, str, Iterable[Label | None], Iterable[str]]]) -> dict[str, Named]:
    """Things by key, by label in every language, and by what they were called before.

    A key counts before a label, a label before a former one, the first thing before the second.
    """
    found: dict[str, Named] = {}
    labelled: dict[str, Named] = {}
    formerly: dict[str, Named] = {}
    for thing, key, labels, former in things:
        found[key] = thing
        for name in former:
            formerly.setdefault(name, thing)
        for label in labels:
            for spelling in _spellings(label):
                labelled.setdefault(spelling, thing)
    return {**formerly, **labelled, **found}


def _spellings(label: Label | None) -> set[str]:
    if isinstance(label, Text):
        return {said(label, language) for language in LANGUAGES}
    if label is None:
        return set()
    return {label} if isinstance(label, str) else set(label.values())
