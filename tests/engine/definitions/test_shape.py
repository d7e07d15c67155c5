from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine import catalog
from engine.apps import _tied
from engine.definitions.schema import app_schema
from engine.definitions.shape import _validator, shape_problems

TABLE = {
    "fields": {
        "title": {"type": "text", "label": {"en": "Title"}, "required": True},
        "stage": {"type": "select", "choices": {"open": {"label": "Open", "color": "blue"}}},
        "amount": {"type": "currency", "currency": "USD"},
        "total": {"type": "formula", "formula": "{amount} * 2", "format": {"type": "number", "decimals": 2}},
    },
    "views": {"all": {"type": "grid", "filter": {"all": [{"field": "stage", "op": "is", "value": "open"}]}}},
    "forms": {"ask": {"fields": ["title", {"field": "amount", "label": "Budget"}]}},
}
STEPS = {"tell": {"action": "notify", "to": "={created_by}", "message": "Hello", "if": "={amount} > 1"}}
SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "tables": {"deals": TABLE},
    "automations": {"new": {"trigger": {"type": "record_created", "table": "deals"}, "steps": STEPS}},
}
ANYTHING = st.sampled_from(
    [None, True, 1, 0.5, "", "text", "Not A Key", "number", [], [1], {}, {"type": "grid"}, {"x": 1}]
).map(copy.deepcopy)


def places(part: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: what holds it, and its key there."""
    keys = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    return [one for key in keys for one in [(part, key), *places(part[key])]]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The shop's document with a few places that hold something else, or nothing, or one thing more."""
    document = copy.deepcopy(SHOP)
    for _time in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(places(document)))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                holder[key] = draw(ANYTHING)
            case "remove":
                del holder[key]
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(["extra", "type", "label", "Not A Key"]))] = draw(ANYTHING)
        if not document:
            break
    return document


@settings(max_examples=150)
@given(damaged())
def test_it_finds_what_the_published_schema_finds(document: dict[str, Any]) -> None:
    plain = Draft202012Validator(app_schema()).iter_errors(document)
    ours = _validator().iter_errors(document)
    assert {(one.json_path, one.message) for one in ours} == {(one.json_path, one.message) for one in plain}


def test_what_was_sound_once_is_refused_where_it_is_not() -> None:
    document = copy.deepcopy(SHOP)
    assert list(shape_problems(document)) == []
    document["tables"]["deals"]["views"]["all"] = document["tables"]["deals"]["fields"]["title"]
    assert {one.at for one in shape_problems(document)} == {"/tables/deals/views/all/type"}
    assert [one.at for one in shape_problems({**SHOP, "tables": {"deals": {"fields": {"n": True}}}})] != []


def test_a_big_definition_is_remembered() -> None:
    document = json.loads(json.dumps(catalog.template("crm").document))
    assert list(shape_problems(document)) == []
    document["tables"]["accounts"]["fields"]["name"]["no_such"] = 1
    assert [one.at for one in shape_problems(document)] == ["/tables/accounts/fields/name/no_such"]


def test_apps_are_tied_by_naming_each_other() -> None:
    crm = {"key": "crm", "tables": {}}
    orders = {"key": "orders", "bindings": {"customer": "crm.accounts"}}
    repairs = {"key": "repairs", "tables": {"cases": {"fields": {"order": {"to": "orders.orders"}}}}}
    alone = {"key": "alone", "tables": {}}
    for key in ("crm", "orders", "repairs"):
        assert _tied([crm, orders, repairs, alone], key) == {"crm", "orders", "repairs"}
    assert _tied([crm, orders, repairs, alone], "alone") == {"alone"}
