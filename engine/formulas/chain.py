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

from engine.formulas.dialects import Dialects, Element

SIMPLE = 12  # how much may rather be worked out twice than be a step of its own


class Chain(FunctionElement[Any]):
    """An expression (the last clause) after its steps (those before).

    `levels` says in words which columns each SELECT hands on, and which steps it works out: `_v1 = _v2 _v3`.
    """

    inherit_cache = True
    _traverse_internals = [
        *FunctionElement._traverse_internals,
        ("levels", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, levels: Sequence[str], parts: Sequence[Element]) -> None:
        super().__init__(*parts)
        self.levels = ",".join(levels)
        self.type = parts[-1].type


@compiles(Chain)
def _compiled(element: Chain, compiler: Any, **options: Any) -> str:
    *steps, last = (compiler.process(one, **options) for one in element.clauses)
    texts = iter(steps)
    ctes, source = [], ""
    for at, level in enumerate(element.levels.split(","), 1):
        carried, _equals, made = level.partition("=")
        columns = [*carried.split(), *(f"{next(texts)} AS {name}" for name in made.split())]
        ctes.append(f"_s{at} AS (SELECT {', '.join(columns)}{source} LIMIT 1)")
        source = f" FROM _s{at}"
    return f"(WITH {', '.join(ctes)} SELECT {last}{source} LIMIT 1)"


def chained(steps: Sequence[tuple[Element, Element]], last: Element) -> Element:
    """`last` after those of the steps (name, element) that it needs.

    Steps that do not need each other stand in one SELECT: PostgreSQL's planner takes long over deep ones.
    """
    known = {id(name): at for at, (name, _element) in enumerate(steps)}
    uses: dict[int, set[int]] = {}
    open_ends = last_uses = _mentioned(last, known)
    while open_ends:
        uses |= {at: _mentioned(steps[at][1], known) for at in open_ends}
        open_ends = set().union(*uses.values()) - uses.keys()
    if not uses:
        return last
    level_of: dict[int, int] = {}
    for at in sorted(uses):  # a step uses only earlier ones
        level_of[at] = 1 + max((level_of[one] for one in uses[at]), default=0)
    levels, parts = [], []
    for level in range(1, max(level_of.values()) + 1):
        made = [at for at in sorted(uses) if level_of[at] == level]
        later = last_uses.union(*(uses[at] for at in uses if level_of[at] > level))
        carried = [at for at in sorted(later) if level_of[at] < level]
        levels.append(" ".join([*(str(steps[at][0]) for at in carried), "=", *(str(steps[at][0]) for at in made)]))
        parts += [steps[at][1] for at in made]
    return Chain(levels, [*parts, last])


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


class Sizes:
    """How deep and how long elements are, each looked at once."""

    def __init__(self) -> None:
        self._depths: dict[int, tuple[Any, int]] = {}  # with the element, so that its id stays its own

    def depth(self, element: Any) -> int:
        """How deep SQL elements stand in each other."""
        known = self._depths.get(id(element))
        if known is None:
            known = self._depths[id(element)] = (element, self._depth(element))
        return known[1]

    def _depth(self, element: Any) -> int:
        if isinstance(element, _LEAVES):
            return 1
        if isinstance(element, Chain) or _is_closed(element):
            return 3
        own = 0 if isinstance(element, _TRANSPARENT) else 1
        if isinstance(element, Dialects):
            own += 2 * min(element.sqlite.count("SELECT"), 2)
        return own + max((self.depth(one) for one in element.get_children()), default=0)


def is_simple(element: Any) -> bool:
    """Whether the element is so small that it may stand in several places."""
    weight, waiting = 0, [element]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Chain) or _is_closed(one):
            return False
        if isinstance(one, Dialects):
            weight += len(one.sqlite) // 25
        weight += not isinstance(one, _TRANSPARENT)
        if weight > SIMPLE:
            return False
        if not isinstance(one, _LEAVES):
            waiting.extend(one.get_children())
    return True


_LEAVES = (sa.ColumnClause, sa.BindParameter, sa.Null, sa.True_, sa.False_)
_TRANSPARENT = (sa.sql.elements.ClauseList, sa.sql.elements.Grouping)


def _is_closed(element: Any) -> bool:
    return isinstance(element, (sa.SelectBase, sa.ScalarSelect, sa.FromClause)) and not isinstance(
        element, FunctionElement
    )
