"""Whether access tests name what there is: roles, tables, records, fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from engine.definitions.access_tests import RESERVED, AccessTest, Part
from engine.definitions.check_conditions import check_condition
from engine.definitions.check_names import no_field, no_table, unknown
from engine.definitions.documents import address
from engine.definitions.language import App, Table
from engine.definitions.types import FieldTypes
from engine.errors import Problem
from engine.text import _


def access_test_problems(app: App, types: FieldTypes) -> Iterator[Problem]:
    """Every problem of the app's access tests."""
    for test in app.access_tests.values():
        yield from _of_roles(test, types)
        tables: dict[str, Table] = {}
        for name, fixture in test.given.items():
            at = f"{test.at}/given/{name}"
            if name in RESERVED:
                says = _("`@{name}` is somebody or a department in every test. Call the record otherwise.", name=name)
                yield Problem(at, says, "reserved")
            table = types.apps.tables.get(address(app.document, fixture.table))
            if table is None:
                yield no_table(f"{at}/table", fixture.table)
                continue
            yield from _of_values(f"{at}/values", fixture.values, table, tables)
            tables[name] = table
        yield from _of_expectations(test, app, types, tables)


def _of_roles(test: AccessTest, types: FieldTypes) -> Iterator[Problem]:
    for number, role in enumerate(test.roles):
        of, _dot, key = role.partition(".")
        if of not in types.apps or key not in types.apps[of].roles:
            own = role.removeprefix(f"{test.app}.")
            says = _("There is no role `{role}`.", role=own)
            yield Problem(f"{test.at}/as/roles/{number}", says, "unknown_role", own)


def _of_expectations(test: AccessTest, app: App, types: FieldTypes, tables: dict[str, Table]) -> Iterator[Problem]:
    for part, names in (("sees", test.sees), ("does_not_see", test.does_not_see)):
        for number, name in enumerate(names):
            yield from _of_record(f"{test.at}/{part}/{number}", name, test.given)
    for part, fields in test.fields.items():
        for name, keys in fields.items():
            at = f"{test.at}/{part}/{name}"
            yield from _of_record(at, name, test.given)
            for number, key in enumerate(keys if name in tables else ()):
                if key not in tables[name].fields:
                    yield no_field(f"{at}/{number}", key, tables[name])
    for at, _may, act in test.acts():
        if act.act == "create":
            table = types.apps.tables.get(address(app.document, act.table))
            if table is None:
                yield no_table(f"{at}/table", act.table)
        else:
            yield from _of_record(f"{at}/record", act.record, test.given)
            table = tables.get(act.record)
        if table is not None:
            yield from _of_values(f"{at}/values", act.values or {}, table, tables)
    for number, wanted in enumerate(test.finds):
        at = f"{test.at}/finds/{number}"
        table = types.apps.tables.get(address(app.document, wanted["table"]))
        if table is None:
            yield no_table(f"{at}/table", wanted["table"])
        elif "where" in wanted:
            yield from check_condition(wanted["where"], types.scope(table.address), f"{at}/where")


def _of_record(at: str, name: str, given: Collection[str]) -> Iterator[Problem]:
    if name not in given:
        says = _("No record `{name}` is given.", name=name)
        yield Problem(at, unknown(says, name, list(given)), "unknown_record", name)


def _of_values(at: str, values: Part, table: Table, known: Collection[str]) -> Iterator[Problem]:
    for key, value in values.items():
        if key not in table.fields:
            yield no_field(f"{at}/{key}", key, table)
        for name in _named(value):
            if name not in known and name not in RESERVED:
                says = _("No record `{name}` is given before this.", name=name)
                yield Problem(f"{at}/{key}", unknown(says, name, [*known, *RESERVED]), "unknown_record", name)


def _named(value: Any) -> Iterator[str]:
    """The names that stand in a value behind an @."""
    if isinstance(value, str) and value.startswith("@"):
        yield value[1:]
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _named(one)
