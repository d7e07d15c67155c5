"""From the typed tree to SQL.

A value that is needed in several places is worked out once: it becomes a step of a chain that stands before
the expression (`once`). That keeps the SQL of a formula as long as the formula, however its parts are used,
and no deeper than SQLite's parser can take (it has a stack of 100).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, cast

import sqlalchemy as sa

from engine.formulas import dates, lists, sql, texts
from engine.formulas.calendar import ORDINARY, Calendar
from engine.formulas.chain import Sizes, chained, is_simple
from engine.formulas.check import Formula
from engine.formulas.conversions import convert
from engine.formulas.part import Part, first_error, reason_when
from engine.formulas.typed import Apply, Constant, Convert, Read, Typed, Within
from engine.formulas.types import BOOLEAN, DATE_TIME, NUMBER, TEXT, Type

MAX_DEPTH = 6  # of SQL elements in each other, in one step


@dataclass(frozen=True)
class Compiled:
    """The SQL of an expression. `value` is NULL where it is blank or an error.

    `error` is None where no error is possible; else it is NULL, or the reason: one of `reasons.py`,
    or the message that ERROR was given. As SQL, neither ever fails.
    """

    value: sql.Element
    error: sql.Element | None
    type: Type


class Environment(Protocol):
    """What the names of an expression are in SQL."""

    @property
    def time_zone(self) -> str:
        """Where days begin."""

    @property
    def calendar(self) -> Calendar:
        """Which days and hours are worked."""

    def value(self, path: tuple[str, ...]) -> Compiled:
        """The SQL of a path that the scope knew."""

    def now(self) -> sql.Element:
        """The instant of the session, as a parameter."""

    def me(self) -> sql.Element:
        """The id of the person who asks, as a parameter."""

    def my_departments(self) -> sql.Element:
        """The ids of the departments of the person who asks, as a list."""

    def my_roles(self) -> sql.Element:
        """The keys of the roles that the one who asks has in the app, as a list."""

    def each(self, table: str) -> Each:
        """Every record of the table at this address, as a source of its own."""

    def changed_at(self, paths: Sequence[tuple[str, ...]]) -> sql.Element:
        """The instant at which one of the record's own fields changed last."""


class Each(Protocol):
    """The records of a table inside a subquery."""

    @property
    def rows(self) -> sa.FromClause:
        """The SQL rows; the records' ids are in `id`."""

    def value(self, path: tuple[str, ...]) -> Compiled:
        """The SQL of a path from one of them on."""


@dataclass(frozen=True)
class Inside:
    """An environment in which what stands at `name` is another record, or an item of a list."""

    outer: Environment
    name: tuple[str, ...]
    inner: Callable[[tuple[str, ...]], Compiled]

    @property
    def time_zone(self) -> str:
        return self.outer.time_zone

    @property
    def calendar(self) -> Calendar:
        return self.outer.calendar

    def value(self, path: tuple[str, ...]) -> Compiled:
        """See `Environment`."""
        own = path[: len(self.name)] == self.name
        return self.inner(path[len(self.name) :]) if own else self.outer.value(path)

    def now(self) -> sql.Element:
        """See `Environment`."""
        return self.outer.now()

    def me(self) -> sql.Element:
        """See `Environment`."""
        return self.outer.me()

    def my_departments(self) -> sql.Element:
        """See `Environment`."""
        return self.outer.my_departments()

    def my_roles(self) -> sql.Element:
        """See `Environment`."""
        return self.outer.my_roles()

    def each(self, table: str) -> Each:
        """See `Environment`."""
        return self.outer.each(table)

    def changed_at(self, paths: Sequence[tuple[str, ...]]) -> sql.Element:
        """See `Environment`."""
        return self.outer.changed_at(paths)


def compile(formula: Formula, environment: Environment, longest: int = texts.LONGEST) -> Compiled:
    """The SQL of a checked expression. It may be kept and used in any number of statements.

    A text is cut after `longest` characters.
    """
    c = Compiling(environment)
    part = c.part(formula.tree)
    value = part.value
    if part.type == NUMBER and not isinstance(formula.tree, Read):
        value = sql.trimmed(value)
    if part.type == TEXT and isinstance(formula.tree, Apply):
        value = texts.left(value, sql.integer(longest))
    if part.type == DATE_TIME and not isinstance(formula.tree, Read):
        value = dates.readable(c.once(value))
    error = part.error
    if error is not None:
        error = c.once(error)
        value = sa.case((error.is_(None), value), else_=sa.null())
        return Compiled(c.closed(value), c.closed(error), formula.type)
    return Compiled(c.closed(value), None, formula.type)


