"""What people call things never becomes a name in SQL, nor a part of a statement (T-SQLI-01), on both databases.

Labels are kept beside, whatever they are. What names something in SQL follows from keys, of which only small letters,
digits and single `_` are taken, whatever they spell.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
import sqlalchemy as sa

from engine import queries, records
from engine.access.principals import Principal
from engine.definitions.check import check
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.statements import counted
from tests.support.workspaces import install

_SQL = (
    "x' OR '1'='1", 'x" OR "1"="1', "x; DROP TABLE accounts", "x'); DELETE FROM _people; --",
    "x\\'; SELECT 1; --", "x/**/y", "x -- y", "x\0y", "x`y", "[x]", "x]; --", "x$$y", "$1", ":x", "%(x)s", "%s",
    "?", "{x}", "{0}", "%", "_", "x%'", "x||y", "x AS y", "x, y", "(SELECT 1)", "count(*)", "*", "NULL",
    "x::text", "x COLLATE \"C\"", "U&'x'", "E'\\x41'", "0x41", "1=1", "x UNION SELECT token FROM sessions",
    "main.sqlite_master", "pg_catalog.pg_user", "pg_sleep(9)", "load_extension('x')", "x\nGO\nDROP", "x\r\ny",
    "x\ty", "ATTACH 'x' AS y", "COPY x TO PROGRAM 'y'", "PRAGMA writable_schema", "x' || x'41",
)  # fmt: skip
_AROUND = ("{}", '"{}"', "'{}'", "`{}`", "{};--", "\u2019{}\u2019")
_OTHER = (
    "é", "人", "Ⅷ", "ﬁ", "ı", "İ", "ß", "ＡＢＣ", "\u202ex", "x\u200by", "\ufeffx", "x y", "x.y", "x-y", "X", "aB",
    "1x", "-x", "@x", "#x", "x\n", "\nx", "x" * 300, "../x", "{{x}}", "<b>x</b>", "😀", "~", "",
)  # fmt: skip
CORPUS = tuple(dict.fromkeys(around.format(word) for word in _SQL for around in _AROUND)) + _OTHER
# Words of SQL, and names that databases have for themselves: all of them small letters, and all are good keys.
WORDS = (
    "abort action add after all alter always analyze and any array as asc attach autoincrement before begin "
    "between by cascade case cast check collate collation column commit concurrently conflict constraint create "
    "cross current current_catalog current_date current_role current_time current_timestamp current_user database "
    "default deferrable deferred delete desc detach distinct do drop each else end escape except exclude "
    "exclusive exists explain fail false fetch filter first following for foreign freeze from full generated glob "
    "grant group groups having if ignore ilike immediate in index indexed information_schema initially inner "
    "insert instead intersect into is isnull join key last lateral leading left like limit localtime match "
    "materialized natural no not nothing notnull null nulls of offset oid on only or order others outer over "
    "overlaps partition pg_type placing plan pragma preceding primary public query raise range recursive "
    "references regexp reindex release rename replace restrict returning right rollback row rowid rows savepoint "
    "select session_user set similar some sqlite_master sqlite_sequence symmetric system_user table tablesample "
    "temp temporary then ties to trailing transaction true unbounded union unique update user using vacuum values "
    "variadic verbose view virtual when where window with within without"
).split()
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def test_there_are_enough() -> None:
    assert len(CORPUS) >= 300


def _places(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The document with this key in each place where people give one."""
    text = {"type": "text"}
    return [
        {**document, "key": name},
        {**document, "tables": {name: {"fields": {"name": text}}}},
        {**document, "tables": {"things": {"fields": {"name": text, name: text}}}},
        {**document, "tables": {"things": {"fields": {"name": text}, "views": {name: {"type": "grid"}}}}},
        {**document, "tables": {"things": {"fields": {"name": text}, "forms": {name: {"fields": ["name"]}}}}},
        {**document, "roles": {name: {"tables": {}}}},
        {**document, "tables": {"things": {"title": name, "fields": {"name": text}}}},
        {**document, "tables": {"things": {"fields": {"name": text, "x": {"type": "link", "to": name}}}}},
        {
            **document,
            "tables": {"things": {"fields": {"name": text}, "views": {"v": {"type": "grid", "sort": [name]}}}},
        },
    ]


