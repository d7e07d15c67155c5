"""An answer to why somebody may, or may not, as its page draws it: rules part by part, with the values that decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import departments, people, why
from engine.access.clauses import Clause, Joined
from engine.definitions.language import Table
from engine.storage.session import Session
from engine.text import Label, Text, _
from engine.why import Act, Answer, Fact
from web.addresses import At
from web.conditions import Speaker
from web.fields import Shown, shown_field
from web.names import Names, names_of

_TITLES: Mapping[tuple[Act, bool], Text] = {
    ("see", True): _("Can see it"),
    ("see", False): _("Cannot see it"),
    ("change", True): _("Can change it"),
    ("change", False): _("Cannot change it"),
    ("delete", True): _("Can delete it"),
    ("delete", False): _("Cannot delete it"),
}
# What a role says without a condition, where it allows it and where it does not.
_SAID: Mapping[Any, Text] = {
    True: _("of every record"),
    False: _("not given"),
    "hidden": _("the field is hidden"),
    "read_only": _("the field can only be read"),
}


@dataclass(frozen=True)
class Drawn:
    """A value that decided: what it is called, and the values to be drawn as `shown`."""

    label: Label
    shown: Shown
    values: Sequence[Any]


@dataclass(frozen=True)
class Line:
    """A part of a rule as a line: a sentence, or source text where `is_code`; what it reads, and what it asks."""

    holds: bool | None
    says: Text | str
    is_code: bool
    joined: Joined
    at: str
    values: Sequence[Drawn]
    asking: Sequence[tuple[str, Sequence[Label]]]
    parts: Sequence[Line]


@dataclass(frozen=True)
class Role:
    """What one role says: a sentence, or a line with all its parts; `at` is its place in the app's document."""

    label: Label
    allows: bool
    at: str
    says: Text | str
    line: Line | None


@dataclass(frozen=True)
class Reason:
    """One verdict."""

    act: Act
    may: bool
    title: Text
    says: Sequence[Text]
    roles: Sequence[Role]
    would: Sequence[Text]


@dataclass(frozen=True)
class Reasons:
    """The verdicts, and what people and records in their values are called."""

    verdicts: Sequence[Reason]
    names: Names


def reasons_of(session: Session, at: At, table: Table, answer: Answer, language: str) -> Reasons:
    """The answer drawn, for a reader of this language."""
    called = people.names(session) | departments.names(session)
    speaker = Speaker(session.layout, session.layout.apps[table.app], table, language, called)
    names: Names = {}
    for fact in answer.facts.values():
        held = [{fact.field.key: one} for one in fact.values]
        names |= names_of(session, at, session.layout.table(fact.field.table), [fact.field.key], held)
    return Reasons(
        [_reason(act, one, _Drawing(session, speaker, answer)) for act, one in answer.verdicts.items()], names
    )


@dataclass(frozen=True)
class _Drawing:
    session: Session
    speaker: Speaker
    answer: Answer

    def line(self, clause: Clause) -> Line:
        is_code = isinstance(clause.condition, str)
        said = None if is_code or clause.joined else self.speaker.condition(clause.condition)
        return Line(
            clause.holds,
            said.says if said else clause.text,
            is_code,
            clause.joined,
            clause.at,
            []
            if clause.joined
            else [self.value(self.answer.facts[one]) for one in clause.paths if one in self.answer.facts],
            [] if clause.joined else [(one, self.answer.asking[one]) for one in clause.asks],
            [self.line(one) for one in clause.parts],
        )

    def value(self, fact: Fact) -> Drawn:
        label = (
            fact.labels[0]
            if len(fact.labels) == 1
            else _("{field} of {link}", field=fact.labels[-1], link=fact.labels[-2])
        )
        return Drawn(label, shown_field(self.session.layout, fact.field), fact.values)


def _reason(act: Act, verdict: why.Verdict, drawing: _Drawing) -> Reason:
    roles = [
        Role(
            one.role.label,
            one.allows,
            one.at,
            "" if isinstance(one.said, Clause) else _SAID[one.said],
            drawing.line(one.said) if isinstance(one.said, Clause) else None,
        )
        for one in verdict.roles
    ]
    return Reason(act, verdict.may, _TITLES[act, verdict.may], verdict.says, roles, verdict.would)
