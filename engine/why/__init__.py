"""Why somebody can, or cannot, see, change and delete a record, or see and set a field of it.

The answer is the door's own: the rights are those of their sight, and what holds of a rule and of its parts is asked of
the database as that person. Told is which role says what, where it stands, and what would change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine import people
from engine.access import principals, sight
from engine.access.clauses import Clause
from engine.access.principals import Principal
from engine.errors import NotFound
from engine.storage.session import Session
from engine.text import _
from engine.why.answers import ACTS, Access, Act, Answer, Fact, Saying, Verdict
from engine.why.facts import asked_for, fact
from engine.why.question import Question, Subject
from engine.why.words import reasons, would

__all__ = [
    "ACTS", "Access", "Act", "Answer", "Fact", "Saying", "Verdict", "everybody", "of_field", "of_person", "of_record",
]  # fmt: skip


def of_record(session: Session, address: str, record_id: str, whom: Principal, *, off: Collection[str] = ()) -> Answer:
    """Why `whom` may do what with a record. `off` are the people whose accounts are switched off.

    Raises `Forbidden` for who may not say who has access, `NotFound` for a record that the asker does not see.
    """
    return _answered(Question(Subject(session, address, record_id), whom, off), ACTS)


def of_field(
    session: Session, address: str, record_id: str, key: str, whom: Principal, *, off: Collection[str] = ()
) -> Answer:
    """Why `whom` may see and set a field of a record. Raises like `of_record`, and `NotFound` for the field."""
    of = Subject(session, address, record_id)
    if key not in of.table.fields:
        raise NotFound(_("{table} has no field {name}.", table=of.table.label, name=key))
    return _answered(Question(of, whom, off), ("see", "change"), key)


def everybody(
    session: Session,
    address: str,
    record_id: str,
    *,
    off: Collection[str] = (),
    search: str = "",
    after: str = "",
    most: int | None = None,
) -> list[Access]:
    """What each person of the workspace may do with a record, by their names. Raises like `of_record`.

    At most so many, those after the person `after`; with `search` only whose name or address contains it.
    """
    of, found = Subject(session, address, record_id), []
    wanted = search.strip().casefold()
    named = [one for one in people.everybody(session) if wanted in f"{one.name}\n{one.email}".casefold()]
    begin = next((number + 1 for number, one in enumerate(named) if one.id == after), 0)
    for one in named[begin:][:most]:
        asked = Question(of, principals.person(one.id, one.role), off)
        everything = sight.sees_everything(asked.whom)
        roles = () if everything else tuple(asked.roles)
        found.append(Access(one, roles, {act: asked.may(act) for act in ACTS}, everything))
    return found


def of_person(session: Session, person: str) -> Principal:
    """Somebody who belongs to the workspace or did, to be asked about. Raises `NotFound`."""
    for one in people.everybody_ever(session):
        if one.id == person:
            return principals.person(one.id, one.role)
    raise NotFound(_("This person does not belong to the workspace (any more)."))


def _answered(asked: Question, acts: Iterable[Act], key: str = "") -> Answer:
    verdicts = {act: _verdict(asked, act, key) for act in acts}
    told = [
        part
        for verdict in verdicts.values()
        for one in verdict.roles
        if isinstance(one.said, Clause)
        for part in one.said.whole
    ]
    paths = dict.fromkeys(path for one in told for path in one.paths)
    facts = {path: found for path in paths if (found := fact(asked.of, path))}
    asking = {function: asked_for(asked, function) for one in told for function in one.asks}
    return Answer(verdicts, facts, asking)


def _verdict(asked: Question, act: Act, key: str) -> Verdict:
    may, said = asked.may(act, key), asked.sayings(act, key)
    others = () if may else tuple(dict.fromkeys(would(asked, act, key, said)))
    return Verdict(may, tuple(reasons(asked, act, key, may, said)), said, others)
