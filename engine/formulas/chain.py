"""Steps worked out one after the other before an expression, each once per record.

The chain is `(WITH _s1 AS (SELECT a * b AS _v1 LIMIT 1), _s2 AS (SELECT _v1, _v1 / 2 AS _v2 FROM _s1 LIMIT 1)
SELECT _v1 + _v2 FROM _s2 LIMIT 1)`. The LIMITs keep both databases from putting the steps back into each
other, which would work them out again at each mention.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ClauseElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal

from engine.formulas.sql import Element

SIMPLE = 7  # elements that may rather be worked out twice than be a step


class Chain(FunctionElement[Any]):
    """An expression (the last clause) after its steps (those before)."""

    inherit_cache = True
    _traverse_internals = [
        *FunctionElement._traverse_internals,
        ("names", InternalTraversal.dp_string),
        ("carried", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, names: Sequence[str], carried: Sequence[Sequence[str]], parts: Sequence[Element]) -> None:
        super().__init__(*parts)
        self.names = ",".join(names)
        self.carried = ",".join(" ".join(one) for one in carried)
        self.type = parts[-1].type


@compiles(Chain)
def _compiled(element: Chain, compiler: Any, **options: Any) -> str:
    *steps, last = (compiler.process(one, **options) for one in element.clauses)
    names = element.names.split(",")
    carried = element.carried.split(",")
    ctes, source = [], ""
    for at, (name, held, text) in enumerate(zip(names, carried, steps, strict=True), 1):
        columns = ", ".join([*held.split(), f"{text} AS {name}"])
        ctes.append(f"_s{at} AS (SELECT {columns}{source} LIMIT 1)")
        source = f" FROM _s{at}"
    return f"(WITH {', '.join(ctes)} SELECT {last}{source} LIMIT 1)"


def chained(steps: Sequence[tuple[Element, Element]], last: Element) -> Element:
    """`last` after those of the steps (name, element) that it needs."""
    known = {id(name): at for at, (name, _element) in enumerate(steps)}
    needed: set[int] = set()
    uses: dict[int, set[int]] = {}
    open_ends = _mentioned(last, known)
    last_uses = set(open_ends)
    while open_ends:
        at = open_ends.pop()
        if at not in needed:
            needed.add(at)
            uses[at] = _mentioned(steps[at][1], known)
            open_ends |= uses[at]
    if not needed:
        return last
    order = sorted(needed)
    carried = []
    for place, _at in enumerate(order):
        later = set().union(last_uses, *(uses[one] for one in order[place + 1 :]))
        carried.append([str(steps[one][0]) for one in order[:place] if one in later])
    parts = [*(steps[at][1] for at in order), last]
    return Chain([str(steps[at][0]) for at in order], carried, parts)


def _mentioned(element: ClauseElement, known: dict[int, int]) -> set[int]:
    found: set[int] = set()
    waiting: list[Any] = [element]
    while waiting:
        one = waiting.pop()
        if id(one) in known:
            found.add(known[id(one)])
        elif not _is_closed(one):
            waiting.extend(one.get_children())
    return found


def is_simple(element: ClauseElement) -> bool:
    """Whether the element is so small that it may stand in several places."""
    count, waiting = 0, [element]
    while waiting:
        one = waiting.pop()
        if _is_closed(one) or isinstance(one, Chain):
            return False
        if not isinstance(one, (sa.sql.elements.ClauseList, sa.sql.elements.Grouping)):
            count += 1
        if count > SIMPLE:
            return False
        waiting.extend(one.get_children())
    return True


def depth(element: Any) -> int:
    """How deep SQL elements stand in each other."""
    if _is_closed(element) or isinstance(element, Chain):
        return 3
    if isinstance(element, (sa.Column, sa.BindParameter)):
        return 1
    own = 0 if isinstance(element, (sa.sql.elements.ClauseList, sa.sql.elements.Grouping)) else 1
    return own + max((depth(one) for one in element.get_children()), default=0)


def _is_closed(element: Any) -> bool:
    return isinstance(element, (sa.SelectBase, sa.ScalarSelect, sa.FromClause)) and not isinstance(
        element, FunctionElement
    )
