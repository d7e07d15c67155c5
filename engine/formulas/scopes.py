"""Names inside a condition about other records, or about the items of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.formulas.functions import Takes
from engine.formulas.syntax import Literal, Name, Node
from engine.formulas.typed import Read, Typed, Within
from engine.formulas.types import BLANK, BOOLEAN, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.check import Checker, Scope

ITEM = ("item",)


@dataclass(frozen=True)
class InnerScope:
    """What stands at `name` is another record, or an item; all else is the expression's own record."""

    outer: Scope
    name: tuple[str, ...]
    inner: Callable[[tuple[str, ...]], Type | None]
    inner_names: Sequence[str] = ()

    def type_of(self, path: tuple[str, ...]) -> Type | None:
        """See `engine.formulas.check.Scope`."""
        own = path[: len(self.name)] == self.name
        return self.inner(path[len(self.name) :]) if own else self.outer.type_of(path)

    def names(self) -> Iterable[str]:
        """See `engine.formulas.check.Scope`."""
        yield from (".".join((*self.name, one)) for one in self.inner_names)
        yield from self.outer.names()

    def find_table(self, name: str) -> tuple[str, Scope] | None:
        """See `engine.formulas.check.Scope`."""
        return self.outer.find_table(name)

    def numbered_by(self) -> tuple[str, ...] | None:
        """See `engine.formulas.check.Scope`."""
        return self.outer.numbered_by()

    def is_logged(self, path: tuple[str, ...]) -> bool:
        """See `engine.formulas.check.Scope`."""
        return path[: len(self.name)] != self.name and self.outer.is_logged(path)


def about_items(checker: Checker, node: Node, condition: Node) -> tuple[Typed, Within] | None:
    """A list and a condition about each of its items, which it calls `{item}`."""
    items = checker.within(node, checker.scope, "list")
    if items is None:
        return None
    kind = items.type.item or BLANK
    linked = checker.scope.find_table(kind.table) if kind.table and isinstance(items, Read) else None

    def inner(path: tuple[str, ...]) -> Type | None:
        if not path:
            return kind
        return linked[1].type_of(path) if linked else None

    scope = InnerScope(checker.scope, ITEM, inner, [*linked[1].names()] if linked else [])
    holds = checker.within(condition, scope, "boolean")
    if holds is None:
        return None
    source = items.path if isinstance(items, Read) else ()
    return items, Within(ITEM, kind.table, source, holds, None, items.type, node.start, condition.end)


def about_records(checker: Checker, table: Node, condition: Node, value: Node | None, takes: Takes) -> Within | None:
    """A condition about each record of a table, whose fields it writes `{table.field}`, and a value of those."""
    written = table.text if isinstance(table, Name) else table.value if isinstance(table, Literal) else None
    if not isinstance(written, str):
        checker.mistake(table, _('Write the table here, such as "products".'))
        return None
    found = checker.scope.find_table(written)
    if found is None:
        checker.mistake(table, _("There is no table {table}.", table=written))
        return None
    address, fields = found

    def inner(path: tuple[str, ...]) -> Type | None:
        return fields.type_of(path or ("id",))

    scope = InnerScope(checker.scope, tuple(written.split(".")), inner, [*fields.names()])
    holds = checker.within(condition, scope, "boolean")
    wanted = None if value is None else checker.within(value, scope, takes)
    if holds is None or (value is not None and wanted is None):
        return None
    kind = BOOLEAN if wanted is None else wanted.type
    return Within(scope.name, address, (), holds, wanted, kind, table.start, (value or condition).end)
