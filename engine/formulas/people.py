"""The SQL of people, who lie beside the records: what they are called."""

from __future__ import annotations

import sqlalchemy as sa

from engine.formulas.dialects import TEXT, Element, dialects
from engine.formulas.lists import LIST

_PEOPLE = sa.table("_people", sa.column("id", TEXT), sa.column("name", TEXT))


def name_of(person: Element) -> Element:
    """What a person is called; whom nobody knows (any more) by their id; NULL for nobody."""
    one = _PEOPLE.alias()
    name = sa.select(one.c.name).where(one.c.id == person).correlate_except(one).scalar_subquery()
    return sa.func.coalesce(name, person, type_=TEXT)


def names_of(listed: Element) -> Element:
    """What the people of a list are called, as a list."""
    return dialects(
        "(SELECT json_group_array(r.name) FROM (SELECT coalesce(p.name, e.value) AS name FROM json_each({0}) AS e"
        " LEFT JOIN _people AS p ON p.id = e.value ORDER BY e.key) AS r)",
        "(SELECT coalesce(jsonb_agg(coalesce(p.name, e.value) ORDER BY e.place), '[]'::jsonb)"
        " FROM jsonb_array_elements_text({0}) WITH ORDINALITY AS e(value, place)"
        " LEFT JOIN _people AS p ON p.id = e.value)",
        listed,
        type_=LIST,
    )