class Compiling:
    """One compilation: where names come from, and the steps worked out before the expression."""

    def __init__(self, environment: Environment, depth: int = 0) -> None:
        self.environment = environment
        self.depth = depth  # how many subqueries it stands in
        self.time_zone: str = environment.time_zone
        self.steps: list[tuple[sql.Element, sql.Element]] = []
        self._sizes = Sizes()
        self._errors: list[list[sql.Element | None]] = []

    def part(self, node: Typed) -> Part:
        """The SQL of a node."""
        if isinstance(node, Constant):
            return self.constant(node)
        if isinstance(node, Read):
            return self.read(node)
        if isinstance(node, Within):
            raise TypeError("a condition about other records is compiled by its function")
        found = convert(self, self.part(node.operand), node.type) if isinstance(node, Convert) else self.applied(node)
        error = None if found.error is None else self.shallow(found.error)
        return replace(found, value=self.shallow(found.value), error=error)

    def shallow(self, element: sql.Element) -> sql.Element:
        """The element, as a step of its own if it has grown deep."""
        return element if self._sizes.depth(element) <= MAX_DEPTH else self.once(element)

    def constant(self, node: Constant) -> Part:
        value = node.value
        if value is None:
            element: sql.Element = sa.null()
        elif isinstance(value, bool):
            element = sa.true() if value else sa.false()
        elif isinstance(value, Decimal):
            element = sql.number(value)
        elif node.type == TEXT:
            element = sql.text_constant(value)
        else:
            element = dates.constant(value, node.type)
        return Part(element, node.type, None, value is None, value)

    def read(self, node: Read) -> Part:
        found = self.environment.value(node.path)
        value = found.value
        if isinstance(value, sa.Null):
            value = sql.typed_null(found.type)
        elif node.type == NUMBER:
            value = sql.numeric(value)
        if self._sizes.depth(value) > 2:
            value = self.once(value)
        error = found.error
        if error is not None and self._sizes.depth(error) > 2:
            error = self.once(error)
        return Part(value, node.type, error)

    def applied(self, node: Apply) -> Part:
        function = node.function
        if function.types is not None:
            made: Part | sql.Element = function.compile(self, *node.arguments)
            return made if isinstance(made, Part) else Part(made, node.type, None, function.blank)
        parts = [None if one is None else self.part(one) for one in node.arguments]
        if function.lazy:
            return replace(cast(Part, function.compile(self, *parts)), type=node.type)
        self._errors.append([None if one is None else one.error for one in parts])
        made = function.compile(self, *parts)
        errors = self._errors.pop()
        if len(errors) > len(parts) and not function.risky:
            raise TypeError(f"{function.name} makes errors and must be declared risky")
        if not isinstance(made, Part):
            made = Part(made, node.type, None, function.blank)
        return replace(made, type=node.type, error=first_error([*errors, made.error]))

    def fail_when(self, wrong: sql.Element, reason: str) -> None:
        """The function being compiled, which is declared `risky`, is an error when `wrong` holds."""
        self._errors[-1].append(reason_when(wrong, reason))

    def once(self, element: sql.Element) -> sql.Element:
        """The element, to be used in several places."""
        if is_simple(element):
            return element
        name = sa.literal_column(f"_v{len(self.steps) + 1}", element.type)
        self.steps.append((name, element))
        return name

    def inside(self, node: Typed, environment: Environment) -> Part:
        """A part of the expression that stands in a subquery of its own; truth where it is a condition."""
        inner = Compiling(environment, self.depth + 1)
        part = inner.part(node)
        value = inner.boolean(part) if part.type == BOOLEAN else part.value
        error = None if part.error is None else inner.closed(inner.once(part.error))
        return Part(inner.closed(value), part.type, error, part.nullable)

    def holds(self, condition: Typed, environment: Environment) -> sql.Element:
        """Whether a condition in a subquery holds; where it is an error, it does not."""
        part = self.inside(condition, environment)
        return part.value if part.error is None else sa.and_(part.error.is_(None), part.value)

    def closed(self, element: sql.Element) -> sql.Element:
        """The element with the steps that it needs."""
        return chained(self.steps, element)

    def number(self, part: Part) -> sql.Element:
        """A number to count with: blank is 0."""
        return sa.func.coalesce(part.value, sql.number(0), type_=sql.NUMBER) if part.nullable else part.value

    def operand(self, part: Part) -> sql.Element:
        """A number to count on with: a quotient as it was before it was rounded, so that 1 / 3 * 3 is 1."""
        return self.number(part) if part.unsettled is None else part.unsettled

    def text(self, part: Part) -> sql.Element:
        """A text: blank is empty."""
        return sa.func.coalesce(part.value, sa.literal_column("''", sql.TEXT)) if part.nullable else part.value

    def boolean(self, part: Part) -> sql.Element:
        """True or false: blank is false."""
        return sa.func.coalesce(part.value, sa.false(), type_=sql.BOOLEAN) if part.nullable else part.value

    def truth(self, part: Part) -> sql.Element:
        """Whether there is something: a number other than 0, a text that is not empty, a date, a list with items."""
        if part.type == BOOLEAN:
            return self.boolean(part)
        if part.type == NUMBER:
            return self.number(part) != sql.number(0)
        if part.type.is_list:
            return lists.length(part.value) > 0
        if part.type.is_date:
            return part.value.is_not(None)
        if part.type.name == "blank":
            return sa.false()
        return sql.is_filled(part.value)

    def settled(self, value: sql.Element, *operands: sql.Element) -> sql.Element:
        """The result of counting, rounded to what its operands (or itself) leave of 15 digits."""
        value = self.once(value)
        if not operands:
            return sql.settled(value, sql.absolute(value))
        magnitudes = [sql.absolute(one) for one in operands]
        return sql.settled(value, self.once(sql.plus(magnitudes)))

    def divisor(self, part: Part) -> sql.Element:
        """A number to divide by; where it is 0 the function is an error, and this is NULL."""
        number = self.number(part)
        if isinstance(part.constant, Decimal) and part.constant:
            return number
        number = self.once(number)
        self.fail_when(number == sql.number(0), "division_by_zero")
        return sa.func.nullif(number, sql.number(0), type_=sql.NUMBER)

    def whole(self, number: sql.Element, lowest: int, highest: int) -> sql.Element:
        """A number without its decimals as an SQL integer within bounds, to be used in several places."""
        return self.once(sql.whole(self.once(number), lowest, highest))

    def midnight(self, day: sql.Element) -> sql.Element:
        """The instant at which a day begins in the time zone."""
        return dates.midnight(day, self.time_zone)

    def list_of_one(self, part: Part) -> sql.Element:
        """A list with the value as its only item; empty if it is blank."""
        return lists.of_one(part.value)


