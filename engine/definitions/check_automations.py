"""Whether an automation makes sense: its table, its conditions, and every expression of its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from engine.actions import Written, actions
from engine.definitions.check_conditions import check_condition, expression_problems
from engine.definitions.documents import address
from engine.definitions.language import Automation, Table
from engine.definitions.scope import RecordScope
from engine.definitions.types import Cycle, FieldTypes, Unknown
from engine.errors import Problem
from engine.field_types import InvalidValue
from engine.formulas import FormulaError, messages
from engine.formulas.types import TEXT
from engine.text import _
from engine.triggers import triggers


def automation_problems(automation: Automation, types: FieldTypes) -> Iterator[Problem]:
    """Everything wrong with one automation."""
    at = f"/automations/{automation.key}"
    app = types.apps[automation.app]
    trigger = automation.trigger
    where = address(app.document, trigger["table"])
    table = types.apps.tables.get(where)
    if table is None:
        says = _("There is no table `{table}`.", table=trigger["table"])
        yield Problem(f"{at}/trigger/table", says, "unknown_table", trigger["table"])
        return
    scope = scope_of(automation, table, types)
    kind = triggers[trigger["type"]]
    for number, key in enumerate(kind.fields(trigger)):
        if key not in table.fields:
            says = _("{table} has no field `{field}`.", table=table.label, field=key)
            yield Problem(f"{at}/trigger/fields/{number}", says, "unknown_field", key)
        elif table.fields[key].kind.computed:
            says = _(
                "{field} is worked out by itself. Use the trigger `record_matches` to wait for its value.",
                field=table.fields[key].label,
            )
            yield Problem(f"{at}/trigger/fields/{number}", says, "computed", key)
    condition = kind.condition(trigger)
    if condition is not None:
        yield from check_condition(condition, types.scope(table.address), f"{at}/trigger/where")
    if automation.conditions is not None:
        yield from check_condition(automation.conditions, scope, f"{at}/conditions")
    for key, step in automation.steps.items():
        yield from _step_problems(f"{at}/steps/{key}", step, automation, table, scope)


def scope_of(automation: Automation, table: Table, types: FieldTypes) -> RecordScope:
    """What the expressions of an automation's steps may name."""
    more = types.before(table)
    for key, step in automation.steps.items():
        more["steps", key, "id"] = TEXT
        if step["action"] == "send_webhook":
            more["steps", key, "status"] = TEXT
    return RecordScope(types, table, automation.app, more)


def _step_problems(
    at: str, step: Mapping[str, Any], automation: Automation, trigger_table: Table, scope: RecordScope
) -> Iterator[Problem]:
    apps = scope.types.apps
    document = apps[automation.app].document
    if "if" in step:
        yield from check_condition(step["if"], scope, f"{at}/if")
    table: Table | None = trigger_table
    if "table" in step:
        where = address(document, step["table"])
        table = apps.tables.get(where)
        if table is None:
            installed = where.partition(".")[0] in apps
            if installed:
                says = _("There is no table `{table}`.", table=step["table"])
            else:
                says = _(
                    "{automation}: one step waits until the app {app} is installed.",
                    automation=automation.label,
                    app=where.partition(".")[0],
                )
            yield Problem(f"{at}/table", says, "unknown_table", step["table"], "error" if installed else "warning")
    if "connection" in step and step["connection"] not in document.get("connections", {}):
        says = _("There is no connection `{connection}` in this app.", connection=step["connection"])
        yield Problem(f"{at}/connection", says, "unknown_connection", step["connection"])
    kind = actions[step["action"]]
    if kind.writes and table is not None:
        yield from _value_problems(f"{at}/values", step.get("values", {}), table)
    for written in kind.expressions(step):
        yield from _written_problems(at, written, scope)


def _value_problems(at: str, values: Mapping[str, Any], table: Table) -> Iterator[Problem]:
    for key, value in values.items():
        field = table.fields.get(key)
        if field is None:
            says = _("{table} has no field `{field}`.", table=table.label, field=key)
            yield Problem(f"{at}/{key}", says, "unknown_field", key)
        elif not field.writable:
            says = _("{field} is kept by itself and cannot be set.", field=field.label)
            yield Problem(f"{at}/{key}", says, "computed", key)
        elif value not in (None, "", []) and not (isinstance(value, str) and value.startswith("=")):
            try:
                field.kind.accept(value, field.options)
            except InvalidValue as error:
                yield Problem(
                    f"{at}/{key}", _("{field} {problem}.", field=field.label, problem=error.says), value=value
                )


def _written_problems(at: str, written: Written, scope: RecordScope) -> Iterator[Problem]:
    place = f"{at}{written.at}"
    if written.gives != "message":
        if isinstance(written.text, str):
            yield from expression_problems(place, written.text, scope, None)
        return
    texts = {"": written.text} if isinstance(written.text, str) else written.text
    for language, text in texts.items():
        try:
            with suppress(Cycle, Unknown):  # told where that field stands
                messages.check(text, scope)
        except FormulaError as error:
            where = f"{place}/{language}" if language else place
            yield from (Problem(where, says, "formula", text) for says in error.told())
