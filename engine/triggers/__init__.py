"""Triggers: one file is one kind of event that starts a run, named as definitions name it.

A trigger only declares: which changes it looks at, and what must hold. The runner (engine/automations/) asks
it for each change, in the transaction of that change.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, ClassVar, Literal

from engine.actions import Words
from engine.registry import Registry
from engine.text import Text

Options = Mapping[str, Any]
ChangeKind = Literal["created", "updated", "deleted"]


class Trigger:
    """What every trigger answers."""

    name: str
    label: ClassVar[Text]
    icon: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}  # option -> its JSON Schema
    required: ClassVar[tuple[str, ...]] = ()
    watches: ClassVar[frozenset[ChangeKind]] = frozenset()  # the changes that it looks at

    def sentence(self, options: Options, words: Words) -> Text:
        """When it starts, as a person reads it."""
        return self.label

    def fields(self, options: Options) -> list[str]:
        """The keys of the fields whose change it waits for; empty for any."""
        return []

    def starts(self, options: Options, kind: ChangeKind, fields: Set[str]) -> bool:
        """Whether a change of this kind, of these fields, starts a run (if the condition also holds)."""
        return kind in self.watches

    def condition(self, options: Options) -> Any | None:
        """The condition that a record must begin to satisfy: not satisfied before the change, satisfied after it."""
        return None


triggers: Registry[Trigger] = Registry("engine.triggers", Trigger)
