"""The revisions of an app, definitions brought as JSON, tables from a JSON Schema."""

from __future__ import annotations

import copy
import html
import json
import re
from typing import Any

from httpx2 import Response

from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import Work, text_of

REVISIONS = "/apps/shop/-/revisions"
SCHEMA = {
    "title": "Order",
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "string"},
        "placedOn": {"type": "string", "format": "date"},
        "meta": {"type": "null"},
        "lines": {"type": "array", "items": {"properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}}}},
    },
}


def without_notes(acts: Acts) -> dict[str, Any]:
    """The shop without the field `notes` and what names it."""
    document = copy.deepcopy(dict(acts.document()))
    del document["tables"]["deals"]["fields"]["notes"]
    form = document["tables"]["deals"]["forms"]["enquiry"]
    form["fields"] = [one for one in form["fields"] if one == "title" or one == "state"]
    del document["automations"]["won"]["steps"]["mark"]["values"]["notes"]
    return document


def planned(acts: Acts, document: Any) -> Response:
    return acts.post("/definitions", text=document if isinstance(document, str) else json.dumps(document))


def do_it(acts: Acts, plan: Response) -> Response:
    """Press the button of the plan's page."""
    revision = re.search(r'name="revision" value="(\d+)"', plan.text)
    text = re.search(r'<textarea name="document" hidden>(.*?)</textarea>', plan.text, re.DOTALL)
    assert revision
    assert text
    return acts.post("/definitions/applications", revision=revision[1], document=html.unescape(text[1]))


def test_revisions_say_what_changed(acts: Acts) -> None:
    acts.apply(lambda document: document["tables"]["tags"]["fields"].update(size={"type": "number", "label": "Size"}))
    text = text_of(acts.get(REVISIONS))
    assert "Revision 2 now Ada" in text
    assert "Adds Size to Tag." in text
    assert "The app as it was installed." in text


def test_two_revisions_are_compared(acts: Acts) -> None:
    acts.apply(lambda document: document["tables"]["tags"]["fields"].update(size={"type": "number", "label": "Size"}))
    acts.apply(lambda document: document["tables"]["tags"]["fields"].pop("size"))
    assert "Removes Size from Tag" in text_of(acts.get(f"{REVISIONS}/3"))
    assert "No change of tables, fields or rules." in text_of(acts.get(f"{REVISIONS}/3?against=1"))
    assert "Removes Size from Tag" in text_of(acts.get(f"{REVISIONS}/1?against=2"))
    assert acts.get(f"{REVISIONS}/9").status_code == 404


def test_the_definition_is_downloaded(acts: Acts) -> None:
    answer = acts.get(f"{REVISIONS}/1/definition.json")
    assert answer.headers["content-disposition"].startswith('attachment; filename="shop-1.json";')
    assert json.loads(answer.text) == acts.document()


def test_what_restoring_takes_away_is_counted_first(acts: Acts) -> None:
    acts.apply(lambda document: document["tables"]["deals"]["fields"].update(size={"type": "number", "label": "Size"}))
    deal = acts.deals()[0]
    acts.post(f"/apps/shop/deals/records/{deal.id}", size="5", seen=str(deal.values["updated_at"]))
    plan = acts.get(f"{REVISIONS}/1/restoration")
    assert "1 value or record would be taken away." in text_of(plan)
    assert "Removes Size from Deal; 1 records have a value there." in text_of(plan)
    restored = acts.post(f"{REVISIONS}/1/restoration")
    assert "Revision 1 is restored." in text_of(restored)
    assert "size" not in acts.document()["tables"]["deals"]["fields"]
    undo = re.search(r'action="[^"]+(/apps/shop/-/revisions/2/restoration)"', restored.text)
    assert undo
    acts.post(undo[1])
    assert acts.deals()[0].values["size"] == 5


def test_members_read_revisions_but_restore_nothing(acts: Acts, member: Work) -> None:
    assert member.get(REVISIONS).status_code == 200
    assert member.get(f"{REVISIONS}/1/restoration").status_code == 403
    assert member.post(f"{REVISIONS}/1/restoration").status_code == 403
    assert member.get("/definitions/new").status_code == 403
    assert member.post("/definitions", text="{}").status_code == 403


