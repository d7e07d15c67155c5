"""A workspace as somebody sees it who may not see everything.

A sight is a layout in which what may not be seen is not there: no app, table, field, view or form. The records of a
table are read from a subquery that gives only those which are seen, with fields masked and links that lead to what
is not seen left empty. Whatever makes SQL from a session's layout therefore keeps to it without knowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause

from engine.access.partial import Partial
from engine.access.principals import Principal
from engine.access.rights import OfSent, Rights, Rule, TableRights, roles_in
from engine.definitions.apps import Apps
from engine.definitions.check import view_problems
from engine.definitions.language import App, Automation, Field, Form, Table, View
from engine.definitions.rules import Rules
from engine.definitions.types import FieldTypes
from engine.formulas import Formula, Type
from engine.storage import sql_types
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Clock, Records, clock_of
from engine.storage.layout import ERROR_SUFFIX, Layout
from engine.view_types import grouped_field, view_types

if TYPE_CHECKING:
    from engine.storage.session import Session

LEADS = "__LEADS"  # beside a link: the id that it holds whether that record is seen or not; keys are in lower case
# What everybody who sees an app may know of its document.
_WORKED_OUT = frozenset({"through", "field", "where", "sort"})  # options that name other fields
_NONE: Mapping[str, Automation] = {}
_OF_STEPS = ("action", "label", "table")
_PUBLIC = ("formwork", "key", "label", "description", "icon", "color", "version", "settings", "bindings", "requires")


def of(session: Session) -> Layout:
    """The workspace as the one who asks sees it; the layout itself for who sees everything."""
    whole, asker = session.whole, session.principal.eyes
    if asker.sent:  # one record of a public form: too many to be kept
        return Sight(whole, OfSent(whole.apps, whole.types, asker), clock_of(session))
    scope, everything = asker.scope, sees_everything(asker) or not _have_roles(whole)
    if everything and not scope.within:
        return whole
    held = None if everything else _held(session, asker)
    clock = clock_of(session)

    def made() -> Layout:
        rights = Rights(whole.apps, whole.types, held, asker.role, scope)
        rights.leave_with(asker.takes)
        return Sight(whole, rights, clock)

    return whole.recall(("sight", held, asker.role, scope.within, asker.takes, clock), made)


def roles_of(session: Session) -> dict[str, list[str]]:
    """The keys of the roles that count for the one who asks, by app; owners and builders count as having all."""
    asker, apps = session.principal.eyes, session.whole.apps.values()
    if sees_everything(asker):
        return {one.key: list(one.roles) for one in apps}
    held = _held(session, asker) if _have_roles(session.whole) else ()
    return {one.key: [role.key for role in roles_in(one, held, asker.role)] for one in apps}


def _held(session: Session, asker: Principal) -> frozenset[str]:
    return session.store.roles_of(session, asker.user_id or "") if asker.held is None else asker.held


def _have_roles(whole: Layout) -> bool:
    return whole.remember("have roles", lambda: any(app.roles for app in whole.apps.values()))


def sees_everything(asker: Principal) -> bool:
    """Whether no role limits what the principal sees. A public form does, by the door's own rule."""
    return asker.kind in {"engine", "automation", "public_form"} or asker.role in {"owner", "builder"}


