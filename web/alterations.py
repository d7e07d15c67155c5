"""Changes of a definition as pages list them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.definitions.alteration import Alteration
from engine.text import Text, _

Kind = Literal["add", "change", "remove"]


@dataclass(frozen=True)
class Listed:
    """One change: what it does in words, and whether it takes something away from the records that are there."""

    kind: Kind
    says: Text
    loss: Text | str = ""
    examples: Sequence[tuple[str, str | None]] = ()  # a value, and what becomes of it; None: it is set aside


def listed(alterations: Iterable[Alteration]) -> list[Listed]:
    """The changes in their order."""
    return [Listed(_kind(one), one.says, _loss(one), getattr(one, "examples", ())) for one in alterations]


def _kind(one: Alteration) -> Kind:
    """By what the change is called: `AddField`, `RemoveTable`, or the verb that it carries."""
    verb = getattr(one, "verb", type(one).__name__).lower()
    if verb.startswith(("add", "install")):
        return "add"
    return "remove" if verb.startswith("remove") else "change"


def _loss(one: Alteration) -> Text | str:
    return _("Takes data away.") if one.destroys and one.lost else ""
