"""One record, one who is asked about: whether the door lets them, and what each of their roles says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from engine import people, records, rules
from engine.access import clauses, door, judging
from engine.access.clauses import Clause
from engine.access.principals import Principal
from engine.access.rights import Rights, Rule
from engine.access.sight import Sight
from engine.definitions.language import App, Table
from engine.definitions.roles import EVERY_FIELD, EVERY_TABLE, RecordAct, Role, TableAccess
from engine.definitions.scope import RecordScope
from engine.records import Record
from engine.rules.locks import Locked
from engine.storage.session import Session
from engine.text import Label, _
from engine.why.answers import ACTS, Act, Said, Saying

_OF_RECORDS: Mapping[Act, RecordAct] = {"see": "read", "change": "update", "delete": "delete"}


class Subject:
    """The record that is asked about, as the asker sees it."""

    def __init__(self, session: Session, address: str, record_id: str) -> None:
        """Raises `Forbidden` for who may not say who has access, `NotFound` for what the asker does not see."""
        door.enter_builder(session.principal)
        self.session = session
        self.record: Record = records.get(session, address, record_id)
        self.table: Table = session.whole.table(address)
        self.app: App = session.whole.apps[self.table.app]
        self.scope: RecordScope = session.whole.types.scope(address)

    @cached_property
    def names(self) -> dict[str, str]:
        """What everybody is called."""
        return people.names(self.session)

    @cached_property
    def closed(self) -> list[Locked]:
        """Why the record can be changed no more, by whomever."""
        return rules.closed(self.session, self.table, self.record.id, self.record.values)

    def is_locked(self, act: Act, key: str) -> bool:
        """Whether that keeps everybody from the act (with the field `key`)."""
        if act == "see" or not self.closed:
            return False
        free = frozenset[str].intersection(*(one.free for one in self.closed))
        return act == "delete" or (key not in free if key else not free)


class Question:
    """About `whom`; `off` are the people whose accounts are switched off."""

    def __init__(self, of: Subject, whom: Principal, off: Collection[str] = ()) -> None:
        self.of = of
        self.whom = whom
        self.is_off = whom.user_id in off
        self.theirs = of.session.in_guise(whom)
        self._known: dict[str, bool] = {}  # what holds of the record, by the rule's `repr`

    @cached_property
    def name(self) -> Label:
        """What who is asked about is called."""
        user_id = self.whom.user_id
        return _("somebody with these roles") if user_id is None else self.of.names.get(user_id, user_id)

    @cached_property
    def rights(self) -> Rights | None:
        """The rights by which the door lets them in; None where nothing limits them."""
        return self.theirs.seen.rights if isinstance(self.theirs.seen, Sight) else None

    @cached_property
    def roles(self) -> list[Role]:
        """Those that count in the app."""
        return [self.of.app.roles[key] for key in self.theirs.roles[self.of.app.key]]

    def may(self, act: Act, key: str = "") -> bool:
        """Whether the door lets them do it with the record, or with the field `key` of it."""
        if self.is_off or not self.whom.role or self.of.is_locked(act, key):
            return False
        if act != "see" and self.whom.role == "guest":
            return False
        self._ask([self.rule(one) for one in ACTS])
        if key and (not self.is_shown(key) or (act == "change" and not self.of.table.fields[key].writable)):
            return False
        return self.holds(self.rule(act, key))

    def is_shown(self, key: str = "") -> bool:
        """Whether they see the record, and in it the field."""
        return self.holds(self.rule("see")) and (not key or self.holds(self.rule("see", key)))

    def rule(self, act: Act, key: str = "") -> Rule:
        """The rule of all their roles together, as the door asks it."""
        if self.rights is None:
            return True
        given = self.rights.tables[self.of.table.address]
        if not key:
            return given.read if act == "see" else given.before if act == "change" else given.delete
        if act == "change":
            return given.of(key).before
        field = self.of.table.fields[key]
        seen = self.rights.seen(field)
        return seen if isinstance(seen, bool) or not field.many else False

    def holds(self, rule: Rule) -> bool:
        """Whether a rule holds for the record, asked as them."""
        if isinstance(rule, bool):
            return rule
        self._ask([rule])
        return self._known[repr(rule)]

    def _ask(self, rules: Iterable[Rule]) -> None:
        """Know from here on what holds of these rules: one statement for those that are not known yet."""
        asked = [one for one in rules if not isinstance(one, bool) and repr(one) not in self._known]
        truths = judging.truths(self.theirs, self.of.table.address, asked, [self.of.record.id])
        self._known |= {name: each.get(self.of.record.id) is True for name, each in truths.items()}

    def sayings(self, act: Act, key: str = "") -> tuple[Saying, ...]:
        """What each of their roles says, with what holds of it."""
        if self.rights is None or self.is_off:
            return ()
        said = [(role, *self._said(role, act, key)) for role in self.roles]
        asked = (one for _role, _at, one in said if isinstance(one, Clause))
        judged = clauses.judged(self.theirs, self.of.table.address, self.of.record.id, asked)
        return tuple(_sayings(said, iter(judged)))

    def _said(self, role: Role, act: Act, key: str) -> tuple[str, Said]:
        """Where a role says it, and what: the first part that refuses, else all that must hold."""
        parts = list(_parts(role, self.of.table, act, key))
        for at, one in parts:
            if one is False or one in ("hidden", "read_only"):
                return at, one
        conditions = [clauses.clause(one, at, self.of.scope) for at, one in parts if one is not True]
        if not conditions:
            return parts[-1][0], True
        return conditions[-1].at, clauses.joined(conditions[-1].at, conditions)


def _parts(role: Role, table: Table, act: Act, key: str) -> Iterator[tuple[str, Any]]:
    """All that a role says of it, each at its place: what is not said is not given."""
    gives, at = role.gives(table.key), f"/roles/{role.key}/tables"
    named = next((one for one in (table.key, EVERY_TABLE) if one in role.tables), "")
    at = f"{at}/{named}" if named else at
    if gives.where is not True:
        yield f"{at}/where", gives.where
    for one in dict.fromkeys((_OF_RECORDS["see"], _OF_RECORDS[act])):
        yield f"{at}/{one}" if one in gives.acts else at, gives.acts.get(one, False)
    named = next((one for one in (key, EVERY_FIELD) if one in gives.fields), "") if key else ""
    if named and not (named == EVERY_FIELD and table.fields[key].kind.system):
        yield f"{at}/fields/{named}", _of_field(gives, act, key, gives.fields[named])


def _of_field(gives: TableAccess, act: Act, key: str, said: Any) -> Any:
    """What is said of a field: a word that refuses, else where it is seen or set."""
    if said == "hidden" or (said == "read_only" and act != "see"):
        return said
    return gives.shows(key) if act == "see" else gives.sets(key)


def _sayings(said: list[tuple[Role, str, Said]], judged: Iterator[Clause]) -> Iterator[Saying]:
    for role, at, one in said:
        told = next(judged) if isinstance(one, Clause) else one
        yield Saying(role, at, told, told.holds is True if isinstance(told, Clause) else told is True)