class Sight(Partial):
    """What somebody with certain roles sees on one day. Its SQL tables are only to be read from."""

    def __init__(self, whole: Layout, rights: Rights, clock: Clock) -> None:
        self._whole = whole
        self.rights = rights
        self._clock = clock
        self._selects: dict[str, sa.Select[Any]] = {}
        tables = {one.address: one for one in map(self._seen, whole.apps.tables.values()) if one is not None}
        askable = {address: askable_fields(one) for address, one in tables.items()}
        types = SeenTypes(apps_of(whole.apps, askable), whole.types)
        shown = {address: with_views(one, types) for address, one in tables.items()}
        automations = {one.address: one for one in map(self._given, whole.apps.automations.values()) if one is not None}
        super().__init__(apps_of(whole.apps, shown, automations), whole.version, whole.calendar)
        self.types = types

    def leads(self, rows: FromClause, field: Field) -> ColumnElement[Any]:
        return rows.c[field.key + LEADS] if field.key + LEADS in rows.c else rows.c[field.key]

    def pairs(self, field: Field) -> FromClause:
        pairs = self._whole.links(field).alias()
        ends = ((pairs.c.record_id, (field.table,)), (pairs.c.linked_id, field.targets))
        tests = [self._is_seen(column, tables, pairs) for column, tables in ends if self._some_are_hidden(tables)]
        return sa.select(pairs).where(*tests).subquery()

    def ties(self, field: Field) -> FromClause:
        return self._whole.links(field).alias()

    def is_slow(self, address: str) -> bool:
        links = [one for one in self.apps.tables[address].fields.values() if one.is_link and not one.many]
        whole = self._whole.table(address).fields
        return any(self._some_are_hidden(whole[one.key].targets) for one in links)

    def _columns(self, records: Records, field: Field) -> Iterator[ColumnElement[Any]]:
        found = records.field(field.key)
        value, error = found.value, found.error
        where = self._holds(self.rights.seen(records.table.fields[field.key]), records) if field.masked else []
        if field.is_link and self._some_are_hidden(records.table.fields[field.key].targets):
            yield _where(value, where).label(field.key + LEADS)
            value = sa.case((self._is_seen(value, field.targets, records.rows), value), else_=sa.null())
        yield sa.type_coerce(_where(value, where), self.column_type(field)).label(field.key)
        if error is not None:
            yield sa.type_coerce(_where(error, where), sql_types.TEXT).label(field.key + ERROR_SUFFIX)

    def _tests(self, records: Records) -> list[ColumnElement[bool]]:
        return self._holds(self.rights.tables[records.table.address].read, records)

    def _some_are_hidden(self, tables: Iterable[str]) -> bool:
        rights = (self.rights.tables[address] for address in tables if address in self._whole.apps.tables)
        return any(one.read is not True for one in rights)

    def _is_seen(self, record_id: ColumnElement[Any], tables: Iterable[str], rows: FromClause) -> ColumnElement[bool]:
        """Whether the id is that of a record of one of the tables which is seen."""
        tests = []
        for address in tables:
            records = self._records(address)
            holds = self._holds(self.rights.tables[address].read, records)
            tests.append(sa.exists(sa.select(1).where(records.rows.c.id == record_id, *holds).correlate(rows)))
        return sa.or_(sa.false(), *tests)

    def _records(self, address: str) -> Records:
        table = self._whole.table(address)
        return Records(self._whole, table, self._whole.source(table), self._clock)

    def _holds(self, rule: Rule, records: Records) -> list[ColumnElement[bool]]:
        return [] if rule is True else [sa.false()] if rule is False else [condition_sql(rule, records)]

    def _seen(self, table: Table) -> Table | None:
        """The table with what is seen of it."""
        rights = self.rights.tables[table.address]
        if rights.read is False:
            return None
        seen = {one.key: self.rights.seen(one) for one in table.fields.values()}
        # What lies in a table of its own is seen in all records or in none.
        fields = {
            key: self._field(one, rights, seen)
            for key, one in table.fields.items()
            if seen[key] is True or (seen[key] is not False and not one.many)
        }
        ledger = table.rules.ledger
        if ledger and not {ledger.date, ledger.reversal, *ledger.amounts, *ledger.by} <= fields.keys():
            ledger = None
        return replace(
            table,
            title=table.title if table.title in fields else next(iter(fields)),
            fields=fields,
            views={key: one for key, one in table.views.items() if rights.views is None or key in rights.views},
            forms=dict(_forms(table, fields, rights.forms)),
            rules=Rules({}, table.rules.unique, {}, ledger),
            rights=replace(rights, create=False) if _lacks(table, fields) else rights,
        )

    def _given(self, one: Automation) -> Automation | None:
        """What is seen of an automation: what it is about and what its steps are called, not what they read and set."""
        given, about = self.rights.automations.get(one.address), self._whole.apps.address(one.app, one.trigger["table"])
        if given is None or about not in self.rights.tables or self.rights.tables[about].read is False:
            return None
        trigger = {name: one.trigger[name] for name in ("type", "table")}
        steps = {key: {name: step[name] for name in _OF_STEPS if name in step} for key, step in one.steps.items()}
        return replace(one, trigger=trigger, conditions=None, steps=steps, rights=given)

    def _field(self, one: Field, rights: TableRights, seen: Mapping[str, Rule]) -> Field:
        given, options = rights.of(one.key), dict(one.kind.for_roles(one.options, self.rights.roles[one.table]))
        if one.released:  # how it is worked out may name what is not seen
            options = untold(one, options)
        if one.owns_lines:
            options = self._of_lines(one, options)
        if one.inverse_key and not self.rights.seen(self._whole.table(one.target or "").fields[one.inverse_key]):
            del options["inverse"]
        targets = tuple(address for address in one.targets if self.rights.tables[address].read is not False)
        never = given.create is False and given.before is False
        return replace(one, options=options, targets=targets, masked=seen[one.key] is not True, read_only=never)

    def _of_lines(self, one: Field, options: dict[str, Any]) -> dict[str, Any]:
        """What a list of lines says of their fields, of those that are seen."""
        fields = self._whole.table(one.targets[0]).fields
        for name in ("fields", "totals"):
            if name in options:
                kept = [key for key in options[name] if self.rights.seen(fields[key]) is not False]
                options[name] = kept if name == "fields" else {key: options[name][key] for key in kept}
        if "order" in options and self.rights.seen(fields[options["order"]]) is False:
            del options["order"]
        return options


