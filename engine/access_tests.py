"""Access tests: what an app's definition says about who sees what, tried with records made for it.

They are tried with the real door and the real database, in a workspace of which nothing stays (`storage/scratch.py`):
no record of anybody is touched, nothing is started, nobody waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import departments, people, queries, records
from engine.access import door, judging
from engine.access.principals import Principal, holding, person
from engine.definitions.access_tests import DEPARTMENTS, AccessTest, Act, Belongs
from engine.definitions.documents import address
from engine.definitions.language import App, Document, Field, Table
from engine.errors import Forbidden, FormworkError, NotFound, Problem, Refused
from engine.people import Person
from engine.queries import Query
from engine.storage.layout import Layout
from engine.storage.savepoints import attempt
from engine.storage.scratch import scratch
from engine.storage.session import Session
from engine.text import Text, _

_ME, _COLLEAGUE, _OTHER = "usrAccessTestMe", "usrAccessTestColleague", "usrAccessTestOther"
_MAKES = person(_OTHER, "owner")  # the records that are given
_NOT_ALLOWED = frozenset({"not_allowed", "unknown_field"})  # why a write is refused that a role does not give
_CODE = "access_test"
_ASKED = ("roles", "access_tests", "settings", "bindings", "requires")


@dataclass(frozen=True)
class Outcome:
    """What came of one test: nothing wrong, or each expectation that does not hold, at its place in the document."""

    test: AccessTest
    problems: list[Problem]

    @property
    def holds(self) -> bool:
        return not self.problems


def run(session: Session, app: str, layout: Layout | None = None) -> list[Outcome]:
    """What comes of each access test of an app, with its definition as it is or as in `layout`.

    Raises `NotFound`, and `Forbidden` for those who may not see the definition.
    """
    door.enter_definition(session)
    layout = layout or session.layout
    found = layout.apps.get(app)
    if found is None:
        raise NotFound(_("The app {app} is not installed.", app=app))
    if not found.access_tests:
        return []
    with scratch(session, layout) as made:
        return [Outcome(one, _tried(made, found, one)) for one in found.access_tests.values()]


def broken(session: Session, document: Document, after: Layout) -> list[Problem]:
    """What does not hold any more once `document`, which has been checked, is part of the layout `after`.

    Asked of its own tests and of those of apps that are bound to its tables; of none where nothing changes that they
    ask of.
    """
    key, before = document["key"], session.layout.apps.get(document["key"])
    if before is not None and _asked_of(before.document) == _asked_of(document):
        return []
    tied = [one.key for one in after.apps.values() if one.key != key and _is_bound(one, key)]
    outcomes = [one for app in (key, *tied) for one in run(session, app, after)]
    return [problem for one in outcomes for problem in one.problems]


def _asked_of(document: Document) -> dict[str, Any]:
    """What tests ask of: not of views, forms, automations and what the app is called."""
    tables = {
        key: {name: one for name, one in table.items() if name not in {"views", "forms"}}
        for key, table in document["tables"].items()
    }
    return {"tables": tables, **{one: document.get(one) for one in _ASKED}}


def _is_bound(app: App, to: str) -> bool:
    return any(one.startswith(f"{to}.") for one in app.document.get("bindings", {}).values())


def _tried(session: Session, app: App, test: AccessTest) -> list[Problem]:
    """What does not hold; the workspace is as empty afterwards as before."""
    trial = _Trial(session, app, test)
    try:
        with attempt(session):
            if trial.is_set_up():
                trial.look()
            raise _Over
    except _Over:
        return trial.problems


class _Over(Exception):
    """The end of what is taken back."""


class _Trial:
    """One test being tried: the records that are given, and what does not hold so far."""

    def __init__(self, session: Session, app: App, test: AccessTest) -> None:
        self.session = session
        self.app = app
        self.test = test
        self.problems: list[Problem] = []
        self._ids: dict[str, str] = {"me": _ME, "colleague": _COLLEAGUE, "other": _OTHER}
        self._tables: dict[str, Table] = {}

    def is_set_up(self) -> bool:
        """Make the people, the departments and the records that are given; whether all of them can be made."""
        self._people(self.test.department)
        makes = self._as(_MAKES)
        for name, fixture in self.test.given.items():
            table = self._table(fixture.table)
            try:
                (self._ids[name],) = records.create(makes, table.address, [self._values(fixture.values)])
            except FormworkError as error:
                says = _("{test}: the record cannot be made. {why}", test=self.test.label, why=_why(error))
                self.problems.append(Problem(f"{self.test.at}/given/{name}", says, _CODE))
                return False
            self._tables[name] = table
        return True

    def look(self) -> None:
        """Ask everything that is expected."""
        asker = self._as(self._asker())
        self._look_at_records(asker)
        for part, by_record in self.test.fields.items():
            for name, keys in by_record.items():
                for number, key in enumerate(keys):
                    self._note(f"{part}/{name}/{number}", self._of_field(asker, part, name, key))
        for at, may, act in self.test.acts():
            self._note(at.removeprefix(f"{self.test.at}/"), self._of_act(act, may=may))
        for number, wanted in enumerate(self.test.finds):
            self._note(f"finds/{number}", self._of_count(asker, wanted))

    def _look_at_records(self, asker: Session) -> None:
        for number, name in enumerate(self.test.sees):
            if self._seen(asker, name) is None:
                self._note(f"sees/{number}", _("`{record}` is not seen.", record=name))
        for number, name in enumerate(self.test.does_not_see):
            if self._seen(asker, name) is not None:
                self._note(f"does_not_see/{number}", _("`{record}` is seen.", record=name))

    def _of_field(self, asker: Session, part: str, name: str, key: str) -> Text | None:
        words = {"field": self._tables[name].fields[key].label, "record": name}
        values = self._seen(asker, name)
        if values is None:
            return None if part == "hidden" else _("`{record}` is not seen.", record=name)
        field = asker.layout.table(self._tables[name].address).fields.get(key)
        if field is not None and field.masked and self._is_empty(name, key):
            return _("{field} of `{record}` is empty, so that nothing can be told: give it a value.", **words)
        readable = field is not None and not (field.masked and values.get(key) is None)
        if part == "hidden":
            return _("{field} of `{record}` is seen.", **words) if readable else None
        if field is None or not readable:
            return _("{field} of `{record}` is not seen.", **words)
        if part == "readable":
            return None
        writable = self._is_set_by(asker, name, field)
        if part == "writable" and not writable:
            return _("{field} of `{record}` cannot be set.", **words)
        return _("{field} of `{record}` can be set.", **words) if part == "read_only" and writable else None

    def _of_act(self, act: Act, *, may: bool) -> Text | None:
        """Tried for real, and taken back."""
        done, not_done = _DONE[act.act].message, _NOT_DONE[act.act].message
        what = act.table or act.record
        try:
            with attempt(self.session):
                self._do(self._as(self._asker()), act)
                raise _Over
        except _Over:
            return None if may else Text(done, {"what": what})
        except (Forbidden, NotFound) as error:
            return Text(not_done, {"what": what, "why": str(error.says)}) if may else None
        except Refused as error:
            if may:
                return Text(not_done, {"what": what, "why": _why(error)})
            if all(one.code in _NOT_ALLOWED for one in error.problems):
                return None
            return _("`{what}`: it is refused, but not by the role. {why}", what=what, why=_why(error))

    def _do(self, asker: Session, act: Act) -> None:
        values = self._values(act.values or {})
        if act.act == "create":
            records.create(asker, self._table(act.table).address, [values])
        elif act.act == "update":
            records.update(asker, self._tables[act.record].address, {self._ids[act.record]: values})
        else:
            records.delete(asker, self._tables[act.record].address, [self._ids[act.record]])

    def _of_count(self, asker: Session, wanted: Mapping[str, Any]) -> Text | None:
        where = [wanted["where"]] if "where" in wanted else []
        try:
            count = queries.count(asker, Query(self._table(wanted["table"]).address, where))
        except NotFound:
            count = 0
        except FormworkError as error:
            return _("It cannot be asked: {why}", why=_why(error))
        if count == wanted["count"]:
            return None
        return _("{count} are found instead of {expected}.", count=count, expected=wanted["count"])

    def _seen(self, asker: Session, name: str) -> Mapping[str, Any] | None:
        """What is seen of a given record, None where it is not there."""
        try:
            return records.get(asker, self._tables[name].address, self._ids[name]).values
        except (Forbidden, NotFound):
            return None

    def _is_empty(self, name: str, key: str) -> bool:
        values = records.get(self._as(_MAKES), self._tables[name].address, self._ids[name]).values
        return values.get(key) in (None, "", [])

    def _is_set_by(self, asker: Session, name: str, field: Field) -> bool:
        table = self._tables[name]
        if not field.writable or not door.may(asker.principal, "update", asker.layout.table(table.address)):
            return False
        return not judging.problems(asker, table.address, "before", {self._ids[name]: [field.key]})

    def _asker(self) -> Principal:
        return replace(holding(self.test.roles, _ME), role="guest" if self.test.guest else "member", guise=False)

    def _as(self, principal: Principal) -> Session:
        return self.session.in_guise(principal)

    def _people(self, belongs: Belongs) -> None:
        everybody = [
            Person(_ME, "Me", "me@example.invalid", "guest" if self.test.guest else "member"),
            Person(_COLLEAGUE, "Colleague", "colleague@example.invalid", "member"),
            Person(_OTHER, "Other", "other@example.invalid", "owner"),
        ]
        people.mirror(self.session, everybody)
        own = departments.create(self.session, "Own", head=_ME if belongs == "head" else None)
        below = departments.create(self.session, "Below", own)
        elsewhere = departments.create(self.session, "Elsewhere")
        departments.assign(self.session, [] if belongs == "none" else [_ME], own)
        departments.assign(self.session, [_COLLEAGUE], below)
        departments.assign(self.session, [_OTHER], elsewhere)
        self._ids |= zip(DEPARTMENTS, (own, below, elsewhere), strict=True)

    def _table(self, name: str) -> Table:
        return self.session.layout.table(address(self.app.document, name))

    def _values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._value(one) for key, one in given.items()}

    def _value(self, given: Any) -> Any:
        if isinstance(given, str) and given.startswith("@"):
            return self._ids[given[1:]]
        if isinstance(given, list):
            return [self._value(one) for one in given]
        return self._values(given) if isinstance(given, dict) else given

    def _note(self, at: str, says: Text | None) -> None:
        if says is not None:
            told = _("{test}: {problem}", test=self.test.label, problem=says)
            self.problems.append(Problem(f"{self.test.at}/{at}", told, _CODE))


_DONE: Mapping[str, Text] = {
    "create": _("A record of `{what}` can be created."),
    "update": _("`{what}` can be changed."),
    "delete": _("`{what}` can be deleted."),
}
_NOT_DONE: Mapping[str, Text] = {
    "create": _("A record of `{what}` cannot be created. {why}"),
    "update": _("`{what}` cannot be changed. {why}"),
    "delete": _("`{what}` cannot be deleted. {why}"),
}


def _why(error: FormworkError) -> str:
    if isinstance(error, Refused):
        return " ".join(str(one.says) for one in error.problems)
    return str(error.says)