def test_a_changed_definition_is_planned_then_applied(acts: Acts) -> None:
    plan = planned(acts, without_notes(acts))
    text = text_of(plan)
    assert "A change of Shop. Nothing is done yet." in text
    assert "Removes notes from Deal; 0 records have a value there." in text
    assert "notes" in acts.document()["tables"]["deals"]["fields"]
    done = do_it(acts, plan)
    assert "Shop is changed." in text_of(done)
    assert "notes" not in acts.document()["tables"]["deals"]["fields"]


def test_every_problem_is_told_at_its_place_and_the_text_kept(acts: Acts) -> None:
    document = copy.deepcopy(dict(acts.document()))
    document["tables"]["deals"]["fields"]["state"]["choices"] = {}
    document["tables"]["tags"]["fields"]["name"]["type"] = "txet"
    answer = planned(acts, document)
    assert answer.status_code == 422
    assert "<code>/tables/deals/fields/state/choices</code>" in answer.text
    assert "<code>/tables/tags/fields/name/type</code>" in answer.text
    assert "txet" in answer.text.partition('<textarea class="form-control is-code"')[2]
    assert "definitions/applications" not in answer.text


def test_what_is_no_definition_is_told(acts: Acts) -> None:
    for text, says in (
        ("", "Choose a file, or paste its text."),
        ('{"a": ', "This is no JSON: line 1"),
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "to put right"),
        ('{"key": ["x"]}', "to put right"),
    ):
        answer = planned(acts, text)
        assert answer.status_code == 422
        assert says in text_of(answer)


def test_a_change_made_meanwhile_is_not_overwritten(acts: Acts) -> None:
    plan = planned(acts, without_notes(acts))
    acts.apply(lambda document: document.update(label="Our shop"))
    answer = do_it(acts, plan)
    assert answer.status_code == 409
    assert acts.document()["label"] == "Our shop"


def test_a_new_app_is_brought_as_a_file(acts: Acts) -> None:
    tables = {"tests": {"label": "Test", "title": "name", "fields": {"name": {"type": "text"}}}}
    document = {"formwork": 1, "key": "lab", "label": "Lab", "version": "1.0.0", "tables": tables}
    files = {"file": ("lab.json", "\ufeff" + json.dumps(document), "application/json")}
    data = {"form_token": acts.visitor.token("/account")}
    plan = acts.visitor.post(f"{acts.at}/definitions", data=data, files=files)
    assert "Installs Lab." in text_of(plan)
    assert do_it(acts, plan).url.path == f"{acts.at}/apps/lab"


def test_a_schema_becomes_tables_and_says_what_it_left_out(acts: Acts) -> None:
    plan = acts.post("/definitions/schemas", text=json.dumps(SCHEMA), app="shop", label="Web orders")
    text = text_of(plan)
    for words in (
        "Adds the table Web orders.",
        "Placed on",
        "Link → Web orders",
        "Values of type null are not taken over.",
    ):
        assert words in text
    assert "<code>/properties/meta</code>" in plan.text
    do_it(acts, plan)
    tables = acts.document()["tables"]
    assert tables["web_orders"]["fields"]["number"]["required"] is True
    assert tables["web_orders_lines"]["fields"]["web_orders"]["to"] == "web_orders"
    assert acts.get("/apps/shop/web_orders/views/all").status_code == 200


def test_a_schema_becomes_an_app_of_its_own(acts: Acts) -> None:
    plan = acts.post("/definitions/schemas", text=json.dumps(SCHEMA), app="")
    assert "Installs Order." in text_of(plan)
    assert do_it(acts, plan).url.path == f"{acts.at}/apps/order"


def test_what_is_no_schema_is_told_at_its_place(acts: Acts) -> None:
    answer = acts.post("/definitions/schemas", text='{"properties": {"a": {"type": "strin"}}}', label="Kept")
    assert answer.status_code == 422
    assert "<code>/properties/a/type</code>" in answer.text
    assert 'value="Kept"' in answer.text
    assert acts.post("/definitions/schemas", text='{"type": "string"}').status_code == 422
    assert acts.get("/definitions/schemas/new?app=shop").status_code == 200
