"""A link to a record of any of several tables, and what is worked out from it."""

from __future__ import annotations

import copy

import pytest
import sqlalchemy as sa

from engine import queries, records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.typecast import typecast
from engine.verifying import verify
from tests.engine.any_links.shop import TABLES, change, held
from tests.support.workspaces import install


def test_it_holds_the_id_of_a_record_of_one_of_the_tables(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    assert held(crm, owner, "activities", ids["call"])["about"] == ids["acme"]
    assert held(crm, owner, "activities", ids["mail"])["about"] == ids["eva"]
    for wrong, code in (
        ("rec00000000000000", "unknown_record"),
        (ids["off"], "unknown_record"),
        ("Acme", "invalid_value"),
    ):
        with pytest.raises(Refused) as refused, crm.write(owner) as session:
            records.update(session, "shop.activities", {ids["call"]: {"about": wrong}})
        assert [(one.at, one.code) for one in refused.value.problems] == [("/0/about", code)]


def test_formulas_follow_the_title_the_table_and_the_link(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    assert held(crm, owner, "activities", ids["call"])["says"] == "Call: Acme"
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["says"], mail["kind"], mail["link"]) == ("Mail: Eva #7", "new", ids["eva"])
    off = held(crm, owner, "activities", ids["off"])
    assert (off["says"], off["kind"] or "", off["link"]) == ("Off: ", "", None)
    assert held(crm, owner, "notes", ids["note"])["of"] == "of Eva #7"

    change(crm, owner, "leads", ids["eva"], number=8)  # the title is a formula itself
    assert held(crm, owner, "activities", ids["mail"])["says"] == "Mail: Eva #8"
    assert held(crm, owner, "notes", ids["note"])["of"] == "of Eva #8"
    change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["says"], mail["kind"]) == ("Mail: Acme", "Account")
    assert held(crm, owner, "notes", ids["note"])["of"] == "of Acme"


def test_a_new_label_or_title_is_followed(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["fields"]["kind"]["formula"] = '{about.table} & IF({about.table} = "leads", "!", "")'
    install(crm, owner, tables)
    assert held(crm, owner, "activities", ids["mail"])["kind"] == "Lead!"
    tables = copy.deepcopy(tables)
    tables["leads"] |= {"label": {"en": "Prospect", "zh": "线索"}, "title": "first"}
    install(crm, owner, tables)
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["kind"], mail["says"]) == ("Prospect!", "Mail: Eva")


def test_every_table_sees_what_leads_to_it(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    acme = held(crm, owner, "accounts", ids["acme"])
    assert (acme["activities"], acme["last"], acme["calls"]) == ([ids["call"]], "2026-03-01", 1)
    assert held(crm, owner, "leads", ids["eva"])["calls"] == 1
    change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    acme = held(crm, owner, "accounts", ids["acme"])
    assert (set(acme["activities"]), acme["last"], acme["calls"]) == ({ids["call"], ids["mail"]}, "2026-03-02", 2)
    assert held(crm, owner, "leads", ids["eva"])["calls"] == 0
    change(crm, owner, "leads", ids["eva"], activities=[ids["call"]])  # set from the other side
    assert held(crm, owner, "activities", ids["call"])["about"] == ids["eva"]
    assert held(crm, owner, "accounts", ids["acme"])["calls"] == 1


def test_a_program_may_name_it_by_its_title_where_that_is_unique(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    with crm.write(owner) as session:
        records.create(session, "shop.accounts", [{"name": "Eva #7"}])
        cast = typecast(session, "shop.activities", [{"about": "acme"}, {"about": ["Acme"]}, {"about": "Eva #7"}])
        assert [one["about"] for one in cast] == [ids["acme"], [ids["acme"]], "Eva #7"]
        made = records.create(session, "shop.activities", cast[:2], reading="text")
        assert [one.values["about"] for one in records.get_many(session, "shop.activities", made)] == [ids["acme"]] * 2
        with pytest.raises(Refused, match="must be one record"):
            records.create(session, "shop.activities", cast[2:], reading="text")
        assert queries.count(session, Query("shop.accounts")) == 2


def test_the_first_field_of_its_record_is_looked_up_by_id(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    tables = copy.deepcopy(TABLES)
    found = 'LOOKUP("leads", {leads.id} = {about}, {leads.first})'
    tables["activities"]["fields"]["kind"]["formula"] = found
    install(crm, owner, tables)
    assert held(crm, owner, "activities", ids["mail"])["kind"] == "Eva"
    change(crm, owner, "leads", ids["eva"], first="Eve")
    assert held(crm, owner, "activities", ids["mail"])["kind"] == "Eve"
    assert held(crm, owner, "activities", ids["call"])["kind"] is None


def test_a_check_is_asked_again_when_the_title_changes(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["checks"] = {"named": {"holds": '{about.title} != "Bolt"', "message": "Not about Bolt."}}
    install(crm, owner, tables)
    with pytest.raises(Refused, match="Not about Bolt"), crm.write(owner) as session:
        records.update(session, "shop.accounts", {ids["acme"]: {"name": "Bolt"}})


def test_verifying_follows_it_and_its_formulas(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    with crm.write(owner) as session:
        layout = session.layout
        leads = layout.sql(layout.table("shop.leads"))
        session.connection.execute(sa.update(leads).values(called="Eve"))
        told = {(one.table, one.field) for one in verify(session)}
        assert told == {("shop.leads", "called"), ("shop.activities", "says"), ("shop.notes", "of")}
        session.connection.execute(sa.delete(leads))
        lost = {(one.table, one.field): one.records for one in verify(session)}
        assert lost["shop.activities", "about"] == [ids["mail"]]
