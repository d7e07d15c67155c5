"""What a schema cannot say of links, and of the fields that are worked out over them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from engine.definitions.check_conditions import check_condition
from engine.definitions.check_names import no_field, no_table, sort_problems
from engine.definitions.check_totals import total_problems
from engine.definitions.language import Field, Table
from engine.definitions.types import Cycle, FieldTypes, Unknown
from engine.errors import Problem
from engine.field_types.rollup import FUNCTIONS
from engine.formulas import FormulaError
from engine.text import _


def link_problems(at: str, field: Field, types: FieldTypes) -> Iterator[Problem]:
    """What is wrong with where a link leads."""
    if field.kind.of_any_table:
        yield from _any_problems(at, field, types)
        return
    target = types.apps.tables.get(field.target or "")
    if target is None:
        option = "of" if "of" in field.options else "to"
        yield no_table(f"{at}/{option}", field.options[option])
        return
    if field.is_side:
        yield from _lines_problems(at, field, target, types)
        return
    if "where" in field.options:
        scope = types.scope(target.address, types.of_record(field.table))
        yield from check_condition(field.options["where"], scope, f"{at}/where")
    yield from _inverse_problems(at, field, target)


def _any_problems(at: str, field: Field, types: FieldTypes) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, name in enumerate(field.options["to"]):
        target = types.apps.tables.get(types.apps.address(field.table.partition(".")[0], name))
        if target is None:
            yield no_table(f"{at}/to/{number}", name)
            continue
        if target.address in seen and not name.startswith("@"):  # what is bound may turn out to be one of the others
            yield Problem(f"{at}/to/{number}", _("Name each table once."), "twice", name)
        seen.add(target.address)
        yield from _inverse_problems(at, field, target)


def _inverse_problems(at: str, field: Field, target: Table) -> Iterator[Problem]:
    side = target.fields.get(field.inverse_key or "")
    if side is not None and (side.inverse_of, side.target) != (field.key, field.table):
        says = _("{table} already has a field {field}.", table=target.label, field=side.key)
        yield Problem(f"{at}/inverse", says, "taken", side.key)


def _lines_problems(at: str, field: Field, target: Table, types: FieldTypes) -> Iterator[Problem]:
    link = target.fields.get(field.options["by"])
    if link is None:
        yield no_field(f"{at}/by", field.options["by"], target)
    elif link.target != field.table or link.many or link.is_side:
        says = _("{field} of {table} must be a link to one record of this table.", field=link.label, table=target.label)
        yield Problem(f"{at}/by", says, "link", link.key)
    elif link.on_delete != "cascade":
        says = _(
            "Lines go with their record: say `on_delete` `cascade` at {field} of {table}.",
            field=link.label,
            table=target.label,
        )
        yield Problem(f"{at}/by", says, "cascade", link.key)
    order = target.fields.get(field.ordered_by or "")
    if field.ordered_by and (order is None or order.kind.holds != "number" or not order.writable):
        says = _("Lines are kept in order by a number field of {table}.", table=target.label)
        yield Problem(f"{at}/order", says, "order", field.ordered_by)
    for number, key in enumerate(field.options.get("fields", ())):
        if key not in target.fields:
            yield no_field(f"{at}/fields/{number}", key, target)
    for key, function in field.options.get("totals", {}).items():
        yield from total_problems(f"{at}/totals/{key}", function, key, target, types)


def any_table_problems(at: str, field: Field, through: Field) -> Iterator[Problem]:
    """Over a link to any of several tables as a whole its records are counted; more is known of those of one table."""
    if "field" in field.options or "where" in field.options:
        example = f"{through.key}.{through.options['to'][0]}"
        says = _(
            "{field} may lead to several tables: say which of them, such as `{example}`.",
            field=through.label,
            example=example,
        )
        yield Problem(at, says, "any_table", through.key)


def through_problems(at: str, field: Field, through: Field, types: FieldTypes) -> Iterator[Problem]:
    """What is wrong with what a field takes from the records behind the link `through`."""
    target = types.apps.tables[through.target or ""]
    inner = field.options.get("field")
    if field.kind.copied and through.many:
        says = _("A copy is taken of one record, and {field} leads to many.", field=through.label)
        yield Problem(f"{at}/through", says, "many", through.key)
    if inner is not None and inner not in target.fields:
        yield no_field(f"{at}/field", inner, target)
    elif inner is not None and "function" in field.options:
        yield from _function_problems(f"{at}/function", field.options["function"], target.fields[inner], types)
    yield from sort_problems(f"{at}/sort", field.options.get("sort", ()), target)
    if "where" in field.options:
        yield from check_condition(field.options["where"], types.scope(target.address), f"{at}/where")


def _function_problems(at: str, name: str, inner: Field, types: FieldTypes) -> Iterator[Problem]:
    try:
        held = types.of(inner)
    except (FormulaError, Cycle, Unknown):
        return  # told where that field stands
    takes = FUNCTIONS[name].takes
    item = held.item if held.is_list and held.item else held
    if takes == "anything" or item.name in _TAKEN[takes]:
        return
    says = {
        "numbers": _(
            "`{function}` needs numbers, and {field} holds {type}.", function=name, field=inner.label, type=item.label
        ),
        "days": _(
            "`{function}` needs dates, and {field} holds {type}.", function=name, field=inner.label, type=item.label
        ),
        "truths": _(
            "`{function}` needs yes or no, and {field} holds {type}.", function=name, field=inner.label, type=item.label
        ),
    }
    yield Problem(at, says[takes], "type", name)


_TAKEN: Mapping[str, Collection[str]] = {
    "numbers": {"number", "blank"},
    "days": {"date", "date_time", "blank"},
    "truths": {"boolean", "blank"},
}
