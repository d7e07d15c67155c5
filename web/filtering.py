"""Filters as people set them: which fields offer which operators, what was typed read as a condition, and its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.days import COUNTED_DAYS, COUNTED_PERIODS, COUNTED_WORDS, PERIODS, RELATIVE_DAYS, in_words
from engine.definitions.any_links import tables_of
from engine.definitions.check_conditions import check_condition, held_by
from engine.definitions.conditions import MAX_NESTING, single_tests
from engine.definitions.language import Condition, Field, Table
from engine.definitions.scope import RecordScope
from engine.field_types import InvalidValue, field_types
from engine.filters import HELD, LISTS, Operator
from engine.filters.date import COUNTED
from engine.numbers import read_number
from engine.storage.layout import Layout
from engine.text import Label, Text, _
from web.asked import IN, NO_LINK, Asked, Test, Tests
from web.fields import Shown, shown_field


@dataclass(frozen=True)
class Filterable:
    """A field that can be filtered by, of the record itself or of one that it leads to; `held` names its operators."""

    shown: Shown
    held: str
    source: str  # the field that it is, `crm.accounts.type`
    targets: Sequence[str] = ()  # the tables whose records are its values
    tables: Mapping[str, Label] = field(default_factory=dict)  # of any of several: by the names that conditions use

    @property
    def key(self) -> str:
        return self.shown.key

    @property
    def label(self) -> Label:
        return self.shown.label

    @property
    def operators(self) -> Mapping[str, Operator]:
        operators = HELD[self.held].operators
        return {key: one for key, one in operators.items() if one.takes != "condition"}

    @property
    def offers(self) -> str:
        """What its values are chosen from by id: `people`, `departments`; empty for all else."""
        return HELD[self.held].names

    @property
    def choices(self) -> Mapping[str, Text]:
        """What a list is chosen from, where it is the same for every field of the sort."""
        return HELD[self.held].choices


@dataclass(frozen=True)
class Line:
    """One filter as its form shows it. `number` tells it from the others; `problem` says why it does not count."""

    number: str
    field: Filterable | None
    op: str = ""
    values: Sequence[str] = ()
    unit: str = ""  # a word for a day or a period instead of, or after, the value
    problem: str = ""

    @property
    def operator(self) -> Operator | None:
        """What it compares by, None while that is not chosen."""
        return self.field.operators.get(self.op) if self.field else None


@dataclass(frozen=True)
class Box:
    """Lines and boxes of them that all hold, or (`any`) one of which does; `path` is its place, such as `1~2~`.

    Where its lines are about linked records, `of` is the operator and the link (`has:contacts`, `:` while nothing is
    chosen), out of `ofs`. `way` are the links from the table to the one that its lines are about, `deals.contacts`.
    """

    path: str
    any: bool
    lines: list[Line]
    boxes: list[Box]
    way: str = ""
    of: str = ""
    ofs: Mapping[str, Text] = field(default_factory=dict)
    has_links: bool = False  # whether a box inside it may be about linked records

    @property
    def outer_way(self) -> str:
        """The same of the box that it is in."""
        return self.way.removesuffix(self.of.partition(":")[2]).removesuffix(".")

    @property
    def may_nest(self) -> bool:
        """Whether it may have another box in it."""
        return self.path.count(IN) + 1 < MAX_NESTING

    def all_boxes(self) -> Iterator[Box]:
        """It and all boxes in it."""
        yield self
        for one in self.boxes:
            yield from one.all_boxes()

    def all_lines(self) -> Iterator[Line]:
        """Its lines and those of its boxes."""
        for one in self.all_boxes():
            yield from one.lines


@dataclass(frozen=True)
class Filters:
    """The filters of an address: the conditions that count, and the form that shows them."""

    conditions: list[Condition]
    box: Box

    @property
    def lines(self) -> list[Line]:
        """Every line, in order."""
        return list(self.box.all_lines())

    @property
    def count(self) -> int:
        """How many count."""
        return len([line for line in self.lines if not line.problem])

    @property
    def unclear(self) -> bool:
        """Whether some filter does not count."""
        return self.count < len(self.lines)


def filterable(layout: Layout, table: Table) -> dict[str, Filterable]:
    """The fields of a table that can be filtered by, declared ones first."""
    return layout.remember(("web.filterable", table.address), lambda: _filterable(layout, table))


def _filterable(layout: Layout, table: Table) -> dict[str, Filterable]:
    scope = layout.types.scope(table.address)
    found = {}
    for one in table.fields.values():
        held = held_by(scope, (one.key,))
        if held is not None:
            tables = tables_of(layout.types, one) if one.kind.of_any_table else ()
            names = {name: table.label for name, table in tables}
            shown, source = shown_field(layout, one), f"{one.table}.{one.key}"
            found[one.key] = Filterable(shown, held[0], source, one.targets, names)
    links = (link for one in table.declared if not one.many for link in _plain_links(layout, one))
    return found | {one.key: one for link in links for one in _behind(layout, scope, *link)}


def _plain_links(layout: Layout, link: Field) -> Iterator[tuple[str, Label, Table]]:
    """A link as conditions name it, what people call it, and its table; one to any of several tables once for each."""
    if link.kind.of_any_table:
        for name, table in tables_of(layout.types, link):
            yield f"{link.key}.{name}", called(link.narrowed_to(table.address), table), table
    elif link.target in layout.apps.tables:
        yield link.key, link.label, layout.table(link.target)


def called(field: Field, target: Table | None) -> Label:
    """What people call a field: `About (Lead)` where a link to any of several tables is asked about one of them."""
    if not field.narrowed or target is None:
        return field.label
    return Text("{link} ({table})", {"link": field.label, "table": target.label})


def _behind(layout: Layout, scope: RecordScope, link: str, label: Label, target: Table) -> Iterator[Filterable]:
    """The fields of the one record that a link leads to: `Account: Type`."""
    for one in target.declared:
        written = (*link.split("."), one.key)
        held = held_by(scope, scope.resolve(written) or written)
        if held is not None and not one.many and not one.kind.of_any_table:
            text = Text("{link}: {field}", {"link": label, "field": one.label})
            shown = replace(shown_field(layout, one), key=".".join(written), label=text)
            yield Filterable(shown, held[0], f"{one.table}.{one.key}", one.targets)


def about_linked(layout: Layout, table: Table) -> dict[str, Text]:
    """What can be asked of the records that links to many lead to: `has:contacts`, with its words."""
    scope = layout.types.scope(table.address)
    found = {}
    for key, label, _table in (link for one in table.fields.values() for link in _plain_links(layout, one)):
        written = tuple(key.split("."))
        held = held_by(scope, scope.resolve(written) or written)
        for op, operator in HELD[held[0]].operators.items() if held else ():
            if operator.takes == "condition":
                found[f"{op}:{key}"] = Text("{link}: {operator}", {"link": label, "operator": operator.label})
    return found


def table_behind(layout: Layout, table: Table, way: str) -> Table:
    """The table at the end of a way of links, `deals.contacts`; as far as there is one."""
    scope = layout.types.scope(table.address)
    path = scope.resolve(tuple(way.split("."))) if way else ()
    return scope.along(path or ()).table or table


def box_at(layout: Layout, table: Table, path: str, any_: bool, way: str, of: str) -> Box:
    """A box without lines; `way` leads to the table that the box around it is about."""
    around = table_behind(layout, table, way)
    ofs, link = about_linked(layout, around), of.partition(":")[2]
    known = bool(of) and of in ofs
    inner = ".".join(one for one in (way, link if known else "") if one)
    about = table_behind(layout, around, link) if known else around
    return Box(
        path, any_, [], [], inner, (of if known else NO_LINK) if of else "", ofs, bool(about_linked(layout, about))
    )


def filters_of(layout: Layout, table: Table, asked: Asked) -> Filters:
    """What the address asks, as conditions; a filter that makes no sense does not count and says why."""
    conditions, box = _read(layout, table, asked.tests, box_at(layout, table, "", asked.tests.any, "", ""))
    return Filters([{"any": conditions}] if asked.tests.any and conditions else conditions, box)


def _read(layout: Layout, table: Table, tests: Tests, box: Box) -> tuple[list[Condition], Box]:
    """The conditions of tests about records of `table`, and the box (empty so far) with their lines."""
    conditions: list[Condition] = []
    lines = []
    for number, test in enumerate(tests.tests):
        read, line = _read_test(layout, table, test, f"{box.path}{number}")
        conditions += read
        lines.append(line)
    boxes = []
    for number, group in enumerate(tests.groups, 1):
        empty = box_at(layout, table, f"{box.path}{number}{IN}", group.any, "", group.of)
        about = table_behind(layout, table, empty.way) if empty.of else table
        empty = replace(empty, way=".".join(one for one in (box.way, empty.way) if one))
        inner, read_box = _read(layout, about, group, empty)
        if inner and empty.of != NO_LINK:
            conditions.append(_boxed(empty, {"any" if group.any else "all": inner}))
        boxes.append(read_box)
    return conditions, replace(box, lines=lines, boxes=boxes)


def _boxed(box: Box, inner: Condition) -> Condition:
    """The conditions of a box; about linked records where the box is."""
    if not box.of:
        return inner
    op, _colon, link = box.of.partition(":")
    return {"field": link, "op": op, "value": inner}


def _read_test(layout: Layout, table: Table, test: Test, number: str) -> tuple[list[Condition], Line]:
    scope = layout.types.scope(table.address)
    field = filterable(layout, table).get(test.field)
    if field is None:
        return [], line_of(number, None, test, _("There is no field {field}.", field=test.field))
    try:
        read = _conditions(field, test)
    except InvalidValue as error:
        return [], line_of(number, field, test, _("The value {problem}.", problem=error.says))
    wrong = [one for condition in read for one in check_condition(condition, scope)]
    return ([], line_of(number, field, test, wrong[0].says)) if wrong else (read, line_of(number, field, test))


def line_of(number: str, field: Filterable | None, test: Test, problem: str = "") -> Line:
    """A filter as its form shows it; without an operator that goes with the field, the field's first one."""
    if field is None:
        return Line(number, None, problem=problem)
    op = test.op if test.op in field.operators else next(iter(field.operators))
    values, unit = list(test.values), ""
    if values and field.held in {"date", "date_time"}:
        word, _colon, count = values[0].partition(COUNTED)
        if word in COUNTED_WORDS or word in RELATIVE_DAYS or word in PERIODS:
            unit, values = word, [count] if count else []
    return Line(number, field, op, values, unit, problem)


