"""A link to any of several tables with one of them named after it: `{about.leads.number}` reads what a lead has."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps, formula_fields, records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.storage.stores import Workspace
from engine.wording import Wording
from tests.engine.any_links.shop import TABLES, change, found, held
from tests.support.workspaces import install


def with_fields(**fields: Any) -> dict[str, Any]:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["fields"] |= fields
    return tables


def test_formulas_lookups_rollups_and_counts_read_the_records_of_that_table(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    fields = {
        "twice": {"type": "formula", "formula": "{about.leads.number} * 2"},
        "lead": {"type": "formula", "formula": '{about.leads} & "/" & {about.accounts}'},
        "number": {"type": "lookup", "through": "about.leads", "field": "number"},
        "sum": {"type": "rollup", "through": "about.leads", "field": "number", "function": "sum"},
        "leads": {"type": "count", "through": "about.leads"},
        "any": {"type": "count", "through": "about"},
        "kept": {"type": "snapshot", "through": "about.accounts", "field": "name"},
        "further": {"type": "formula", "formula": "{about.accounts.calls}"},
    }
    install(crm, owner, with_fields(**fields))

    def got(key: str) -> list[Any]:
        values = held(crm, owner, "activities", ids[key])
        return [values[one] for one in fields]

    assert got("call") == [0, "/Acme", None, 0, 0, 1, "Acme", 1]
    assert got("mail") == [14, "Eva #7/", 7, 7, 1, 1, None, None]
    assert got("off") == [0, "/", None, 0, 0, 0, None, None]
    change(crm, owner, "leads", ids["eva"], number=8)
    assert got("mail")[:4] == [16, "Eva #8/", 8, 8]
    change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    assert got("mail") == [0, "/Acme", None, 0, 0, 1, "Acme", 2]
    assert got("call")[-1] == 2


def test_filters_ask_it(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    assert found(crm, owner, {"field": "about.leads.number", "op": "greater", "value": 6}) == ["Mail"]
    assert found(crm, owner, {"field": "about.accounts.name", "op": "is", "value": "Acme"}) == ["Call"]
    six = {"field": "number", "op": "less", "value": 6}
    assert found(crm, owner, {"field": "about.leads", "op": "has", "value": six}) == []
    assert found(crm, owner, {"field": "about.leads", "op": "has_no", "value": six}) == ["Call", "Mail", "Off"]
    assert found(crm, owner, {"field": "about.leads", "op": "is_not_empty"}) == ["Mail"]
    assert found(crm, owner, "={about.leads.id} = {about}") == ["Mail", "Off"]
    with pytest.raises(Refused, match=r"has no field `about\.notes\.text`"):
        found(crm, owner, {"field": "about.notes.text", "op": "is_empty"})


def test_people_write_it_with_labels_and_read_it_so(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    tables = with_fields()
    tables["activities"]["fields"]["about"]["label"] = "About"
    tables["leads"]["fields"]["number"]["label"] = "Number"
    install(crm, owner, tables)
    with crm.write(owner) as session:
        key = formula_fields.save(session, "shop.activities", "", "No", '{About.Lead.Number} & ""')
        layout = session.layout
        table = layout.table("shop.activities")
        formula = table.fields[key].options["formula"]
        assert formula == '{about.leads.number} & ""'
        assert Wording(layout, layout.apps["shop"], table, "en").formula(formula) == '{About.Lead.Number} & ""'


def test_what_is_wrong_is_told_where_it_is(workspace: Workspace, owner: Principal) -> None:
    def problems(**field: Any) -> dict[str, str]:
        tables = with_fields(one={"type": "lookup", **field})
        document = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}
        with workspace.read(owner) as session:
            return {one.at.rpartition("/")[2]: str(one.says) for one in apps.check(session, document) if one.is_error}

    assert problems(through="about.leads", field="number") == {}
    assert problems(through="about", field="number") == {
        "through": "About may lead to several tables: say which of them, such as `about.accounts`."
    }
    assert problems(through="about.notes", field="text") == {"through": "`about.notes` is not a link of this table."}
    assert problems(through="subject.leads", field="number")["through"].endswith("is not a link of this table.")
    assert "field" in problems(through="about.leads", field="name")
    assert "through" in problems(through="about.leads.number", field="number")


def test_a_lookup_through_it_is_worked_out_again_where_the_link_is_defined_anew(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    tables = with_fields(number={"type": "lookup", "through": "about.leads", "field": "number"})
    install(crm, owner, tables)
    assert held(crm, owner, "activities", ids["mail"])["number"] == 7
    tables = copy.deepcopy(tables)
    tables["activities"]["fields"]["number"]["field"] = "first"
    install(crm, owner, tables)
    assert held(crm, owner, "activities", ids["mail"])["number"] == "Eva"
    with crm.write(owner) as session:
        records.delete(session, "shop.leads", [ids["eva"]])
    assert held(crm, owner, "activities", ids["mail"])["number"] is None
