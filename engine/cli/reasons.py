"""The command that says why somebody may do something with a record, or may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import accounts, roles, why
from engine.access.clauses import Clause
from engine.access.principals import Principal, holding
from engine.cli.here import IN_WORKSPACE, InWorkspace
from engine.cli.naming import field_keys, find_table, listed
from engine.definitions.scope import Path
from engine.showing import Shown
from engine.storage.session import Session
from engine.text import Label, Text, _, label_in
from engine.why import Answer, Fact, Saying, Verdict, told

# What a role says without a condition.
_SAID: Mapping[Any, Text] = {
    True: _("of every record"),
    False: _("not given"),
    "hidden": _("the field is hidden"),
    "read_only": _("the field can only be read"),
}
_SIGNS: Mapping[bool | None, str] = {True: "+", False: "-", None: "?"}


def explain(who: str, table: str, record: str, /, *, field: str = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Say why somebody may see, change and delete a record, or may not; or see and set a field of it.

    The answer comes from the rules of the roles, as they are asked whenever somebody opens a record: each with its
    place in the app's definition, the part that does not hold, the values that decided, and what would change it.

    For example:

        formwork role why bo@example.com crm.accounts rec0NqXk3hQe7ZbC
        formwork role why bo@example.com crm.accounts rec0NqXk3hQe7ZbC --field margin
        formwork role why crm.rep,crm.lead crm.accounts rec0NqXk3hQe7ZbC

    Parameters
    ----------
    who
        E-mail address of a person; or roles with commas between them, for somebody who has just these and owns nothing.
    table
        Address of the table, such as crm.accounts.
    record
        Id of the record.
    field
        Key or label of a field of it.
    """
    off = accounts.switched_off(here.stores, here.workspace_id)
    with here.read() as session:
        of = find_table(session.layout, table)
        whom = _whom(here, session, who)
        if field:
            (key,) = field_keys(session.layout, of, [field])
            answer = why.of_field(session, of.address, record, key, whom, off=off)
        else:
            answer = why.of_record(session, of.address, record, whom, off=off)
        if here.json:
            here.document(told.facts(answer, session.workspace.language))
        else:
            lines = _Lines(session, answer)
            here.say("\n".join(line for act, one in answer.verdicts.items() for line in lines.of(act, one)))


def _whom(here: InWorkspace, session: Session, who: str) -> Principal:
    if "@" in who:
        return why.of_person(session, here.person_at(who).id)
    return holding([roles.get(session, one).address for one in listed([who])])


class _Lines:
    """An answer as lines, in the workspace's language."""

    def __init__(self, session: Session, answer: Answer) -> None:
        self._session = session
        self._answer = answer
        self._language = session.workspace.language
        self._values = {path: self._values_of(fact) for path, fact in answer.facts.items()}

    def of(self, act: str, verdict: Verdict) -> Iterator[str]:
        yield f"{act}: {_('yes') if verdict.may else _('no')}"
        yield from (f"  {says}" for says in verdict.says)
        for one in verdict.roles:
            yield from self._saying(one)
        if verdict.would:
            yield f"  {_('What would change it:')}"
            yield from (f"    {says}" for says in verdict.would)

    def _saying(self, one: Saying) -> Iterator[str]:
        said = one.said if isinstance(one.said, Clause) else None
        word = "" if said else f": {_SAID[one.said]}"
        yield f"  {_SIGNS[one.allows]} {self._label(one.role.label)}  {one.at}{word}"
        if said:
            yield from self._clause(said, "    ")

    def _clause(self, one: Clause, before: str) -> Iterator[str]:
        word = {"all": _("all of these"), "any": _("one of these"), "not": _("not this")}.get(one.joined, one.text)
        yield f"{before}{_SIGNS[one.holds]} {word}"
        if one.joined:
            for part in one.parts:
                yield from self._clause(part, f"{before}  ")
            return
        yield from (f"{before}    {label}: {value}" for label, value in self._read(one.paths))
        for name in one.asks:
            yield f"{before}    {name}(): {', '.join(map(self._label, self._answer.asking[name])) or _('nothing')}"

    def _read(self, paths: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
        for path in paths:
            if path in self._values:
                labels = " › ".join(map(self._label, self._answer.facts[path].labels))
                yield labels, self._values[path]

    def _values_of(self, fact: Fact) -> str:
        shown = Shown(self._session, self._session.layout.table(fact.field.table), [fact.field.key])
        rows = shown.rows([{fact.field.key: one} for one in fact.values])
        return ", ".join(str(row[fact.field.key] or _("empty")) for row in rows) or _("nothing linked")

    def _label(self, label: Label) -> str:
        return label_in(label, self._language)
