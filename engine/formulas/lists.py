"""The SQL of lists: JSON arrays, TEXT on SQLite and JSONB on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from engine.formulas import dates, numerals
from engine.formulas.dialects import BOOLEAN, NUMBER, TEXT, Element, alike, dialects
from engine.formulas.types import BOOLEAN as BOOLEAN_TYPE
from engine.formulas.types import DATE_TIME, Type
from engine.formulas.types import NUMBER as NUMBER_TYPE

LIST = sa.JSON()


def json_list(items: sa.Select[Any], flatten: bool = False) -> Element:
    """The values of a SELECT with one column labelled `item`, in its order, as a list; `[]` if there is none.

    With `flatten` the items are lists themselves and are put one after the other.
    """
    rows = items.scalar_subquery()
    kind = items.selected_columns[0].type
    if flatten:
        return dialects(
            "(SELECT json_group_array(e.value) FROM {0} AS s, json_each(s.item) AS e)",
            "(SELECT coalesce(jsonb_agg(e.value), '[]'::jsonb)"
            " FROM {0} AS s, jsonb_array_elements(s.item) AS e(value))",
            rows,
            type_=sa.JSON(),
        )
    # The same JSON from both: SQLite has no booleans, PostgreSQL writes instants in its own way.
    sqlite = "json(CASE WHEN s.item THEN 'true' ELSE 'false' END)" if isinstance(kind, sa.Boolean) else "s.item"
    on_postgresql = _ISO_INSTANT if _is_instant(kind) else "s.item"
    return dialects(
        f"(SELECT json_group_array({sqlite}) FROM {{0}} AS s)",
        f"(SELECT coalesce(jsonb_agg({on_postgresql}), '[]'::jsonb) FROM {{0}} AS s)",
        rows,
        type_=LIST,
    )


_ISO_INSTANT = """to_char(s.item AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def _is_instant(kind: Any) -> bool:
    inner = kind.load_dialect_impl(_POSTGRESQL) if isinstance(kind, sa.types.TypeDecorator) else kind
    return isinstance(inner, sa.DateTime)


def join_items(value: Element, item: Type | None, separator: Element, time_zone: str) -> Element:
    """A list's items as one text, as people read them: choices by their labels, instants by the clock of the zone."""
    if item is not None and item.choices:
        return join_labels(value, item.choices, separator)
    return _joined(value, separator, _shown(item, time_zone))


def join_list(value: Element, separator: str) -> Element:
    """A list's items as one text as they are kept, blanks left out; NULL if there is nothing to join."""
    return _joined(value, sa.literal(separator, TEXT), alike("e.value"))


def _joined(value: Element, separator: Element, shown: Element) -> Element:
    return dialects(
        "(SELECT group_concat({2}, {1}) FROM json_each({0}) AS e WHERE e.value <> '')",
        "(SELECT string_agg({2}, {1} ORDER BY e.place) FROM jsonb_array_elements_text({0})"
        " WITH ORDINALITY AS e(value, place) WHERE e.value <> '')",
        value,
        separator,
        shown,
    )


def _shown(item: Type | None, time_zone: str) -> Element:
    """The item `e` of a list as a text: a number and a tick are written in JSON in several ways."""
    if item == NUMBER_TYPE:
        return numerals.number_text(dialects("e.value", "CAST(e.value AS NUMERIC)", type_=NUMBER))
    if item == BOOLEAN_TYPE:
        return dialects("e.value", "CASE e.value WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE e.value END")
    if item == DATE_TIME:
        return dates.local_text(dialects("e.value", "CAST(e.value AS TIMESTAMPTZ)"), time_zone)
    return alike("e.value")


def join_labels(value: Element, choices: Sequence[tuple[str, str]], separator: Element) -> Element:
    """A list of choices' keys as one text of their labels."""
    labels = " ".join(f"WHEN {{{2 * at}}} THEN {{{2 * at + 1}}}" for at in range(1, len(choices) + 1))
    constants = [sa.literal(one, TEXT) for pair in choices for one in pair]
    return dialects(
        f"(SELECT group_concat(CASE e.value {labels} ELSE e.value END, {{1}}) FROM json_each({{0}}) AS e)",
        f"(SELECT string_agg(CASE e.value {labels} ELSE e.value END, {{1}} ORDER BY e.place)"
        " FROM jsonb_array_elements_text({0}) WITH ORDINALITY AS e(value, place))",
        value,
        separator,
        *constants,
    )


def length(value: Element) -> Element:
    """How many items a list has, blank ones too; 0 for NULL."""
    return dialects(
        "coalesce(json_array_length({0}), 0)",
        "CAST(coalesce(jsonb_array_length({0}), 0) AS NUMERIC)",
        value,
        type_=NUMBER,
    )


def of_one(value: Element) -> Element:
    """A list with this item only; empty for NULL."""
    return dialects(
        "CASE WHEN {0} IS NULL THEN '[]' ELSE json_array({0}) END",
        "CASE WHEN {0} IS NULL THEN '[]'::jsonb ELSE jsonb_build_array({0}) END",
        value,
    )


def numbers_in(value: Element) -> Element:
    """The numbers in a list of anything; true counts as 1."""
    return dialects(
        "(SELECT json_group_array(e.value) FROM json_each({0}) AS e"
        " WHERE typeof(e.value) <> 'text' AND e.value IS NOT NULL)",
        "(SELECT coalesce(jsonb_agg(CASE jsonb_typeof(e.value) WHEN 'number' THEN e.value ELSE"
        " CASE e.value WHEN 'true'::jsonb THEN '1'::jsonb ELSE '0'::jsonb END END ORDER BY e.place), '[]'::jsonb)"
        " FROM jsonb_array_elements({0}) WITH ORDINALITY AS e(value, place)"
        " WHERE jsonb_typeof(e.value) IN ('number', 'boolean'))",
        value,
    )


def truths_in(value: Element) -> Element:
    """A list of true and false: which items are something."""
    return dialects(
        "(SELECT json_group_array(coalesce(e.value <> '' AND e.value <> 0, 0)) FROM json_each({0}) AS e)",
        "(SELECT coalesce(jsonb_agg(e.value NOT IN ('null'::jsonb, '0'::jsonb, '\"\"'::jsonb, 'false'::jsonb)"
        " ORDER BY e.place), '[]'::jsonb) FROM jsonb_array_elements({0}) WITH ORDINALITY AS e(value, place))",
        value,
    )


_LIST_TRUTHS = {
    "every": ("coalesce(min(e.value), 1) = 1", "coalesce(bool_and(e.value = 'true'::jsonb), TRUE)"),
    "any": ("coalesce(max(e.value), 0) = 1", "coalesce(bool_or(e.value = 'true'::jsonb), FALSE)"),
    "odd": ("coalesce(sum(e.value), 0) % 2 = 1", "count(*) FILTER (WHERE e.value = 'true'::jsonb) % 2 = 1"),
}


def truth(value: Element, which: str) -> Element:
    """Whether every, any or an odd number of the items of a list of booleans holds."""
    sqlite, postgresql = _LIST_TRUTHS[which]
    return dialects(
        f"(SELECT {sqlite} FROM json_each({{0}}) AS e)",
        f"(SELECT {postgresql} FROM jsonb_array_elements({{0}}) AS e(value))",
        value,
        type_=BOOLEAN,
    )


_ITEMS_SQLITE = "SELECT e.value AS value, e.key AS place FROM json_each({0}) AS e"
_ITEMS_POSTGRESQL = "SELECT e.value, e.place FROM jsonb_array_elements({0}) WITH ORDINALITY AS e(value, place)"


def _relisted(sqlite: str, postgresql: str, value: Element, *more: Element) -> Element:
    """A list made of the rows (value, place) of a SELECT over another list's `items`."""
    return dialects(
        f"(SELECT json_group_array(r.value) FROM ({sqlite.replace('items', f'({_ITEMS_SQLITE})')}) AS r)",
        "(SELECT coalesce(jsonb_agg(r.value ORDER BY r.place), '[]'::jsonb)"
        f" FROM ({postgresql.replace('items', f'({_ITEMS_POSTGRESQL})')}) AS r)",
        value,
        *more,
        type_=LIST,
    )


def compact(value: Element) -> Element:
    """The items that are not blank."""
    return _relisted(
        "SELECT i.value FROM items AS i WHERE i.value <> '' ORDER BY i.place",
        "SELECT i.value, i.place FROM items AS i WHERE i.value NOT IN ('null'::jsonb, '\"\"'::jsonb)",
        value,
    )


def unique(value: Element) -> Element:
    """Each item once, where it first stood."""
    return _relisted(
        "SELECT i.value FROM items AS i GROUP BY i.value ORDER BY min(i.place)",
        "SELECT i.value, min(i.place) AS place FROM items AS i GROUP BY i.value",
        value,
    )


def in_order(value: Element) -> Element:
    """The items by size, blanks last; texts by code point."""
    return _relisted(
        "SELECT i.value FROM items AS i ORDER BY i.value IS NULL, i.value",
        "SELECT i.value, row_number() OVER (ORDER BY i.value = 'null'::jsonb, CASE jsonb_typeof(i.value) WHEN 'number'"
        " THEN CAST(i.value AS NUMERIC) END, (i.value #>> '{{}}') COLLATE \"C\") AS place FROM items AS i",
        value,
    )


def place(wanted: Element, count: Element) -> Element:
    """A place in a list of `count` items, where -1 is the last; mentions both often."""
    return alike("CASE WHEN {0} < 0 THEN {1} + 1 + {0} ELSE {0} END", wanted, count, type_=NUMBER)


def sliced(value: Element, first: Element, last: Element) -> Element:
    """The items from place `first` to `last`, counted from 1."""
    return _relisted(
        "SELECT i.value FROM items AS i WHERE i.place + 1 BETWEEN {1} AND {2} ORDER BY i.place",
        "SELECT i.value, i.place FROM items AS i WHERE i.place BETWEEN {1} AND {2}",
        value,
        first,
        last,
    )


def flattened(values: Sequence[Element]) -> Element:
    """One list of all items of several; an item that is a list itself gives its items."""
    sqlite = " UNION ALL ".join(
        f"SELECT d.value AS value, {at} AS a, e.key AS b, d.key AS c FROM json_each({{{at}}}) AS e,"
        " json_each(CASE e.type WHEN 'array' THEN e.value ELSE json_array(e.value) END) AS d"
        for at in range(len(values))
    )
    postgresql = " UNION ALL ".join(
        f"SELECT d.value, {at} AS a, e.place AS b, d.place AS c"
        f" FROM jsonb_array_elements({{{at}}}) WITH ORDINALITY AS e(value, place), jsonb_array_elements("
        "CASE jsonb_typeof(e.value) WHEN 'array' THEN e.value ELSE jsonb_build_array(e.value) END)"
        " WITH ORDINALITY AS d(value, place)"
        for at in range(len(values))
    )
    return dialects(
        f"(SELECT json_group_array(r.value) FROM (SELECT * FROM ({sqlite}) ORDER BY a, b, c) AS r)",
        f"(SELECT coalesce(jsonb_agg(r.value ORDER BY r.a, r.b, r.c), '[]'::jsonb) FROM ({postgresql}) AS r)",
        *values,
        type_=LIST,
    )


_ITEM_CASTS = {"number": "NUMERIC", "boolean": "BOOLEAN", "date": "DATE", "date_time": "TIMESTAMPTZ"}


def item(value: Element, place: int, kind: Type) -> Element:
    """The first (0) or last (-1) item; NULL if there is none."""
    path = "$[0]" if place == 0 else "$[#-1]"
    text = f"({{0}} ->> {place})"
    cast = _ITEM_CASTS.get(kind.name)
    types: dict[str, Any] = {"number": NUMBER, "boolean": BOOLEAN}
    return dialects(
        f"json_extract({{0}}, '{path}')",
        f"CAST({text} AS {cast})" if cast else text,
        value,
        type_=types.get(kind.name, TEXT),
    )


def each(alias: str, kind: Type) -> Element:
    """An item of the list that a subquery goes through under that alias."""
    text = f"({alias}.value #>> '{{{{}}}}')"
    cast = _ITEM_CASTS.get(kind.name)
    types: dict[str, Any] = {"number": NUMBER, "boolean": BOOLEAN}
    return dialects(f"{alias}.value", f"CAST({text} AS {cast})" if cast else text, type_=types.get(kind.name, TEXT))


def member(value: Element, key: str, kind: Type) -> Element:
    """What a JSON object holds under a key (a field's); NULL if there is nothing."""
    text = f"({{0}} {'->' if kind.is_list else '->>'} '{key}')"
    cast = _ITEM_CASTS.get(kind.name)
    types: dict[str, Any] = {"number": NUMBER, "boolean": BOOLEAN, "list": LIST}
    return dialects(
        f"json_extract({{0}}, '$.\"{key}\"')",
        f"CAST({text} AS {cast})" if cast else text,
        value,
        type_=types.get(kind.name, TEXT),
    )


def kept(value: Element, alias: str, test: Element) -> Element:
    """The items, each under that alias, for which the test holds."""
    return dialects(
        f"(SELECT json_group_array(r.value) FROM (SELECT {alias}.value FROM json_each({{0}}) AS {alias}"
        f" WHERE {{1}} ORDER BY {alias}.key) AS r)",
        f"(SELECT coalesce(jsonb_agg({alias}.value ORDER BY {alias}.place), '[]'::jsonb)"
        f" FROM jsonb_array_elements({{0}}) WITH ORDINALITY AS {alias}(value, place) WHERE {{1}})",
        value,
        test,
        type_=LIST,
    )


def has(value: Element, alias: str, test: Element) -> Element:
    """Whether the test holds for at least one item, each under that alias."""
    return dialects(
        f"EXISTS (SELECT 1 FROM json_each({{0}}) AS {alias} WHERE {{1}})",
        f"EXISTS (SELECT 1 FROM jsonb_array_elements({{0}}) AS {alias}(value) WHERE {{1}})",
        value,
        test,
        type_=BOOLEAN,
    )


def contains(value: Element, wanted: Element, numbers: bool) -> Element:
    """Whether an item equals `wanted`; never NULL."""
    test = "CAST(e.value AS NUMERIC) = {1}" if numbers else "e.value = {1}"
    return dialects(
        "EXISTS (SELECT 1 FROM json_each({0}) AS e WHERE e.value = {1})",
        f"EXISTS (SELECT 1 FROM jsonb_array_elements_text({{0}}) AS e(value) WHERE {test})",
        value,
        wanted,
        type_=BOOLEAN,
    )


def among(value: Element, wanted: Element) -> Element:
    """The same for a list that no record says and that has no blanks: it is looked into once for all; never NULL."""
    return dialects(
        "({1} IS NOT NULL AND {1} IN (SELECT e.value FROM json_each({0}) AS e))",
        "({1} IS NOT NULL AND {1} IN (SELECT e.value FROM jsonb_array_elements_text({0}) AS e(value)))",
        value,
        wanted,
        type_=BOOLEAN,
    )


def filled_count(value: Element, numbers_only: bool = False) -> Element:
    """How many items are not blank, or are numbers."""
    sqlite, postgresql = (
        ("typeof(e.value) IN ('integer', 'real')", "jsonb_typeof(e.value) = 'number'")
        if numbers_only
        else ("e.value <> ''", "e.value NOT IN ('null'::jsonb, '\"\"'::jsonb)")
    )
    return dialects(
        f"(SELECT count(*) FROM json_each({{0}}) AS e WHERE {sqlite})",
        f"(SELECT CAST(count(*) AS NUMERIC) FROM jsonb_array_elements({{0}}) AS e(value) WHERE {postgresql})",
        value,
        type_=NUMBER,
    )


def over_values(
    sqlite: str,
    postgresql: str,
    lists: Sequence[bool],
    values: Sequence[Element],
    *more: Element,
    kind: Type = NUMBER_TYPE,
) -> Element:
    """An aggregate over numbers or dates `r.v` of values and lists of values (which of them `lists` says).

    Blanks are left out. `{a}` in the texts stands for the first of `more`.
    """
    cast = _ITEM_CASTS[kind.name]
    rows_sqlite, rows_postgresql = [], []
    for at, is_list in enumerate(lists):
        if is_list:
            rows_sqlite.append(f"SELECT e.value AS v FROM json_each({{{at}}}) AS e")
            rows_postgresql.append(
                f"SELECT CAST(e.value AS {cast}) AS v FROM jsonb_array_elements_text({{{at}}}) AS e(value)"
            )
        else:
            rows_sqlite.append(f"SELECT {{{at}}} AS v")
            rows_postgresql.append(f"SELECT {{{at}}} AS v")
    extra = f"{{{len(values)}}}"
    return dialects(
        f"(SELECT {sqlite} FROM ({' UNION ALL '.join(rows_sqlite)}) AS r WHERE r.v IS NOT NULL)".replace("{a}", extra),
        f"(SELECT {postgresql} FROM ({' UNION ALL '.join(rows_postgresql)}) AS r WHERE r.v IS NOT NULL)".replace(
            "{a}", extra
        ),
        *values,
        *more,
        type_=NUMBER if kind == NUMBER_TYPE else TEXT,
    )
