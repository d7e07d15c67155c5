from __future__ import annotations

import copy
import json
from typing import Any

from tests.engine.cli.conftest import SHOP, CommandLine


def changed(**fields: Any) -> dict[str, Any]:
    """The shop with other fields of its orders; None takes one away."""
    document = copy.deepcopy(SHOP)
    own = document["tables"]["orders"]["fields"]
    for key, field in fields.items():
        own[key] = field
    document["tables"]["orders"]["fields"] = {key: field for key, field in own.items() if field is not None}
    return document


def test_settings_and_the_schema_need_no_store(bare: CommandLine) -> None:
    assert "FORMWORK_PORT=8000\n    Port the server listens on.\n" in bare("settings")
    assert {"name", "value", "default", "meaning"} == set(bare.json("settings")[0])
    assert "tables" in json.loads(bare("schema"))["properties"]


def test_check_tells_every_problem_at_its_place(formwork: CommandLine) -> None:
    assert formwork("check -", stdin=json.dumps(SHOP)) == "The definition is right.\n"
    wrong = changed(total={"type": "formula", "formula": "{amont} * 2"}, day={"type": "dat"})
    lines = formwork.refused("check -", stdin=json.dumps(wrong))
    assert [line.partition(": ")[0] for line in lines] == [
        "/tables/orders/fields/day/type",
        "/tables/orders/fields/total/formula",
    ]
    found = formwork.json("check -", 1, stdin=json.dumps(wrong))
    assert {one["severity"] for one in found} == {"error"}
    assert formwork.json("check -", stdin=json.dumps(SHOP)) == []


def test_files_that_are_no_definition(formwork: CommandLine) -> None:
    assert formwork.refused("check nope.json") == ["The file nope.json cannot be read: No such file or directory."]
    assert formwork.refused("check -", stdin="{") == ["-: This is no JSON: line 1, character 2."]
    assert formwork.refused("apply -", stdin='{"a": 1, "a": 2}') == ['-: The key "a" stands twice in one object.']
    assert formwork.refused("apply -", stdin='{"a": NaN}') == ["-: NaN is no number."]
    assert len(formwork.refused("apply -", stdin="[]")) == 1
    assert len(formwork.refused("plan -", stdin="{}")) > 1


def test_loss_is_counted_and_must_be_accepted(formwork: CommandLine) -> None:
    formwork("record create orders number=1 day=2026-03-01 amount=3")
    less = json.dumps(changed(day=None))
    says = "Removes Day from Orders; 1 records have a value there."
    assert formwork("plan -", stdin=less) == f"! {says}\n"
    assert formwork.json("plan -", stdin=less)["lost"] == 1
    assert formwork.refused("apply -", stdin=less) == [
        says,
        "Nothing was changed. If this is what you want, add --accept-loss.",
    ]
    assert formwork.json("apps")[0]["revision"] == 1
    assert formwork("apply - --accept-loss", stdin=less) == f"! {says}\n"
    assert formwork("apply -", stdin=less) == "It changes nothing.\n"
    formwork("restore shop 1")
    assert formwork.json("query orders")[0]["day"] == "2026-03-01"


def test_revisions(formwork: CommandLine) -> None:
    formwork("apply -", stdin=json.dumps(changed(note={"type": "text", "label": "Note"})))
    listed = formwork.json("revisions shop")
    newest = {"number": 2, "who": "Ada", "summary": ["Adds Note to Orders."]}
    assert newest.items() <= {key: listed[0][key] for key in newest}.items()
    assert formwork("compare shop 1 2") == "- Adds Note to Orders.\n"
    assert formwork.json("compare shop 1 2")[0]["does"] == "add_field"
    assert json.loads(formwork("export shop")) == changed(note={"type": "text", "label": "Note"})
    assert formwork.refused("apply - --revision 1", stdin=json.dumps(SHOP)) == [
        "Somebody changed this app meanwhile. Look at their change, then try again."
    ]
    assert formwork.refused("revisions nope") == ["The app nope is not installed."]
    assert formwork.refused("compare shop 1 9") == ["There is no revision 9 of shop."]
    assert formwork.refused("export nope") == ["The app nope is not installed."]


def test_remove_asks_before_records_go(formwork: CommandLine) -> None:
    formwork("record create customers name=Acme")
    assert "1 records" in formwork.refused("remove shop")[0]
    formwork("remove shop --accept-loss")
    assert formwork.json("apps") == []


def test_a_table_and_its_json_schema(formwork: CommandLine) -> None:
    schema = formwork.json("table-schema Customers")
    assert schema["properties"]["name"]["type"] == "string"
    invoice = {
        "title": "Invoices",
        "type": "object",
        "required": ["no"],
        "properties": {
            "no": {"type": "string"},
            "due": {"type": "string", "format": "date"},
            "parts": {"type": "array", "items": {"type": "object", "properties": {"what": {"type": "string"}}}},
            "odd": {"type": "null"},
        },
    }
    printed = formwork("table-from-schema invoice.json", files={"invoice.json": json.dumps(invoice)})
    assert list(json.loads(printed)["tables"]) == ["invoice", "invoice_parts"]
    assert "/properties/odd" in formwork.last.complained
    added = formwork.json("table-from-schema - --key bills --app shop", stdin=json.dumps(invoice))
    assert added["addresses"] == ["shop.bills", "shop.bills_parts"]
    formwork("record create bills no=1 due=2026-03-01")
    *_left, line = formwork.refused("table-from-schema - --key bills --app shop", stdin=json.dumps(invoice))
    assert line == "/tables/bills: The app shop has a table bills already. Choose another --key."
    assert formwork.refused("table-from-schema -", 2, stdin="{}")
    assert formwork.refused("table-from-schema x.json", files={"x.json": "[]"})


def test_templates(formwork: CommandLine) -> None:
    assert {"crm", "orders", "after_sales"} <= {one["key"] for one in formwork.json("template list")}
    assert formwork.json("template show orders")["key"] == "orders"
    assert "Sample" in formwork("template show orders")
    assert formwork.refused("template show nope") == ["There is no template nope."]
    assert formwork.refused("install orders --bind customer", 2)
    (line,) = formwork.refused("install orders --bind nobody=shop.customers")
    assert line.startswith("/requires/nobody: It requires nothing that is called nobody.")
    (line,) = formwork.refused("install orders --bind customer=shop.orders")
    assert line.startswith("/bindings/customer: shop.orders cannot serve here.")
    made = formwork.json("install orders --no-samples")
    assert made == {"app": "orders", "samples": {"currencies": 3}}  # what the app cannot work without comes always
    assert formwork.refused("install orders") == ["Orders is installed already."]
    assert formwork("verify") == "All computed values and links are right.\n"
