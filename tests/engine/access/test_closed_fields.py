"""Whoever may not set a field can neither remove, retype, hide nor move it, nor what is in it (T-RULE-04)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from engine import apps, building, formula_fields, records, trash, views
from engine.access.principals import Principal
from engine.building import NewField
from engine.errors import Forbidden, FormworkError, NotFound, Refused
from engine.storage.session import Session
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import APP, AS_ANA, AS_GUS, AS_LEA, AS_NEW, AS_REP, REP

ACCOUNTS = "crm.accounts"
MORE = NewField("More", {"type": "text"})
Act = Callable[[Session], object]


def _with(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Act:
    """Apply the app with another table of accounts."""

    def act(session: Session) -> object:
        document = copy.deepcopy(APP)
        change(document["tables"], document["tables"]["accounts"]["fields"])
        return apps.apply(session, document, despite_tests=True)

    return act


def _first(fields: dict[str, Any]) -> None:
    level = fields.pop("level")
    rest = dict(fields)
    fields.clear()
    fields.update({"level": level} | rest)


# `level` is read-only to the rep, `credit` is hidden from them.
ACTS: dict[str, Act] = {
    "remove it": _with(lambda _tables, fields: fields.pop("level")),
    "remove what is hidden": _with(lambda _tables, fields: fields.pop("credit")),
    "remove its table": _with(lambda tables, _fields: tables.pop("secrets")),
    "retype it": _with(lambda _tables, fields: fields.update(level={"type": "text"})),
    "retype what is hidden": _with(lambda _tables, fields: fields.update(credit={"type": "text"})),
    "take a choice away": _with(lambda _tables, fields: fields["level"]["choices"].pop("b")),
    "call it something else": _with(lambda _tables, fields: fields["level"].update(label="Mine")),
    "move it to the front": _with(lambda _tables, fields: _first(fields)),
    "move it elsewhere": _with(lambda tables, fields: tables["tags"]["fields"].update(level=fields.pop("level"))),
    "work it out instead": _with(lambda _tables, fields: fields.update(level={"type": "formula", "formula": "'a'"})),
    "release what is made of it": _with(lambda _tables, fields: fields["twice"].update(released=True)),
    "read it by a formula": lambda session: formula_fields.save(session, ACCOUNTS, "", "Copy", "{level}"),
    "describe it": lambda session: building.describe_field(session, ACCOUNTS, "level", label="Mine"),
    "put a field beside it": lambda session: building.create_field(session, ACCOUNTS, MORE),
    "hide it in a view": lambda session: views.change(session, ACCOUNTS, "all", {"fields": ["name"]}),
    "make a view without it": lambda session: views.create(session, ACCOUNTS, "all", "Mine", {"fields": ["name"]}),
    "remove the view that shows it": lambda session: views.delete(session, ACCOUNTS, "board"),
    "go back to before it": lambda session: apps.restore(session, "crm", 1),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_of_it_is_for_who_builds_nothing(shop: Shop, act: Act) -> None:
    for by in (AS_REP, AS_LEA, AS_NEW, AS_GUS):
        with pytest.raises((Forbidden, NotFound)), shop.workspace.write(by) as session:
            act(session)
    with shop.workspace.read(AS_ANA) as session:
        assert apps.export(session, "crm") == APP
        assert len(apps.revisions(session, "crm")) == 1


def test_what_was_removed_is_purged_and_comes_back_by_who_builds(shop: Shop) -> None:
    document = copy.deepcopy(APP)
    document["tables"]["accounts"]["views"].pop("board")
    document["tables"]["accounts"]["fields"].pop("level")
    document["roles"]["rep"]["tables"]["accounts"]["fields"].pop("level")
    shop.install(document)
    with shop.workspace.read(AS_ANA) as session:
        (thing,) = [one.id for one in trash.entries(session)]
    for by in (AS_REP, AS_LEA, AS_NEW):
        for change in (trash.purge, trash.restore):
            with pytest.raises(FormworkError), shop.workspace.write(by) as session:
                change(session, [thing])
    with shop.workspace.write(AS_ANA) as session:
        assert trash.restore(session, [thing])


def test_the_value_in_it_is_neither_set_emptied_nor_moved(shop: Shop) -> None:
    (mine,) = shop.create("accounts", {"name": "Mine", "owner": REP, "level": "a", "credit": 5})
    for values in ({"level": "b"}, {"level": None}, {"credit": None}, {"name": "x", "level": "b"}):
        with pytest.raises((Refused, NotFound)):
            shop.update("accounts", mine, by=AS_REP, **values)
    with pytest.raises(Forbidden):
        shop.delete("accounts", mine, by=AS_REP)
    assert _values(shop, mine) == ("Mine", "a", 5)


def _values(shop: Shop, record: str, by: Principal = AS_ANA) -> tuple[Any, ...]:
    with shop.workspace.read(by) as session:
        held = records.get(session, ACCOUNTS, record).values
    return held["name"], held["level"], held["credit"]
