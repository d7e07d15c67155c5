"""The SQL of departments, which lie beside the records: whose they are, what lies under them, what they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine.formulas.dialects import TEXT, Element, dialects
from engine.formulas.lists import LIST, json_list

DEEPEST = 40  # levels that are gone down: more than there can be
_DEPARTMENTS = sa.table(
    "_departments",
    *(sa.column(name, TEXT) for name in ("id", "name", "parent", "head", "removed_at")),
    sa.column("position", sa.Integer),
)
_PEOPLE = sa.table("_people", sa.column("id", TEXT), sa.column("department", TEXT))


def mine(me: Element) -> sa.Select[Any]:
    """The ids of the departments that a person belongs to or heads, and of all below them."""
    branch = _branch_of(me)
    return sa.select(branch.c.id)


def list_of_mine(me: Element) -> Element:
    """The same as a list: first the one that the person belongs to, then those headed, then those below."""
    branch = _branch_of(me)
    wanted = sa.select(branch.c.id.label("item")).group_by(branch.c.id, branch.c.position)
    listed = json_list(wanted.order_by(sa.func.min(branch.c.rank), branch.c.position, branch.c.id))
    return sa.select(listed).scalar_subquery()  # a whole, which no step of an expression ties to the record


def under(ids: Any) -> sa.Select[Any]:
    """The ids of these departments and of all below them."""
    one, below = _DEPARTMENTS.alias(), _DEPARTMENTS.alias()
    top = sa.select(one.c.id).where(one.c.id.in_(ids)).cte(recursive=True)
    branch = top.union(sa.select(below.c.id).where(below.c.parent == top.c.id))
    return sa.select(branch.c.id)


def colleagues(me: Element) -> sa.Select[Any]:
    """The ids of the people who belong to or head a department that is `mine`."""
    member, headed = _PEOPLE.alias(), _DEPARTMENTS.alias()
    belong = sa.select(member.c.id).where(member.c.department.in_(mine(me)))
    return sa.select(belong.union(sa.select(headed.c.head).where(headed.c.id.in_(mine(me)))).subquery().c.id)


def name_of(department: Element) -> Element:
    """What a department is called; NULL for none."""
    one = _DEPARTMENTS.alias()
    return sa.select(one.c.name).where(one.c.id == department).correlate_except(one).scalar_subquery()


def names_of(listed: Element) -> Element:
    """What the departments of a list are called, as a list."""
    return dialects(
        "(SELECT json_group_array(r.name) FROM (SELECT d.name FROM json_each({0}) AS e"
        " JOIN _departments AS d ON d.id = e.value ORDER BY e.key) AS r)",
        "(SELECT coalesce(jsonb_agg(d.name ORDER BY e.place), '[]'::jsonb) FROM jsonb_array_elements_text({0})"
        " WITH ORDINALITY AS e(value, place) JOIN _departments AS d ON d.id = e.value)",
        listed,
        type_=LIST,
    )


def called(is_meant: Callable[[Element], sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """The ids of the departments whose name `is_meant`."""
    one = _DEPARTMENTS.alias()
    return sa.select(one.c.id).where(is_meant(one.c.name))


def _branch_of(me: Element) -> sa.CTE:
    one, below, person = _DEPARTMENTS.alias(), _DEPARTMENTS.alias(), _PEOPLE.alias()
    own = sa.select(person.c.department).where(person.c.id == me).scalar_subquery()
    rank = sa.case((one.c.id == own, 0), else_=1).label("rank")
    is_own = sa.and_(one.c.removed_at.is_(None), sa.or_(one.c.id == own, one.c.head == me))
    top = sa.select(one.c.id, one.c.position, rank).where(is_own).cte(recursive=True)
    deeper = sa.select(below.c.id, below.c.position, top.c.rank + 2)
    return top.union_all(deeper.where(below.c.parent == top.c.id, top.c.rank < 2 * DEEPEST))