class SeenTypes(FieldTypes):
    """The types of the fields that may be asked about; what they are worked out from need not be seen."""

    def __init__(self, apps: Apps, whole: FieldTypes) -> None:
        super().__init__(apps)
        self._whole = whole

    def of(self, field: Field) -> Type:
        return self._whole.of(self._as_it_is(field))

    def formula(self, field: Field) -> Formula:
        return self._whole.formula(self._as_it_is(field))

    def uses_clock(self, field: Field) -> bool:
        return self._whole.uses_clock(self._as_it_is(field))

    def _as_it_is(self, field: Field) -> Field:
        return self._whole.apps.tables[field.table].fields[field.key]


def untold(one: Field, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without what they say of how the field is worked out, which names other fields."""
    kept = {key: value for key, value in options.items() if key not in _WORKED_OUT}
    return kept | ({one.kind.expressed_in: ""} if one.kind.expressed_in else {})


def _lacks(table: Table, fields: Mapping[str, Field]) -> bool:
    """Whether a new record needs something that the asker cannot give it."""
    needed = (one for one in table.fields.values() if one.required and one.default is None and one.writable)
    return any(one.key not in fields or fields[one.key].read_only for one in needed)


def _where(value: ColumnElement[Any], wheres: list[ColumnElement[bool]]) -> ColumnElement[Any]:
    """The value where it is seen."""
    return sa.case((sa.and_(*wheres), value), else_=sa.null()) if wheres else value


def _forms(table: Table, fields: Mapping[str, Field], offered: frozenset[str] | None) -> Iterator[tuple[str, Form]]:
    """The forms that are offered, with the questions that the asker may answer."""
    for key, form in table.forms.items():
        asked = tuple(one for one in form.fields if one.field in fields and not fields[one.field].read_only)
        if asked and (offered is None or key in offered):
            yield key, replace(form, fields=asked)


def askable_fields(table: Table) -> Table:
    """The table with the fields that may be filtered by: those seen in every record."""
    return replace(table, fields={key: one for key, one in table.fields.items() if not one.masked})


def with_views(table: Table, types: FieldTypes) -> Table:
    """The table with the views that make sense with what is seen; one made by something hidden would tell of it.

    A table without views gets one that shows all of it.
    """
    views = {}
    for key, view in table.views.items():
        seen = _trimmed(table, view)
        asked = {name: one for name, one in seen.options.items() if name != "fields"}  # what it shows is there by now
        if not list(view_problems("", seen.type, asked, types.apps.tables[table.address], types)):
            views[key] = seen
    return replace(table, views=views or {"all": View("all", "grid", table.plural or table.label, {})})


def _trimmed(table: Table, view: View) -> View:
    options = dict(view.options)
    for name in ("fields", "sort"):
        if name in options:
            options[name] = [one for one in options[name] if _is_open(table, one.removeprefix("-"), name)]
    if "totals" in options:
        options["totals"] = {key: one for key, one in options["totals"].items() if _is_open(table, key, "totals")}
    if "sum" in options and not _is_open(table, options["sum"], "sum"):
        del options["sum"]
    for name in view_types[view.type].may_lose:
        if name in options and not _is_open(table, options[name], name):
            del options[name]
    grouped = view_types[view.type].grouped_by
    if grouped and isinstance(options.get(grouped), list):
        options[grouped] = [one for one in options[grouped] if _is_open(table, grouped_field(one), grouped)]
    return replace(view, options=options)


def _is_open(table: Table, key: str, use: str) -> bool:
    return key in table.fields and (use == "fields" or not table.fields[key].masked)


def apps_of(apps: Apps, tables: Mapping[str, Table], automations: Mapping[str, Automation] = _NONE) -> Apps:
    """The apps with these tables and automations; those of whose tables nothing is seen are not there."""

    def reduced(app: App, own: Iterable[Table]) -> App:
        document = {key: app.document[key] for key in _PUBLIC if key in app.document}
        given = {one.key: one for one in automations.values() if one.app == app.key}
        return replace(
            app, document=document, tables={one.key: one for one in own}, automations=given, roles={}, access_tests={}
        )

    kept = ((app, [one for one in tables.values() if one.app == app.key]) for app in apps.values())
    return Apps.of(reduced(app, own) for app, own in kept if own)