def units(line: Line) -> Mapping[str, Text]:
    """The words for days, or for periods, that the line's operator takes."""
    takes = line.operator.takes if line.operator else ""
    if takes == "period":
        return {**PERIODS, **{key: COUNTED_WORDS[key] for key in COUNTED_PERIODS}}
    if takes == "day":
        return {**RELATIVE_DAYS, **{key: COUNTED_WORDS[key] for key in COUNTED_DAYS}}
    return {}


def words(layout: Layout, table: Table, condition: Condition | None, show: Callable[[Field, Any], str]) -> list[Text]:
    """A view's own condition in sentences; `show` knows how a field's value reads."""
    return [_sentence(layout, table, test, show) for _at, test in single_tests(condition)] if condition else []


def _sentence(layout: Layout, table: Table, test: Mapping[str, Any] | str, show: Callable[[Field, Any], str]) -> Text:
    if isinstance(test, str):
        return Text("{formula}", {"formula": test.removeprefix("=")})
    scope = layout.types.scope(table.address)
    written = tuple(test["field"].split("."))
    name, field = held_by(scope, scope.resolve(written) or written) or ("", None)
    if field is None:
        return Text("{field}", {"field": test["field"]})
    operator, value = HELD[name].operators[test["op"]], test.get("value")
    target = layout.apps.tables.get(field.target or "")
    if operator.takes == "condition" and target is not None:
        inner = words(layout, target, value, show)
        either = set(value or ()) == {"any"}
        shown: Any = Text(
            (" {or} " if either else " · ").join(f"{{part{number}}}" for number in range(len(inner))),
            {"or": _("or"), **{f"part{number}": one for number, one in enumerate(inner)}},
        )
    else:
        fixed = HELD[name].choices
        shown = "" if value is None else value_in_words(operator, value, lambda one: fixed.get(one) or show(field, one))
    return Text(operator.sentence.message, {"field": called(field, target), "value": shown})


