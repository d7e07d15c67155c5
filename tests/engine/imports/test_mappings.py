"""Mappings kept under a name: used again without doubling, by whoever may import, changed by who made them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import imports, roles
from engine.access.principals import Principal, holding, person
from engine.errors import Forbidden, NotFound, Refused
from engine.imports import Import, mappings
from engine.people import Person, mirror
from engine.storage.stores import Workspace
from tests.engine.imports.test_imports import TABLES, Desk
from tests.support.workspaces import OWNER_ID, install

MAPPING: dict[str, Any] = {
    "columns": {
        "Nr": {"field": "number"},
        "Tag": {"field": "day", "reading": {"as": "date", "order": "dmy"}},
        "Stand": {"field": "status", "values": {"bezahlt": "paid", "offen": "open"}},
    },
    "match": ["number"],
    "blank": "clear",
}
JUNE = "Nr;Tag;Stand\nA1;01.02.26;offen\nA2;02.02.26;offen\n"
JULY = "Nr;Tag;Stand\nA1;01.02.26;bezahlt\nA2;02.02.26;offen\nA3;03.02.26;offen\n"


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Desk:
    shown = {
        "clerk": {"label": "Clerk", "tables": {"orders": {"read": True, "create": True, "update": True}}},
        "blind": {
            "label": "Blind",
            "tables": {
                "orders": {"read": True, "create": True, "update": True, "fields": {"day": "hidden"}},
            },
        },
    }
    install(workspace, owner, TABLES, roles=shown)
    return Desk(workspace, owner)


def kept(desk: Desk, name: str, content: str = JUNE) -> Import:
    """An import whose mapping is kept before it is carried out."""
    held = desk.choose(desk.start(content, "shop.orders", delimiter=";"), MAPPING)
    with desk.workspace.write(desk.asker) as session:
        mappings.keep(session, held.id, name)
    return desk.run(held)


def used(desk: Desk, name: str, content: str) -> Import:
    held = desk.start(content, "shop.orders")
    with desk.workspace.write(desk.asker) as session:
        imports.use(session, held.id, mappings.named(session, "shop.orders", name).id)
    return desk.run(held)


def test_a_file_that_comes_again_doubles_nothing_and_is_taken_back_at_once(desk: Desk) -> None:
    kept(desk, "Monthly")
    again = used(desk, " monthly ", JUNE)
    assert again.counts is not None
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 2)
    july = used(desk, "MONTHLY", JULY)
    assert july.counts is not None
    assert (july.counts["new"], july.counts["changed"], july.counts["same"]) == (1, 1, 1)
    assert july.mapping_name == "Monthly"
    found = {one["number"]: (one["day"], one["status"]) for one in desk.all("shop.orders")}
    assert found == {"A1": ("2026-02-01", "paid"), "A2": ("2026-02-02", "open"), "A3": ("2026-02-03", "open")}
    desk.undo(july)
    assert {one["number"]: one["status"] for one in desk.all("shop.orders")} == {"A1": "open", "A2": "open"}


def test_a_file_is_read_as_the_one_that_the_mapping_was_made_for(desk: Desk) -> None:
    held = desk.choose(desk.start("Nr,x;Tag;Stand\nA1;01.02.26;offen\n", "shop.orders", delimiter=";"),
                       {"columns": {"Nr,x": {"field": "number"}}})  # fmt: skip
    with desk.workspace.write(desk.asker) as session:
        saved = mappings.keep(session, held.id, "Semicolons")
    assert (saved.kind, saved.options) == ("csv", {"delimiter": ";"})
    other = desk.start("Nr,x;Tag,y;Stand,z\nA1;a,b;c,d\n", "shop.orders", delimiter=",")
    with desk.workspace.write(desk.asker) as session:
        assert imports.use(session, other.id, saved.id).columns == ["Nr,x", "Tag,y", "Stand,z"]


def test_what_does_not_fit_a_file_is_said(desk: Desk) -> None:
    kept(desk, "Monthly")
    with pytest.raises(Refused) as refused:
        used(desk, "Monthly", "Nr;Datum;Stand\nA1;01.02.26;offen\n")
    assert [(one.at, str(one.says)) for one in refused.value.problems] == [
        ("/columns/Tag", "The file has no column Tag.")
    ]
    with pytest.raises(NotFound, match="There are: Monthly"):
        used(desk, "Weekly", JUNE)


def test_a_name_is_there_once_in_a_table(desk: Desk) -> None:
    kept(desk, "Monthly")
    other = desk.choose(desk.start(JUNE, "shop.orders"), MAPPING)
    with desk.workspace.write(desk.asker) as session:
        with pytest.raises(Refused, match="There is a mapping called monthly already"):
            mappings.keep(session, other.id, "monthly")
        with pytest.raises(Refused, match="Give the mapping a name"):
            mappings.keep(session, other.id, "  ")
        mappings.put(session, "shop.customers", "monthly", {"columns": {"Name": {"field": "name"}}})
        # One that began with it changes it.
        imports.use(session, other.id, mappings.named(session, "shop.orders", "monthly").id)
        imports.choose(session, other.id, {**MAPPING, "blank": "keep"})
        assert mappings.keep(session, other.id, "Monthly").document["blank"] == "keep"
        assert len(mappings.listed(session, "shop.orders")) == 1
        assert [one.table for one in mappings.listed(session)] == ["shop.customers", "shop.orders"]


def test_whoever_may_import_uses_it_and_who_made_it_changes_it(desk: Desk) -> None:
    kept(desk, "Monthly")
    clerk, guest = person("usr00000000000007", "member"), person("usr00000000000008", "guest")
    with desk.workspace.write(desk.asker) as session:
        known = [Person(OWNER_ID, "Ada", "ada@example.com", "owner")]
        mirror(session, [*known, Person(clerk.id, "Bo", "bo@example.com", "member")])
        roles.give(session, "shop.clerk", clerk.id)
    with desk.workspace.read(clerk) as session:
        (seen,) = mappings.listed(session)
        assert not mappings.may_change(session, seen)
    with pytest.raises(Forbidden, match="Only who made this mapping"), desk.workspace.write(clerk) as session:
        mappings.put(session, "shop.orders", "Monthly", MAPPING)
    with pytest.raises(Forbidden, match="Only who made this mapping"), desk.workspace.write(clerk) as session:
        mappings.remove(session, seen.id)
    with desk.workspace.write(clerk) as session:
        own = mappings.put(session, "shop.orders", "Mine", MAPPING)
        mappings.put(session, "shop.orders", "Mine", {**MAPPING, "blank": "keep"})
    with desk.workspace.write(desk.asker) as session:
        mappings.remove(session, own.id)  # the owner may
        with pytest.raises(NotFound):
            mappings.get(session, own.id)
    with desk.workspace.read(guest) as session:
        assert mappings.listed(session) == []
        with pytest.raises(NotFound):
            mappings.get(session, seen.id)


def test_a_mapping_that_names_a_hidden_field_is_not_there(desk: Desk) -> None:
    kept(desk, "Monthly")
    blind = holding(["shop.blind"], "usr00000000000007")
    with desk.workspace.read(blind) as session:
        assert mappings.listed(session) == []
        with pytest.raises(NotFound, match="There are: none"):
            mappings.named(session, "shop.orders", "Monthly")


def test_a_field_that_is_gone_is_told(desk: Desk) -> None:
    kept(desk, "Monthly")
    fields = {key: one for key, one in TABLES["orders"]["fields"].items() if key != "day"}
    install(desk.workspace, desk.asker, {**TABLES, "orders": {**TABLES["orders"], "fields": fields}})
    with pytest.raises(Refused) as refused:
        used(desk, "Monthly", JUNE)
    assert [one.at for one in refused.value.problems] == ["/columns/Tag/field"]


def test_one_is_renamed_and_the_imports_that_it_filled_in_follow(desk: Desk) -> None:
    first = kept(desk, "Monthly")
    kept(desk, "Yearly")
    with desk.workspace.write(desk.asker) as session:
        held = mappings.named(session, "shop.orders", "monthly")
        with pytest.raises(Refused, match="a mapping called yearly already"):
            mappings.rename(session, held.id, "yearly")
        with pytest.raises(Refused, match="Give the mapping a name"):
            mappings.rename(session, held.id, " ")
        assert mappings.rename(session, held.id, "MONTHLY").name == "MONTHLY"
        assert mappings.rename(session, held.id, "Each month").name == "Each month"
        assert imports.get(session, first.id).mapping_name == "Each month"
        mappings.keep(session, first.id, "Each month")  # it may still change what it made


def test_what_was_forgotten_comes_back_unless_its_name_is_taken(desk: Desk) -> None:
    kept(desk, "Monthly")
    with desk.workspace.write(desk.asker) as session:
        held = mappings.named(session, "shop.orders", "Monthly")
        mappings.remove(session, held.id)
        assert mappings.listed(session) == []
        with pytest.raises(NotFound):
            mappings.get(session, held.id)
        assert mappings.restore(session, held.id).document == held.document
        with pytest.raises(NotFound):
            mappings.restore(session, held.id)
        mappings.remove(session, held.id)
        other = mappings.put(session, "shop.orders", "monthly", MAPPING)
        with pytest.raises(Refused, match="already"):
            mappings.restore(session, held.id)
        mappings.remove(session, other.id)
        session.now += timedelta(days=2)
        assert mappings.sweep(session, session.now - timedelta(days=1), 10) == 2
        with pytest.raises(NotFound):
            mappings.restore(session, held.id)
