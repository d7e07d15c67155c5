"""The rule of a role with what it is made of, so that one can say which part of it a record does not satisfy.

Nothing is evaluated here: each part is a condition of its own, which the door's SQL answers (`judging.truths`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine import formulas
from engine.access import judging
from engine.definitions.conditions import expression, is_expression
from engine.definitions.language import Condition
from engine.definitions.plan_roles import condition_words
from engine.definitions.scope import Path, RecordScope
from engine.formulas import FormulaError
from engine.formulas.syntax import Call, Chain, Minus, Name, Node, parse
from engine.storage.session import Session

Joined = Literal["", "all", "any", "not"]
_JOINING: Mapping[str, Joined] = {"AND": "all", "OR": "any", "NOT": "not"}
ASKING = ("ME", "MY_DEPARTMENTS", "MY_ROLES")  # functions whose value is another one for everybody who asks
_LISTED = 200  # conditions of one statement


@dataclass(frozen=True)
class Clause:
    """A condition at its place in the app's document (a JSON pointer), `joined` from `parts` how.

    `holds` is what the database says of the record, None where that is unknown. `paths` are the fields that it
    reads, `asks` the functions in it whose value depends on who asks.
    """

    at: str
    condition: Condition
    joined: Joined = ""
    parts: tuple[Clause, ...] = ()
    paths: tuple[Path, ...] = ()
    asks: tuple[str, ...] = ()
    holds: bool | None = None

    @property
    def text(self) -> str:
        """As the document says it."""
        return condition_words(self.condition)

    @property
    def whole(self) -> Iterator[Clause]:
        """It and all its parts."""
        yield self
        for one in self.parts:
            yield from one.whole

    @property
    def single(self) -> Iterator[Clause]:
        """The tests that it is made of in the end."""
        return (one for one in self.whole if not one.joined)

    def would_hold(self, other: Clause) -> bool:
        """Whether it would hold if `other`, a part of it, did the opposite of what it does now, wherever it stands."""
        if self.condition == other.condition:
            return not self.holds
        if not self.joined:
            return self.holds is True
        each = [one.would_hold(other) for one in self.parts]
        return all(each) if self.joined == "all" else any(each) if self.joined == "any" else not each[0]


def clause(condition: Condition, at: str, scope: RecordScope) -> Clause:
    """A condition about the records of `scope` (which has been checked) with its parts."""
    if isinstance(condition, str):
        return _expression(expression(condition), at, scope)
    for word in ("all", "any"):
        if word in condition:
            parts = (clause(one, f"{at}/{word}/{number}", scope) for number, one in enumerate(condition[word]))
            return Clause(at, condition, "all" if word == "all" else "any", tuple(parts))
    texts = [expression(condition["value"])] if is_expression(condition.get("value")) else []
    path = tuple(condition["field"].split("."))
    paths = [scope.resolve(path) or path, *(one for text in texts for one in _paths(text, scope))]
    asks = [one for text in texts for one in _calls(parse(text))]
    if condition["op"] in ("is_me", "is_mine"):
        asks.append("ME" if condition["op"] == "is_me" else "MY_DEPARTMENTS")
    return Clause(at, condition, paths=tuple(dict.fromkeys(paths)), asks=_asking(asks))


def joined(at: str, parts: Sequence[Clause]) -> Clause:
    """All of several rules of a role."""
    return parts[0] if len(parts) == 1 else Clause(at, {"all": [one.condition for one in parts]}, "all", tuple(parts))


def judged(session: Session, address: str, record_id: str, found: Iterable[Clause]) -> list[Clause]:
    """The clauses with what holds of them for a record, asked by the session's principal."""
    found = list(found)
    conditions = list({repr(part.condition): part.condition for one in found for part in one.whole}.values())
    holding: dict[str, bool | None] = {}
    for start in range(0, len(conditions), _LISTED):
        truths = judging.truths(session, address, conditions[start : start + _LISTED], [record_id])
        holding |= {name: each.get(record_id, False) for name, each in truths.items()}

    def told(one: Clause) -> Clause:
        return replace(one, holds=holding[repr(one.condition)], parts=tuple(map(told, one.parts)))

    return [told(one) for one in found]


def _expression(text: str, at: str, scope: RecordScope) -> Clause:
    node = parse(text)
    paths, asks = tuple(sorted(_paths(text, scope))), _asking(_calls(node))
    whole = Clause(at, f"={text}", paths=paths, asks=asks)
    if not isinstance(node, Call) or node.name not in _JOINING:
        return whole
    texts = [text[one.start : one.end] for one in node.arguments]
    if not all(_is_test(one, scope) for one in texts):
        return whole
    parts = tuple(_expression(one, at, scope) for one in texts)
    return replace(whole, joined=_JOINING[node.name], parts=parts)


def _is_test(text: str, scope: RecordScope) -> bool:
    """Whether it can stand by itself as a condition: what was cut out of brackets may not."""
    try:
        return formulas.check(text, scope).type.name == "boolean"
    except FormulaError:
        return False


def _paths(text: str, scope: RecordScope) -> set[Path]:
    return {scope.resolve(path) or path for path in formulas.check(text, scope).paths}


def _calls(node: Node) -> Iterator[str]:
    """The functions in an expression."""
    if isinstance(node, Call):
        yield node.name
    inner: tuple[Node, ...] = ()
    if isinstance(node, Call):
        inner = node.arguments
    elif isinstance(node, Chain):
        inner = (node.first, *(one for _operator, one in node.rest))
    elif isinstance(node, Minus):
        inner = (node.operand,)
    for one in inner:
        yield from _calls(one)


def _asking(calls: Iterable[str]) -> tuple[str, ...]:
    found = set(calls)
    return tuple(one for one in ASKING if one in found)


def made_mine(one: Clause, scope: RecordScope) -> Path | None:
    """The field of people that would make the clause hold if the one who asks stood in it: `{owner} = ME()`."""
    if isinstance(one.condition, str):
        node = parse(expression(one.condition))
        if not isinstance(node, Chain) or len(node.rest) != 1 or node.rest[0][0] not in ("=", "IN"):
            return None
        sides = (node.first, node.rest[0][1])
        names = [each for each in sides if isinstance(each, Name)]
        me = [each for each in sides if isinstance(each, Call) and each.name == "ME"]
        if not names or not me:
            return None
        path: Path = names[0].path
    elif one.condition["op"] == "is_me" or str(one.condition.get("value")).replace(" ", "") == "=ME()":
        path = tuple(one.condition["field"].split("."))
    else:
        return None
    return scope.resolve(path) or path