DOCUMENT = {
    "formwork": 1,
    "key": "shop",
    "label": "Shop",
    "version": "1.0.0",
    "tables": {"things": {"fields": {"name": {"type": "text"}}}},
}


@pytest.mark.parametrize("name", ["a__b", "a_b__", *CORPUS])
def test_no_other_key_is_taken_anywhere(name: str) -> None:
    for document in _places(DOCUMENT, name):
        assert any(problem.is_error for problem in check(document)), document


@pytest.mark.parametrize("name", ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "id"])
def test_what_the_database_calls_its_own_is_no_field(name: str) -> None:
    (problem,) = check({**DOCUMENT, "tables": {"things": {"fields": {name: {"type": "text"}}}}})
    assert (problem.at, problem.code) == (f"/tables/things/fields/{name}", "reserved")


def labels_once() -> list[str]:
    """Each of the corpus as a value that is there once."""
    return list(dict.fromkeys(name.strip().replace("\0", "") or "-" for name in CORPUS))


def _names(connection: sa.Connection) -> set[str]:
    """All that the store has given a name: tables, columns, indexes."""
    look = sa.inspect(connection)
    names: set[str] = set()
    for table in look.get_table_names():
        names |= {table, *(str(one["name"]) for one in look.get_columns(table))}
        names |= {str(one["name"]) for one in look.get_indexes(table)}
    return names


def test_whatever_things_are_called_names_in_sql_are_plain(workspace: Workspace, owner: Principal) -> None:
    labels = itertools.cycle([name for name in CORPUS if name.strip()])

    def called(parts: dict[str, Any]) -> dict[str, Any]:
        return {key: {**part, "label": next(labels)[:100].replace("\0", "")} for key, part in parts.items()}

    tables = {}
    for number in range(12):
        fields = {f"f{one}": {"type": "text"} for one in range(20)} | {
            "name": {"type": "text", "unique": True},
            "choice": {"type": "select", "choices": called({f"c{one}": {} for one in range(30)})},
            "to": {"type": "link", "to": "t0", "many": True},
        }
        views = {"all": {"type": "grid", "sort": ["f1"], "group": "choice", "totals": {"f2": "count"}}}
        tables[f"t{number}"] = {"title": "name", "fields": called(fields), "views": called(views)}
    with counted(workspace) as said:
        install(workspace, owner, called(tables))
        with workspace.write(owner) as session:
            ids = records.create(session, "shop.t0", [{"name": name, "f1": name} for name in labels_once()])
            found = queries.ids_of(session, Query("shop.t0", sort=["-f1"], search="DROP"))
        assert 0 < len(found) < len(ids)
    with workspace.read(owner) as session:
        names = _names(session.connection)
    assert len(names) > 200
    assert [name for name in names if not PLAIN.fullmatch(name)] == []
    spelled = [one for one in (*_SQL, *_OTHER) if len(one) > 4 and not PLAIN.fullmatch(one)]
    assert [(one, sql) for sql in said for one in spelled if one in sql and one not in ("count(*)", "x AS y")] == []


def test_words_of_sql_are_good_keys(workspace: Workspace, owner: Principal) -> None:
    """As names of tables, of fields, and of choices; written, changed, sorted and found by."""
    of_each = {word: {"type": "text"} for word in WORDS}
    choice = {"type": "select", "choices": {word: {"label": word} for word in WORDS}}
    tables = {
        word: {"fields": {"name": {"type": "text"}, "to": {"type": "link", "to": "things", "many": True}}}
        for word in WORDS[:40]
    }
    install(workspace, owner, {**tables, "things": {"title": "select", "fields": {**of_each, "one_of": choice}}})
    with workspace.write(owner) as session:
        (made,) = records.create(session, "shop.things", [{**{word: word for word in WORDS}, "one_of": "table"}])
        records.update(session, "shop.things", {made: {word: f"{word}!" for word in WORDS}})
        for word in WORDS:
            is_it = {"field": word, "op": "is", "value": f"{word}!"}
            assert queries.ids_of(session, Query("shop.things", where=[is_it], sort=[word])) == [made]
        for word in tables:
            records.create(session, f"shop.{word}", [{"name": word, "to": [made]}])
        assert records.get(session, "shop.things", made).values["returning"] == "returning!"
