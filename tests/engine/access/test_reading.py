"""What a role sees: records, fields, and what is computed of them (T-RULE-02)."""

from __future__ import annotations

import pytest

from engine import apps, queries, records, roles, search, totals, views
from engine.errors import Forbidden, NotFound, Refused
from engine.queries import Query
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, AS_ANA, AS_GUS, AS_LEA, AS_NEW, AS_REP, NEW, REP, app


@pytest.fixture
def filled(shop: Shop) -> Shop:
    mine, other = shop.create(
        "accounts",
        {"name": "Mine", "owner": REP, "phone": "111", "credit": 50, "level": "a"},
        {"name": "Other", "owner": ANA, "phone": "222", "claimed": True, "credit": 500},
    )
    shop.create(
        "deals",
        {"title": "Of mine", "amount": 5, "account": mine},
        {"title": "Of other", "amount": 7, "account": other},
    )
    shop.create("tags", {"name": "vip"})
    return shop


def test_a_role_sees_only_the_records_of_its_rule(filled: Shop) -> None:
    assert filled.names("accounts", AS_ANA) == ["Mine", "Other"]
    assert filled.names("accounts", AS_LEA) == ["Mine", "Other"]
    assert filled.names("accounts", AS_REP) == ["Mine"]
    other = next(one.id for one in filled.find("accounts") if one.values["name"] == "Other")
    with pytest.raises(NotFound) as unseen:
        filled.get("accounts", other, AS_REP)
    with pytest.raises(NotFound) as unknown:
        filled.get("accounts", "recNope", AS_REP)
    assert str(unseen.value).replace(other, "X") == str(unknown.value).replace("recNope", "X")


def test_hidden_fields_are_not_there(filled: Shop) -> None:
    (mine,) = filled.find("accounts", AS_REP)
    assert "credit" not in mine.values
    assert mine.values["level"] == "a"
    assert filled.find("accounts", AS_LEA)[0].values["credit"] in (50, 500)
    for query in ({"where": ["{credit} > 1"]}, {"sort": ["credit"]}, {"fields": ["credit"]}):
        with pytest.raises(Refused) as refused:
            filled.find("accounts", AS_REP, **query)
        spelled = {key: [str(one).replace("credit", "nope") for one in value] for key, value in query.items()}
        with pytest.raises(Refused) as unknown:
            filled.find("accounts", AS_REP, **spelled)
        assert [str(one.says) for one in refused.value.problems] == [
            str(one.says).replace("nope", "credit") for one in unknown.value.problems
        ]


def test_what_is_computed_is_as_secret_as_its_inputs(filled: Shop) -> None:
    (mine,) = filled.find("accounts", AS_REP)
    assert "twice" not in mine.values
    assert mine.values["rating"] == "poor"  # released
    assert mine.values["won"] == 5
    deal = next(one for one in filled.find("deals", AS_REP) if one.values["title"] == "Of mine")
    assert "account_name" not in deal.values  # of accounts not all are seen
    assert filled.find("deals", AS_LEA)[0].values["account_name"]


def test_a_masked_field_is_blank_where_it_is_not_seen(filled: Shop) -> None:
    (mine,) = filled.find("accounts", AS_REP)
    assert mine.values["phone"] is None
    filled.update("accounts", mine.id, claimed=True)
    assert filled.get("accounts", mine.id, AS_REP)["phone"] == "111"
    for query in ({"where": [{"field": "phone", "op": "is", "value": "111"}]}, {"sort": ["phone"]}):
        with pytest.raises(Refused):
            filled.find("accounts", AS_REP, **query)
    assert filled.find("accounts", AS_REP, search="111") == []


def test_links_to_what_is_not_seen_are_left_out(filled: Shop) -> None:
    links = {one.values["title"]: one.values["account"] for one in filled.find("deals", AS_REP)}
    assert links["Of other"] is None
    assert links["Of mine"] is not None
    assert filled.names("deals", AS_REP, "title", where=[{"field": "account", "op": "is_empty"}]) == ["Of other"]
    assert filled.names("deals", AS_REP, "title", where=["{account.name} = 'Other'"]) == []
    assert filled.names("deals", AS_REP, "title", search="Other") == ["Of other"]  # its own title
    assert filled.names("deals", AS_REP, "title", sort=["account"]) == ["Of mine", "Of other"]
    (tag,) = filled.find("tags")
    for account in filled.find("accounts"):
        filled.update("accounts", account.id, tags=[tag.id])
    assert len(filled.get("tags", tag.id)["accounts"]) == 2
    assert filled.get("tags", tag.id, AS_REP)["accounts"] == [filled.find("accounts", AS_REP)[0].id]
    (counted,) = filled.find("tags", AS_REP, where=[{"field": "accounts", "op": "count_equals", "value": 1}])
    assert counted.id == tag.id


