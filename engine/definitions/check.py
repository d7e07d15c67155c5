"""Everything wrong with an app's document, all at once, each at its JSON pointer.

First what the schema can say, then what it cannot. A part that the schema refused is left out of the second
look, so that one mistake is told once and does not hide the others.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine import patterns
from engine.definitions.apps import Apps
from engine.definitions.check_access_tests import access_test_problems
from engine.definitions.check_automations import automation_problems
from engine.definitions.check_conditions import check_condition
from engine.definitions.check_defaults import default_problems
from engine.definitions.check_forms import form_problems
from engine.definitions.check_links import any_table_problems, link_problems, through_problems
from engine.definitions.check_names import no_field, no_table, sort_problems
from engine.definitions.check_roles import role_problems
from engine.definitions.check_rules import rule_problems
from engine.definitions.check_totals import total_problems
from engine.definitions.documents import own_tables
from engine.definitions.language import RESERVED_APPS, RESERVED_KEYS, Document, Field, Table
from engine.definitions.shape import shape_problems
from engine.definitions.types import Cycle, FieldTypes, Unknown
from engine.errors import Problem
from engine.formulas import FormulaError
from engine.text import _
from engine.view_types import EACH, ViewType, grouped_field, keys_in, view_types

__all__ = ["check", "check_condition", "view_problems"]

_HOLDERS = frozenset(
    {"tables", "automations", "settings", "requires", "connections", "roles", "access_tests"}
)  # by key
# What stands for words of the document itself that are refused, so that the rest is looked at all the same.
_STAND_INS: Mapping[str, Any] = {"formwork": 1, "label": "-", "version": "0.0.0"}
MAX_LIMIT = 500  # problems told at once


def check(document: Any, installed: Sequence[Document] = ()) -> list[Problem]:
    """Every problem of `document`, given the documents of the other installed apps. Empty when all is well."""
    problems = list(shape_problems(document))
    if not isinstance(document, Mapping) or not isinstance(document.get("tables"), Mapping) or "key" not in document:
        return problems
    problems += _reserved_problems(document["key"], document["tables"])
    sound, left_out = _without_refused(document, problems)
    if "key" not in sound or "tables" not in sound:
        return problems
    others = [(one, 1) for one in installed if one["key"] != document["key"]]
    apps = Apps([*others, (sound, 1)])
    found = [one for one in _meaning_problems(sound, apps) if not _about(one, left_out)]
    return (problems + found)[:MAX_LIMIT]


def _reserved_problems(app: Any, tables: Mapping[str, Any]) -> Iterator[Problem]:
    if isinstance(app, str) and app in RESERVED_APPS:
        yield Problem("/key", _("The key {key} is taken by the engine. Choose another.", key=app), "reserved", app)
    for table, raw in tables.items():
        fields = raw.get("fields") if isinstance(raw, Mapping) else None
        for key in fields if isinstance(fields, Mapping) else ():
            if key in RESERVED_KEYS:
                says = _("The key {key} is taken by the engine. Choose another.", key=key)
                yield Problem(f"/tables/{table}/fields/{key}", says, "reserved")


def _without_refused(document: Document, problems: Sequence[Problem]) -> tuple[dict[str, Any], list[str]]:
    """The document without the smallest parts that hold a refused place, and the pointers of what was left out.

    What is left satisfies the schema; it is empty where nothing can be left out that would make it so.
    """
    sound, left_out = copy.deepcopy(dict(document)), set[str]()
    while problems:
        before = len(left_out)
        for problem in problems:
            if not any(f"{problem.at}/".startswith(f"{pointer}/") for pointer in left_out):
                left_out |= _cut(sound, problem.at)
        sound = {**_STAND_INS, **sound}
        if len(left_out) == before:
            return {}, sorted(left_out)
        problems = list(shape_problems(sound))  # a part may be needed by the one around it, which then goes, too
    return sound, sorted(left_out)


def _cut(document: dict[str, Any], at: str) -> set[str]:
    """Take out the smallest part by key that holds the place; its pointer, nothing where none can go."""
    parts = at.split("/")[1:]
    depths = (4, 2) if parts[:1] == ["tables"] else (2,) if parts and parts[0] in _HOLDERS else ()
    for depth in (*depths, 1):
        holder: Any = document
        for part in parts[: depth - 1]:
            holder = holder.get(_spelled(part)) if isinstance(holder, dict) else None
        if len(parts) >= depth and isinstance(holder, dict) and _spelled(parts[depth - 1]) in holder:
            del holder[_spelled(parts[depth - 1])]
            return {"/".join(["", *parts[:depth]])}
    return set()


def _spelled(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _about(problem: Problem, left_out: Sequence[str]) -> bool:
    """Whether the problem is only that something left out is missing."""
    names = {pointer.rpartition("/")[2] for pointer in left_out}
    return problem.code.startswith("unknown") and problem.value in names


def _meaning_problems(document: Document, apps: Apps) -> Iterator[Problem]:
    types = FieldTypes(apps)
    app = apps[document["key"]]
    for role, table in document.get("provides", {}).items():
        if table not in document["tables"]:
            yield no_table(f"/provides/{role}", table)
    yield from _requirement_problems(document, apps)
    for key, raw in own_tables(document).items():
        yield from _table_problems(f"/tables/{key}", app.tables[key], raw, types)
    for automation in app.automations.values():
        yield from automation_problems(automation, types)
    yield from role_problems(app, types)
    yield from access_test_problems(app, types)


def _requirement_problems(document: Document, apps: Apps) -> Iterator[Problem]:
    for role, requirement in document.get("requires", {}).items():
        at = f"/requires/{role}"
        if requirement["table"] not in document["tables"]:
            yield no_table(f"{at}/table", requirement["table"])
            continue
        bound = apps.tables.get(apps.address(document["key"], f"@{role}"))
        if bound is None:
            says = _("No installed app has the table {table}.", table=document["bindings"][role])
            yield Problem(f"/bindings/{role}", says, "unknown_table", document["bindings"][role])
            continue
        for key in requirement.get("fields", ()):
            if key not in bound.fields:
                says = _("{table} has no field {field}, which is needed here.", table=bound.label, field=key)
                yield Problem(at, says, "unknown_field", key)


def _table_problems(at: str, table: Table, raw: Mapping[str, Any], types: FieldTypes) -> Iterator[Problem]:
    if table.title not in raw["fields"]:
        yield no_field(f"{at}/title", table.title, table)
    elif table.fields[table.title].kind.of_any_table:
        says = _(
            "{field} may lead to several tables, so that it cannot be the title.", field=table.fields[table.title].label
        )
        yield Problem(f"{at}/title", says, "any_table", table.title)
    if table.order is not None:
        by = table.fields.get(table.order)
        if by is None:
            yield no_field(f"{at}/order", table.order, table)
        elif by.many or by.is_link:
            says = _("{field} leads to records, so they cannot stand by it.", field=by.label)
            yield Problem(f"{at}/order", says, "order", table.order)
    for field in table.declared:
        yield from _field_problems(f"{at}/fields/{field.key}", field, table, types)
    yield from rule_problems(at, table, types)
    for view in table.views.values():
        yield from view_problems(f"{at}/views/{view.key}", view.type, view.options, table, types)
    for form in table.forms.values():
        yield from form_problems(f"{at}/forms/{form.key}", form, table)


def _field_problems(at: str, field: Field, table: Table, types: FieldTypes) -> Iterator[Problem]:
    for option, says in field.kind.problems(field.options, table.fields):
        yield Problem(f"{at}/{option}", says, "option", field.options.get(option))
    if field.is_link:
        yield from link_problems(at, field, types)
    if field.kind.over_link:
        try:
            _part, through = types.through(field)
        except Unknown:
            says = _("`{name}` is not a link of this table.", name=field.options["through"])
            yield Problem(f"{at}/through", says, "unknown_link", field.options["through"])
            return
        if through.kind.of_any_table:
            yield from any_table_problems(f"{at}/through", field, through)
        elif through.target in types.apps.tables:
            yield from through_problems(at, field, through, types)
        else:
            return
    try:
        types.of(field)
        types.uses_clock(field)
    except FormulaError as error:
        place = f"{at}/{field.kind.expressed_in}" if field.kind.expressed_in else at
        yield from (Problem(place, says, "formula", field.expression) for says in error.told())
    except Cycle as cycle:
        way = " → ".join(f"{address}.{key}" for address, key in cycle.keys)
        yield Problem(at, _("It depends on itself: {way}.", way=way), "cycle")
    except Unknown:
        pass  # told at its own place by _through_problems
    if "pattern" in field.options:
        try:
            patterns.read(field.options["pattern"])
        except patterns.BadPattern as error:
            yield Problem(f"{at}/pattern", error.says, "pattern")
    if field.unique and field.many:
        yield Problem(
            f"{at}/unique", _("{field} leads to many records, so it cannot be unique.", field=field.label), "many"
        )
    if field.is_side and field.default is not None:
        yield Problem(
            f"{at}/default", _("{field} has no default: its records come with it.", field=field.label), "lines"
        )
    elif field.default is not None:
        yield from default_problems(f"{at}/default", field, types)


def view_problems(at: str, kind: str, options: Mapping[str, Any], table: Table, types: FieldTypes) -> Iterator[Problem]:
    """What a view names that its table does not have."""
    for number, key in enumerate(options.get("fields", ())):
        if key not in table.fields:
            yield no_field(f"{at}/fields/{number}", key, table)
    yield from sort_problems(f"{at}/sort", options.get("sort", ()), table)
    for key, function in options.get("totals", {}).items():
        yield from total_problems(f"{at}/totals/{key}", function, key, table, types)
    if "sum" in options:
        yield from total_problems(f"{at}/sum", "sum", options["sum"], table, types)
    grouped = view_types[kind].grouped_by or ""
    for name in keys_in(options.get(grouped)):
        key = grouped_field(name)
        by = table.fields.get(key)
        if by is None:
            yield no_field(f"{at}/{grouped}", key, table)
        elif name.startswith(EACH):
            if not by.has_items:
                says = _("{field} is no list of choices, people or records: group by `{key}`.", field=by.label, key=key)
                yield Problem(f"{at}/{grouped}", says, "groups", name)
        elif by.many or not (by.kind.groups or by.kind.computed) or (view_types[kind].one_place and by.several):
            says = _("{field} has too many values to make stacks of.", field=by.label)
            yield Problem(f"{at}/{grouped}", says, "groups", key)
    yield from _calendar_problems(at, view_types[kind], options, table, types)
    if "filter" in options:
        yield from check_condition(options["filter"], types.scope(table.address), f"{at}/filter")


def _calendar_problems(
    at: str, kind: ViewType, options: Mapping[str, Any], table: Table, types: FieldTypes
) -> Iterator[Problem]:
    """Options whose fields are of no use for it: without days, or without choices to be coloured by."""
    for name in (*kind.dated_by, kind.colored_by):
        if name is None or name not in options:
            continue
        field = table.fields.get(options[name])
        if field is None:
            yield no_field(f"{at}/{name}", options[name], table)
        elif name == kind.colored_by and (not field.choices or field.several):
            says = _("{field} has no choices that could give a colour.", field=field.label)
            yield Problem(f"{at}/{name}", says, "choices", field.key)
        elif name != kind.colored_by and not _holds_days(field, types):
            says = _("{field} holds no day and no moment.", field=field.label)
            yield Problem(f"{at}/{name}", says, "days", field.key)


def _holds_days(field: Field, types: FieldTypes) -> bool:
    try:
        return types.of(field).name in {"date", "date_time"}
    except (FormulaError, Cycle, Unknown):
        return True  # told where that field stands
