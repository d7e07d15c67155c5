"""Whether what roles give makes sense for the tables of their app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definitions.check_conditions import check_condition
from engine.definitions.check_names import no_field, no_table
from engine.definitions.language import SYSTEM_FIELDS, App, Condition, Table
from engine.definitions.roles import EVERY_AUTOMATION, EVERY_FIELD, EVERY_TABLE, Role, TableAccess, limits_setting
from engine.definitions.types import FieldTypes
from engine.errors import Problem
from engine.text import _


def role_problems(app: App, types: FieldTypes) -> Iterator[Problem]:
    """Every problem of the app's roles, and of what names them."""
    for role in app.roles.values():
        at = f"/roles/{role.key}/tables"
        for key, access in role.tables.items():
            if key != EVERY_TABLE and key not in app.tables:
                if key not in app.document["tables"]:  # else another app's table stands for it, with its own roles
                    yield no_table(f"{at}/{key}", key)
                continue
            for table in _meant(app, role, key):
                yield from _access_problems(f"{at}/{key}", access, table, types)
        for key in sorted(role.automations.keys() - app.automations.keys() - {EVERY_AUTOMATION}):
            says = _("There is no automation `{automation}`.", automation=key)
            yield Problem(f"/roles/{role.key}/automations/{key}", says, "unknown", key)
    for table in app.tables.values():
        for field in table.declared:
            for place, key in field.kind.names_roles(field.options):
                if key not in app.roles:
                    says = _("There is no role `{role}`.", role=key)
                    yield Problem(f"/tables/{table.key}/fields/{field.key}/{place}", says, "unknown_role", key)


def _meant(app: App, role: Role, key: str) -> list[Table]:
    if key != EVERY_TABLE:
        return [app.tables[key]]
    return [one for one in app.tables.values() if one.key not in role.tables]


def _access_problems(at: str, access: TableAccess, table: Table, types: FieldTypes) -> Iterator[Problem]:
    if not isinstance(access.where, bool):
        yield from _condition_problems(f"{at}/where", access.where, table, types)
    for act, given in access.acts.items():
        if not isinstance(given, bool):
            yield from _condition_problems(f"{at}/{act}", given, table, types)
        if act != "create" and given is not False and access.of("read") is False:
            says = _("What is not read cannot be changed or taken along: give `read` too.")
            yield Problem(f"{at}/{act}", says, "not_read")
    for key, said in access.fields.items():
        if key == EVERY_FIELD:
            continue
        if key not in table.fields:
            yield no_field(f"{at}/fields/{key}", key, table)
        elif key in SYSTEM_FIELDS and said not in ("read_only", "open"):
            says = _("{field} cannot be hidden: every record tells it.", field=table.fields[key].label)
            yield Problem(f"{at}/fields/{key}", says, "system")
        elif limits_setting(said):
            yield from _condition_problems(f"{at}/fields/{key}/set", said["set"], table, types)
        elif said not in ("hidden", "read_only", "open"):
            yield from _condition_problems(f"{at}/fields/{key}", said, table, types)
            if table.fields[key].many:
                says = _("{field} holds many records: hide it, or let it be seen.", field=table.fields[key].label)
                yield Problem(f"{at}/fields/{key}", says, "masked")
    for name, chosen, there in (("views", access.views, table.views), ("forms", access.forms, table.forms)):
        for key in sorted((chosen or frozenset()) - there.keys()):
            yield Problem(f"{at}/{name}", _("{table} has no `{key}` here.", table=table.label, key=key), "unknown", key)


def _condition_problems(at: str, condition: Condition, table: Table, types: FieldTypes) -> Iterator[Problem]:
    if _lets_all_through(condition):
        yield Problem(at, _("An empty condition holds for every record. Write `true` if that is meant."), "empty")
    yield from check_condition(condition, types.scope(table.address), at)


def _lets_all_through(condition: Any) -> bool:
    """Whether some `all` in it lists nothing, and so holds."""
    if isinstance(condition, str):
        return False
    parts = [*condition.get("all", ()), *condition.get("any", ())]
    return condition.get("all") == [] or any(map(_lets_all_through, parts))