def test_counts_groups_and_totals_are_of_what_is_seen(filled: Shop) -> None:
    with filled.workspace.read(AS_REP) as session:
        query = Query("crm.accounts")
        assert queries.count(session, query) == 1
        assert len(queries.ids_of(session, query)) == 1
        assert [(one.values, one.count) for one in totals.groups(session, query, ["level"])] == [(("a",), 1)]
        assert totals.totals(session, query, [("sum", "won")]) == (5,)
        for key in ("credit", "phone", "twice"):
            with pytest.raises(Refused):
                totals.groups(session, query, [key])
        with pytest.raises(Refused):
            totals.totals(session, query, [("sum", "credit")])
        assert [name for _id, name in queries.find_titles(session, "crm.accounts", "")] == ["Mine"]
        everything = queries.titles(session, "crm.accounts", [one.id for one in filled.find("accounts")])
        assert list(everything.values()) == ["Mine"]
        assert [found.title for found in search.everywhere(session, "Other")] == ["Of other"]


def test_tables_that_are_not_seen_are_nowhere(filled: Shop) -> None:
    with filled.workspace.read(AS_REP) as session:
        assert list(session.layout.apps["crm"].tables) == ["accounts", "deals", "tags"]
        with pytest.raises(NotFound):
            records.find(session, Query("crm.secrets"))
    with filled.workspace.read(AS_NEW) as session:  # the default role
        assert list(session.layout.apps["crm"].tables) == ["tags"]
        assert "accounts" not in session.layout.table("crm.tags").fields


def test_views_made_by_hidden_fields_are_not_offered(filled: Shop) -> None:
    with filled.workspace.read(AS_REP) as session:
        assert list(session.layout.table("crm.accounts").views) == ["all", "board"]
        with pytest.raises(NotFound):
            views.get(session, "crm.accounts", "rich")
        assert apps.get(session, "crm").document.get("roles") is None


def test_views_and_forms_that_a_role_is_not_offered_are_not_there(filled: Shop) -> None:
    changed = app(rep={"tables": {"accounts": {"read": True, "create": True, "views": ["board"], "forms": ["quick"]}}})
    changed["tables"]["accounts"]["forms"] = {"quick": {"fields": ["name"]}, "long": {"fields": ["name", "phone"]}}
    filled.install(changed)
    with filled.workspace.read(AS_REP) as session:
        shown = session.layout.table("crm.accounts")
        with pytest.raises(NotFound):
            views.get(session, "crm.accounts", "all")
    assert (list(shown.views), list(shown.forms)) == (["board"], ["quick"])
    with filled.workspace.read(AS_ANA) as session:
        assert list(session.layout.table("crm.accounts").forms) == ["quick", "long"]


def test_a_view_that_shows_a_field_seen_in_some_records_is_offered(filled: Shop) -> None:
    changed = app()
    changed["tables"]["accounts"]["views"]["calls"] = {"type": "grid", "fields": ["phone", "credit"]}
    changed["tables"]["accounts"]["views"]["known"] = {
        "type": "grid",
        "filter": {"field": "phone", "op": "is_not_empty"},
    }
    filled.install(changed)
    with filled.workspace.read(AS_REP) as session:
        shown = session.layout.table("crm.accounts").views
    assert shown["calls"].options["fields"] == ["phone"]
    assert "known" not in shown


def test_roles_count_from_the_next_request_on(filled: Shop) -> None:
    with filled.workspace.write(AS_ANA) as session:
        roles.give(session, "crm.rep", NEW)
    assert filled.names("accounts", AS_NEW) == []
    with filled.workspace.write(AS_ANA) as session:
        roles.take(session, "crm.rep", NEW)
    with pytest.raises(NotFound):
        filled.find("accounts", AS_NEW)
    with filled.workspace.write(AS_LEA) as session, pytest.raises(Forbidden):
        roles.give(session, "crm.rep", NEW)


def test_guests_see_by_their_role_and_change_nothing(filled: Shop) -> None:
    assert filled.names("tags", AS_GUS) == ["vip"]
    with pytest.raises(Forbidden):
        filled.create("tags", {"name": "x"}, by=AS_GUS)


def test_distributions_and_times_of_change_tell_nothing_of_hidden_fields(filled: Shop) -> None:
    with filled.workspace.read(AS_REP) as session:
        (spread,) = totals.totals(session, Query("crm.accounts"), [("distribution", "name")])
        assert [one["value"] for one in spread] == ["Mine"]
        for hidden in ("credit", "phone"):  # not seen at all, and not in every record
            with pytest.raises(Refused):
                totals.totals(session, Query("crm.accounts"), [("distribution", hidden)])
    for hidden in ("credit", "phone"):
        with pytest.raises(Refused) as refused:
            filled.find("accounts", AS_REP, where=[f'=LAST_MODIFIED_TIME({{{hidden}}}) > "2020-01-01"'])
        assert "There is no field" in refused.value.problems[0].says
    assert filled.names("accounts", AS_REP, where=['=LAST_MODIFIED_TIME({name}) > "2020-01-01"']) == ["Mine"]
