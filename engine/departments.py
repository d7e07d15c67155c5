"""The departments of a workspace: a tree with heads, who belongs to which, and whom people report to.

Owners and builders change it. A removed department keeps its name, so that records that name it stay readable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import sqlalchemy as sa

from engine import audit, people
from engine.access import door
from engine.errors import NotFound, Problem, Refused
from engine.field_types import clean_text
from engine.formulas import departments as in_sql
from engine.ids import new_id
from engine.storage import role_holders, workspace_tables
from engine.storage.session import Session, timestamp
from engine.text import _

BETWEEN = " / "  # the names of a path, as people write it: `Sales / East`
LONGEST = 100  # characters of a name
DEEPEST = 20  # levels of the tree


class Kept(Enum):
    """What stays as it is, where None would mean nobody or nothing."""

    KEPT = "kept"


KEPT = Kept.KEPT
_departments = workspace_tables.departments
_people = workspace_tables.people
_role_holders = workspace_tables.role_holders
_d, _p = _departments.c, _people.c


@dataclass(frozen=True)
class Department:
    """A department; `path` has the names from the top down to its own, `people` says how many belong to it."""

    id: str
    name: str
    parent: str | None
    head: str | None
    path: tuple[str, ...]
    people: int = 0

    @property
    def depth(self) -> int:
        """How many departments it lies under."""
        return len(self.path) - 1

    @property
    def spelled(self) -> str:
        """The path as people write it."""
        return BETWEEN.join(self.path)


def tree(session: Session) -> list[Department]:
    """All departments, each followed by those under it."""
    counted = sa.select(_p.department, sa.func.count()).where(_p.role != "").group_by(_p.department)
    belong = {row[0]: row[1] for row in session.connection.execute(counted)}
    return [replace(one, people=belong.get(one.id, 0)) for one in _listed(session)]


def _listed(session: Session) -> list[Department]:
    """The same without the counts."""
    wanted = sa.select(_departments).where(_d.removed_at.is_(None)).order_by(_d.position, _d.name, _d.id)
    below: dict[str | None, list[sa.Row[tuple[object, ...]]]] = {}
    for row in session.connection.execute(wanted):
        below.setdefault(row.parent, []).append(row)

    def from_on(parent: str | None, path: tuple[str, ...]) -> Iterator[Department]:
        for row in below.get(parent, ()):
            own = (*path, row.name)
            yield Department(row.id, row.name, row.parent, row.head, own)
            yield from from_on(row.id, own)

    return list(from_on(None, ()))


def names(session: Session) -> dict[str, str]:
    """What all departments that are or were are called, by id: by the path where several have the name."""
    there = _listed(session)
    counted = Counter(one.name for one in there)
    named = {row.id: row.name for row in session.connection.execute(sa.select(_d.id, _d.name))}
    return named | {one.id: one.spelled for one in there if counted[one.name] > 1}


def paths(session: Session) -> dict[str, str]:
    """The departments that there are, by id, in the order of the tree: `Sales / East`."""
    return {one.id: one.spelled for one in _listed(session)}


def mine(session: Session, person: str) -> set[str]:
    """The departments that a person belongs to or heads, with all below them: what `MY_DEPARTMENTS()` is to them."""
    return set(session.connection.execute(in_sql.mine(sa.literal(person))).scalars())


def create(session: Session, name: str, parent: str | None = None, head: str | None = None) -> str:
    """A new department, the last under `parent` (None: at the top); its id.

    Raises `Refused` at `/name`, `/parent`, `/head`, and `Forbidden`.
    """
    known = _entered(session)
    problems = [*_name_problems(known, name, parent), *_parent_problems(known, parent), *_head_problems(session, head)]
    if problems:
        raise Refused(problems)
    made = new_id("dep")
    values = {"id": made, "name": _bare(name), "parent": parent, "head": head, "position": _end(session, parent)}
    session.connection.execute(sa.insert(_departments).values(**values))
    audit.note(session, "department.created", _("added the department {name}", name=_bare(name)), department=made)
    return made


def change(
    session: Session,
    department: str,
    *,
    name: str | None = None,
    head: str | Kept | None = KEPT,
    parent: str | Kept | None = KEPT,
    place: int | None = None,
) -> None:
    """Rename a department, give it another head (None: nobody), put it with all below it under another (None: the top).

    `place` is where it stands among those under its parent, counted from 0; without it one that moves comes last.

    Raises `Refused` at `/name`, `/head` and `/parent` (with the way round named where it would lie under itself),
    `NotFound`, `Forbidden`.
    """
    known = _entered(session)
    one = _known(known, department)
    name = one.name if name is None else _bare(name)
    head, above = one.head if head is KEPT else head, one.parent if parent is KEPT else parent
    moves = above != one.parent
    problems = [
        *(_parent_problems(known, above, moved=one) if moves else ()),
        *_name_problems(known, name, above, besides=department),
        *(_head_problems(session, head) if head != one.head else ()),
    ]
    if problems:
        raise Refused(problems)
    if (name, head, above) != (one.name, one.head, one.parent):
        _set(session, department, name=name, head=head, parent=above)
        role_holders.changed(session)
        says = _("changed the department {name}", name=name)
        audit.note(session, "department.changed", says, department=department, parent=above, head=head)
    if moves or place is not None:
        others = [other for other in _under(known, above) if other != department]
        at = len(others) if place is None else max(0, min(place, len(others)))
        for position, each in enumerate([*others[:at], department, *others[at:]]):
            _set(session, each, position=position)


def remove(session: Session, department: str) -> list[role_holders.Grant]:
    """Take an empty department away; the roles that it had.

    Raises `Refused` while people or departments are in it, `NotFound`, `Forbidden`.
    """
    known = _entered(session)
    one = _known(known, department)
    below = _under(known, department)
    if one.people or below:
        says = _(
            "{department} has people ({people}) or departments ({departments}) in it. Move them first.",
            department=one.name,
            people=one.people,
            departments=len(below),
        )
        raise Refused([Problem("", says, "in_use", department)])
    # Who left belonged to it; were they to come back, they would belong to nothing that is shown.
    gone = sa.update(_people).where(_p.department == department).values(department=None)
    session.connection.execute(gone)
    had = [grant for grant in role_holders.grants(session) if grant.holder == department]
    session.connection.execute(sa.delete(_role_holders).where(_role_holders.c.holder == department))
    _set(session, department, removed_at=timestamp(session.now))
    role_holders.changed(session)
    says = _("removed the department {name}", name=one.name)
    audit.note(session, "department.removed", says, department=department)
    return had


def bring_back(session: Session, department: str) -> None:
    """Take a removal back: the department stands where it stood, the roles that it had are to be given anew.

    Raises `Refused` at `/name` where another is called so by now, or at `/parent` where what it lay under is gone,
    `NotFound`, `Forbidden`.
    """
    known = _entered(session)
    wanted = sa.select(_d.name, _d.parent).where(_d.id == department, _d.removed_at.is_not(None))
    found = session.connection.execute(wanted).first()
    if found is None:
        raise NotFound(_NOTHING)
    problems = [*_name_problems(known, found.name, found.parent), *_parent_problems(known, found.parent)]
    if problems:
        raise Refused(problems)
    _set(session, department, removed_at=None)
    role_holders.changed(session)
    says = _("brought the department {name} back", name=found.name)
    audit.note(session, "department.created", says, department=department)


def remember(session: Session, names: Mapping[str, str]) -> None:
    """Know departments by name that are not here, as if they had been removed: records from elsewhere name them."""
    gone = timestamp(session.now)
    for made, name in names.items():
        values = {"id": made, "name": name, "position": 0, "removed_at": gone}
        session.connection.execute(sa.insert(_departments).values(**values))


def assign(session: Session, persons: Sequence[str], department: str | None) -> None:
    """Let people belong to a department, and to no other; None: to none.

    Raises `Refused` at `/department` or `/people/<number>`, `Forbidden`.
    """
    known = _entered(session)
    here = {one.id: one for one in people.everybody(session)}
    problems = [
        Problem(f"/people/{number}", _NOBODY, "unknown_person", one)
        for number, one in enumerate(persons)
        if one not in here
    ]
    if department is not None and department not in known:
        problems.append(Problem("/department", _NOTHING, "unknown_department", department))
    if problems:
        raise Refused(problems)
    moved = [one for one in persons if here[one].department != department]
    if not moved:
        return
    session.connection.execute(sa.update(_people).where(_p.id.in_(moved)).values(department=department))
    role_holders.changed(session)
    says = _("said who belongs to the department {name}", name=known[department].name) if department else _OUT
    audit.note(session, "department.people", says, department=department, people=moved)


def set_manager(session: Session, person: str, manager: str | None) -> None:
    """Whom somebody reports to; None: nobody.

    Raises `Refused` at `/manager`, with the way round named where somebody would report to themselves, `NotFound`,
    `Forbidden`.
    """
    _entered(session)
    here = {one.id: one for one in people.everybody(session)}
    if person not in here:
        raise NotFound(_NOBODY)
    if manager is not None and manager not in here:
        raise Refused([Problem("/manager", _NOBODY, "unknown_person", manager)])
    way = _way(person, manager, {one.id: one.manager for one in here.values()})
    if way:
        spelled = " › ".join(here[one].name for one in way)
        says = _("Nobody can report to themselves: {way}.", way=spelled)
        raise Refused([Problem("/manager", says, "cycle", manager)])
    if here[person].manager == manager:
        return
    session.connection.execute(sa.update(_people).where(_p.id == person).values(manager=manager))
    says = _("said whom {name} reports to", name=here[person].name)
    audit.note(session, "person.manager", says, person=person, manager=manager)


_OUT = _("took people out of their departments")
_NOBODY = _("This must be a person of this workspace.")
_NOTHING = _("There is no such department (any more).")


def _entered(session: Session) -> dict[str, Department]:
    """The departments by id, to one who may change them; until this transaction ends nobody else does."""
    door.enter_people(session.principal)
    if session.dialect == "postgresql":  # two who move branches at once could each see only half of a round
        lock = sa.text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext('_departments'))")
        session.connection.execute(lock)
    return {one.id: one for one in tree(session)}


def _bare(name: str) -> str:
    """The name in one line, as it is kept."""
    return clean_text(" ".join(name.split()))


def _known(known: Mapping[str, Department], department: str) -> Department:
    if department not in known:
        raise NotFound(_NOTHING)
    return known[department]


def _under(known: Mapping[str, Department], parent: str | None) -> list[str]:
    return [one.id for one in known.values() if one.parent == parent]


def _end(session: Session, parent: str | None) -> int:
    """The position behind the last of those under `parent`."""
    beside = sa.and_(_d.parent.is_(None) if parent is None else _d.parent == parent, _d.removed_at.is_(None))
    last = session.connection.execute(sa.select(sa.func.max(_d.position)).where(beside)).scalar()
    return 0 if last is None else last + 1


def _name_problems(
    known: Mapping[str, Department], name: str, parent: str | None, besides: str = ""
) -> Iterator[Problem]:
    bare = _bare(name)
    if not bare:
        yield Problem("/name", _("Enter a name."), "required", name)
    elif len(bare) > LONGEST:
        yield Problem("/name", _("A name has at most {most} characters.", most=LONGEST), "too_long", name)
    taken = {known[one].name.casefold() for one in _under(known, parent) if one != besides}
    if bare.casefold() in taken:
        yield Problem("/name", _("There is a department {name} here already.", name=bare), "taken", name)


def _parent_problems(
    known: Mapping[str, Department], parent: str | None, moved: Department | None = None
) -> Iterator[Problem]:
    if parent is None:
        return
    if parent not in known:
        yield Problem("/parent", _NOTHING, "unknown_department", parent)
        return
    way = _way(moved.id, parent, {one.id: one.parent for one in known.values()}) if moved else []
    if way:
        says = _("It would lie under itself: {way}.", way=" › ".join(known[one].name for one in way))
        yield Problem("/parent", says, "cycle", parent)
        return
    branch = [one.depth for one in known.values() if moved and one.path[: len(moved.path)] == moved.path]
    levels = max(branch) - moved.depth + 1 if moved else 1
    if known[parent].depth + 1 + levels > DEEPEST:
        yield Problem("/parent", _("Departments have at most {count} levels.", count=DEEPEST), "too_deep", parent)


def _way(start: str, first: str | None, up: Mapping[str, str | None]) -> list[str]:
    """The way from `start` by `first` up to where it comes round to `start`; empty if it does not."""
    way, at = [start], first
    while at is not None and at not in way:
        way.append(at)
        at = up.get(at)
    return [*way, start] if at == start else []


def _head_problems(session: Session, head: str | None) -> list[Problem]:
    if head is None or any(one.id == head for one in people.everybody(session)):
        return []
    return [Problem("/head", _NOBODY, "unknown_person", head)]


def _set(session: Session, department: str, **values: object) -> None:
    session.connection.execute(sa.update(_departments).where(_d.id == department).values(**values))