def may_fail(tree: Typed) -> bool:
    """Whether the value of an expression may be an error for some record."""
    c = Compiling(_Anything(tree))
    return c.part(tree).error is not None


class _Anything:
    """An environment of nothing but types."""

    time_zone = "UTC"
    calendar = ORDINARY
    rows = sa.table("x", sa.column("id"))

    def __init__(self, tree: Typed) -> None:
        from engine.formulas.typed import walk

        reads = [one for one in walk(tree) if isinstance(one, Read)]
        self.types = {one.path: one.type for one in reads}
        # Of another record, a path comes without the name that stands before it.
        self.failing = {one.path[at:] for one in reads if one.type.can_fail for at in range(len(one.path))}

    def value(self, path: tuple[str, ...]) -> Compiled:
        kind = self.types.get(path, TEXT)
        error = sa.literal_column("e", sql.TEXT) if path in self.failing else None
        return Compiled(sa.literal_column("x"), error, kind)

    def now(self) -> sql.Element:
        return sa.literal_column("now")

    def me(self) -> sql.Element:
        return sa.literal_column("me")

    def my_departments(self) -> sql.Element:
        return sa.literal_column("mine")

    def my_roles(self) -> sql.Element:
        return sa.literal_column("roles")

    def each(self, table: str) -> Each:
        return self

    def changed_at(self, paths: Sequence[tuple[str, ...]]) -> sql.Element:
        return sa.literal_column("changed")


def values_of(parts: Sequence[Part | None]) -> list[Part]:
    """The arguments that were given."""
    return [one for one in parts if one is not None]