def value_in_words(operator: Operator, value: Any, show: Callable[[Any], str]) -> str:
    """The value as the sentence says it; `show` knows the field's way of showing one value."""
    if operator.takes == "flag":
        return _("ticked") if value else _("not ticked")
    if operator.takes in {"count", "pattern"}:
        return str(value)
    if operator.takes in {"day", "period", "pair"} and (relative := in_words(value)) is not None:
        return relative
    if isinstance(value, list):
        return ", ".join(value_in_words(operator, one, show) for one in value)
    return show(value)


def _conditions(field: Filterable, test: Test) -> list[Condition]:
    operator = field.operators.get(test.op)
    if operator is None:
        raise InvalidValue(_("does not go with this field"))
    one: dict[str, Any] = {"field": field.key, "op": test.op}
    if operator.takes == "nothing":
        return [one]
    if not test.values:
        raise InvalidValue(_("is missing"))
    if operator.takes == "flag":
        return [{**one, "value": test.values[-1] == "yes"}]
    values = [_value(field, operator, value) for value in test.values]
    if operator.takes in LISTS:
        return [{**one, "value": values}]
    if operator.takes == "pair":
        return [{**one, "value": values[:2]}]
    return [{**one, "value": value} for value in values]


def _value(field: Filterable, operator: Operator, typed: str) -> Any:
    if operator.takes == "count":
        return read_number(typed)
    kind = field_types[field.shown.kind]
    if field.held == "number" and kind.reading:  # percent, durations: typed in a way of their own
        return kind.read(typed, field.shown.options)
    return HELD[field.held].read(typed)


def ids_in(lines: Iterable[Line]) -> dict[str, set[str]]:
    """The records that filters name, by their table: what they are called has to be looked up."""
    found: dict[str, set[str]] = {}
    for line in lines:
        names_tables = line.operator is not None and line.operator.takes == "tables"
        for target in line.field.targets if line.field and not names_tables else ():
            found.setdefault(target, set()).update(line.values)
    return found
