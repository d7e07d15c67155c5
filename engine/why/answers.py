"""What is answered to who asks why somebody may, or may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.access.clauses import Clause
from engine.definitions.language import Field
from engine.definitions.roles import Role
from engine.definitions.scope import Path
from engine.people import Person
from engine.text import Label, Text

Act = Literal["see", "change", "delete"]
ACTS: tuple[Act, ...] = ("see", "change", "delete")
Said = bool | Literal["hidden", "read_only"] | Clause


@dataclass(frozen=True)
class Saying:
    """What a role says of the record or of the field, at `at` of the app's document, and whether that allows it."""

    role: Role
    at: str
    said: Said
    allows: bool


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may, the reasons in words, what each of their roles says, and what would let them."""

    may: bool
    says: tuple[Text, ...]
    roles: tuple[Saying, ...] = ()
    would: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A value that decided: of the field at the end of a path from the record, which is called `labels` on its way."""

    labels: tuple[Label, ...]
    field: Field
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """One verdict for each act (a field cannot be deleted), and the values that decided, by their path.

    `asking` are the values of what the rules ask about the person, by function: themself, their departments, their
    roles.
    """

    verdicts: Mapping[Act, Verdict]
    facts: Mapping[Path, Fact] = field(default_factory=dict)
    asking: Mapping[str, tuple[Label, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Access:
    """What somebody may do with a record, and the roles that count for them in its app.

    `everything` is for owners and builders, whom no role limits.
    """

    person: Person
    roles: tuple[Role, ...]
    may: Mapping[Act, bool]
    everything: bool
