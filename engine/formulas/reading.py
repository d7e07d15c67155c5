"""What an expression reads: fields along paths from its own record, and tables that it looks through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.formulas.typed import Apply, Convert, Read, Typed, Within, walk

Path = tuple[str, ...]


@dataclass(frozen=True)
class Find:
    """Records of another table (or the same) that an expression looks for.

    `paths` are what it reads of them, from one of them on. Where its condition wants a field to equal something
    that the expression's own record says, `key` is that field and `against` the expression; it tells which
    records are concerned by a change there. None: all are.
    """

    table: str
    paths: frozenset[Path]
    key: Path | None = None
    against: Typed | None = None


@dataclass(frozen=True)
class Reading:
    """`paths` start at the expression's own record."""

    paths: frozenset[Path]
    finds: tuple[Find, ...]


def reading_of(tree: Typed) -> Reading:
    """All that an expression reads."""
    paths: set[Path] = set()
    finds: list[tuple[Within, bool, set[Path]]] = []
    waiting: list[tuple[Typed, tuple[tuple[Within, set[Path]], ...]]] = [(tree, ())]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, Within):
            read: set[Path] = {("id",)}
            if node.table and not node.source:
                finds.append((node, not around, read))
            inside = (*around, (node, read))
            waiting += [(one, inside) for one in (node.condition, node.value) if one is not None]
        elif isinstance(node, Convert):
            waiting.append((node.operand, around))
        elif isinstance(node, Apply):
            waiting += [(one, around) for one in node.arguments if one is not None]
        elif isinstance(node, Read):
            _note(node, around, paths)
    found = (Find(one.table, frozenset(read), *(_key(one) if outermost else ())) for one, outermost, read in finds)
    return Reading(frozenset(paths), tuple(found))


def _note(node: Read, around: Sequence[tuple[Within, set[Path]]], paths: set[Path]) -> None:
    for within, read in reversed(around):
        if is_of(node, within):
            rest = node.path[len(within.name) :]
            if within.source:
                paths.add((*within.source, *rest))
            elif rest:
                read.add(rest)
            return
    paths.add(node.path)


def is_of(node: Read, within: Within) -> bool:
    """Whether a name means the found record, or the item, or something of it."""
    return node.path[: len(within.name)] == within.name


def _key(within: Within) -> tuple[Path | None, Typed | None]:
    """The field of the found record that must equal something which the own record says, and that."""
    for test in _conjuncts(within.condition):
        if not isinstance(test, Apply) or test.function.name != "=":
            continue
        one, other = test.arguments
        for left, right in ((one, other), (other, one)):
            alone = isinstance(left, Read) and is_of(left, within) and len(left.path) == len(within.name) + 1
            if alone and isinstance(left, Read) and right is not None and not _mentions(right, within):
                return left.path[len(within.name) :], right
    return None, None


def _conjuncts(test: Typed) -> Iterator[Typed]:
    if isinstance(test, Apply) and test.function.name == "AND":
        for one in test.arguments:
            if one is not None:
                yield from _conjuncts(one)
    else:
        yield test


def _mentions(node: Typed, within: Within) -> bool:
    """Whether a part is more than a matter of the own record."""
    return any(isinstance(one, Within) or (isinstance(one, Read) and is_of(one, within)) for one in walk(node))
