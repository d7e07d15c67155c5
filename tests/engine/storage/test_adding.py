"""Rows are added column by column, with the same values in them as by an INSERT of each row."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine.access.principals import Principal
from engine.errors import Conflict, Refused
from engine.storage import sql_types
from engine.storage.adding import Adding
from engine.storage.stores import Workspace

TABLE = sa.Table(
    "kept",
    sa.MetaData(),
    sa.Column("text", sql_types.TEXT),
    sa.Column("number", sql_types.NUMBER),
    sa.Column("position", sa.Integer),
    sa.Column("yes", sql_types.BOOLEAN),
    sa.Column("day", sql_types.DATE),
    sa.Column("instant", sql_types.DATE_TIME),
    sa.Column("many", sql_types.JSON_LIST),
    sa.Column("any", sql_types.JSON_TEXT),
)
ROWS: list[tuple[Any, ...]] = [
    ("plain", 12.5, 1, True, "2026-03-31", "2026-03-31T14:30:00.250Z", ["a", "b"], {"b": 1, "a": [None]}),
    ('a "quoted" \\ text, {with} 100%', -0.0001, 2, False, "0099-01-01", "1999-12-31T23:59:59.999Z", [], "text"),
    ("", 123456789012345, 0, True, "9999-12-31", "2026-01-01T00:00:00.000Z", ['"', "\\", "{}"], 'a "b" \\'),
    ("NULL", 0, -1, False, "2026-01-01", "2026-01-01T00:00:00.000Z", ["NULL"], 1.5),
    ("越\n\t\x1f ', $1 :x ?", 1e-10, 7, True, "2026-01-01", "2026-01-01T00:00:00.000Z", ["越"], [1, "2"]),
    (None, None, 5, True, None, None, None, None),
]


@pytest.mark.parametrize(
    "rows",
    [ROWS, ROWS[:5], *([row] for row in ROWS)],
    ids=["all", "nothing empty", *(f"{number} alone" for number in range(len(ROWS)))],
)
def test_values_come_out_as_they_went_in(workspace: Workspace, owner: Principal, rows: list[tuple[Any, ...]]) -> None:
    adding = Adding(TABLE, list(TABLE.c.keys()))
    with workspace.write(owner) as session:
        TABLE.create(session.connection)
        session.add(adding, list(zip(*rows, strict=True)))
        found = [tuple(row) for row in session.connection.execute(sa.select(TABLE))]
        assert found == rows
        session.connection.execute(sa.delete(TABLE))
        session.connection.execute(sa.insert(TABLE), [dict(zip(TABLE.c.keys(), row, strict=True)) for row in rows])
        assert [tuple(row) for row in session.connection.execute(sa.select(TABLE))] == found


def test_what_the_database_refuses_is_told_as_always(workspace: Workspace, owner: Principal) -> None:
    with workspace.write(owner) as session:
        session.connection.exec_driver_sql("CREATE TABLE once (name TEXT PRIMARY KEY)")
    once = Adding(sa.Table("once", sa.MetaData(), sa.Column("name", sa.Text)), ["name"])
    with pytest.raises(Conflict), workspace.write(owner) as session:
        session.add(once, [["a", "b", "a"]])
    if workspace.database.dialect == "postgresql":
        with pytest.raises(Refused, match="NUL"), workspace.write(owner) as session:
            session.add(once, [["a", "b\0c"]])
        with pytest.raises(Refused, match="NUL"), workspace.write(owner) as session:
            session.add(once, [["b\0c"]])


def test_a_table_may_be_as_wide_as_tables_get(workspace: Workspace, owner: Principal) -> None:
    wide = sa.Table("wide", sa.MetaData(), *(sa.Column(f"field_{number}", sa.Text) for number in range(400)))
    with workspace.write(owner) as session:
        wide.create(session.connection)
        session.add(Adding(wide, list(wide.c.keys())), [[f"{number}", "x"] for number in range(400)])
        found = session.connection.execute(sa.select(wide)).all()
    assert [list(row) for row in found] == [list(map(str, range(400))), ["x"] * 400]
