"""Numbers that the engine draws: none twice, whoever brings what and however many write at once."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine import apps, queries, records, sequences, undo
from engine.access.principals import Principal
from engine.errors import NotFound, Refused
from engine.field_types.sequence import Sequence
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

NUMBER = {"type": "sequence", "number": "SO-{YYYY}-{####}", "restart": "year"}
FIELDS: dict[str, Any] = {"number": NUMBER, "name": {"type": "text"}}


def tables(fields: dict[str, Any] = FIELDS) -> dict[str, Any]:
    return {"orders": {"title": "name", "fields": fields}}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, tables())
    return workspace


def create(shop: Workspace, owner: Principal, given: list[dict[str, Any]], day: str = "2026-03-31") -> list[str]:
    with shop.write(owner) as session:
        session.now = datetime.datetime.fromisoformat(f"{day}T12:00:00+00:00")
        return records.create(session, "shop.orders", given)


def numbers(shop: Workspace, owner: Principal) -> list[str]:
    with shop.read(owner) as session:
        found = records.find(session, Query("shop.orders", sort=["number"], limit=1000)).records
        return [one.values["number"] for one in found]


def test_numbers_follow_one_another_and_begin_anew_each_year(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, [{}, {}])
    create(shop, owner, [{}])
    create(shop, owner, [{}, {}], "2027-01-02")
    create(shop, owner, [{}], "2026-12-31")
    assert numbers(shop, owner) == [
        "SO-2026-0001", "SO-2026-0002", "SO-2026-0003", "SO-2026-0004", "SO-2027-0001", "SO-2027-0002",
    ]  # fmt: skip


def test_a_record_may_bring_its_number_and_counting_goes_on_after_it(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, [{"number": "SO-2026-0041"}, {}, {"number": "old 7"}, {"number": "SO-2025-0003"}])
    create(shop, owner, [{}])
    assert numbers(shop, owner) == ["SO-2025-0003", "SO-2026-0041", "SO-2026-0042", "SO-2026-0043", "old 7"]
    with pytest.raises(Refused) as refused:
        create(shop, owner, [{"number": "SO-2026-0042"}])
    assert [(one.at, one.code) for one in refused.value.problems] == [("/0/number", "not_unique")]


def test_a_number_is_never_changed(shop: Workspace, owner: Principal) -> None:
    (order,) = create(shop, owner, [{}])
    with pytest.raises(Refused) as refused, shop.write(owner) as session:
        records.update(session, "shop.orders", {order: {"number": "SO-2026-0009"}})
    assert [(one.at, one.code) for one in refused.value.problems] == [("/0/number", "computed")]


def test_what_fails_gives_its_numbers_back_and_what_is_restored_keeps_its_own(
    shop: Workspace, owner: Principal
) -> None:
    one, two, _three = create(shop, owner, [{}, {}, {}])
    with pytest.raises(NotFound), shop.write(owner) as session:
        records.delete(session, "shop.orders", [*records.create(session, "shop.orders", [{}, {}]), "recNO"])
    with shop.write(owner) as session:
        records.delete(session, "shop.orders", [one, two])
        deletion = session.transaction_id
    with shop.read(owner) as session:
        assert sequences.gaps(session, "shop.orders", "number") == [sequences.Gap("SO-2026-0001", "SO-2026-0002", 2)]
    with shop.write(owner) as session:
        undo.undo(session, deletion)
    create(shop, owner, [{}])
    assert numbers(shop, owner) == ["SO-2026-0001", "SO-2026-0002", "SO-2026-0003", "SO-2026-0004"]
    with shop.read(owner) as session:
        assert sequences.gaps(session, "shop.orders", "number") == []


def test_a_new_sequence_numbers_what_is_there_and_a_text_becomes_one(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, tables({"name": {"type": "text"}, "code": {"type": "text"}}))
    create(workspace, owner, [{"name": "a"}, {"name": "b", "code": "K-0009"}])
    create(workspace, owner, [{"name": "c", "code": "K-0002"}], "2027-01-01")
    changed = {"code": {"type": "sequence", "number": "K-{####}"}}
    install(workspace, owner, tables({**FIELDS, **changed}))
    with workspace.read(owner) as session:
        found = records.find(session, Query("shop.orders", sort=["name"])).records
    assert [(one.values["number"], one.values["code"]) for one in found] == [
        ("SO-2026-0001", "K-0010"),
        ("SO-2026-0002", "K-0009"),
        ("SO-2027-0001", "K-0002"),
    ]


def test_many_at_once_draw_no_number_twice(shop: Workspace, owner: Principal) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: create(shop, owner, [{}] * (number % 3 + 1)), range(20)))
    drawn = numbers(shop, owner)
    assert drawn == [f"SO-2026-{number:04}" for number in range(1, len(drawn) + 1)]
    with shop.read(owner) as session:
        assert queries.count(session, Query("shop.orders")) == len(drawn) == 39


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"number": "SO-{YYYYMM}-{####}", "restart": "month"}, []),
        ({"number": "SO-{YYYY}"}, ["number"]),
        ({"number": "{##}-{##}"}, ["number"]),
        ({"number": "{HH}-{##}"}, ["number"]),
        ({"number": "SO-{####", "restart": "never"}, ["number", "number"]),
        ({"number": "SO-{####}", "restart": "year"}, ["restart"]),
        ({"number": "SO-{YYYY}-{####}", "restart": "month"}, ["restart"]),
    ],
)
def test_a_number_that_would_come_twice_is_refused(
    workspace: Workspace, owner: Principal, options: dict[str, Any], wrong: list[str]
) -> None:
    assert [option for option, _says in Sequence().problems(options, ())] == wrong
    document = {"formwork": 1, "key": "shop", "tables": tables({**FIELDS, "code": {"type": "sequence", **options}})}
    with workspace.read(owner) as session:
        found = [problem.at for problem in apps.check(session, document)]
    assert found == [f"/tables/orders/fields/code/{option}" for option in wrong]


def test_what_is_written_can_be_read() -> None:
    options = {"number": "A{YY}/{MM}-{YYYYMMDD}.{###}", "restart": "month"}
    text = Sequence().spelled(options, 1234, datetime.date(2026, 3, 5))
    assert text == "A26/03-20260305.1234"
    assert Sequence().parsed(options, text) == ("2026-03", 1234)
    assert Sequence().parsed(options, "B26/03-20260305.1234") is None
