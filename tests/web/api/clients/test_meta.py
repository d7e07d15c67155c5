"""What pyairtable asks of bases, tables and fields, makes of them, and changes."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest
from pyairtable.models.schema import FieldType

from tests.web.api.clients.conftest import Started, refused


def test_who_and_what_there_is(client: pyairtable.Api, started: Started) -> None:
    me = client.whoami()
    assert (me["id"], me.get("email")) == (started.installation.owner.id, "ada@example.com")
    (base,) = client.bases()
    assert (base.id, base.name, base.permission_level) == ("shop", "Shop", "create")
    assert client.base("shop", validate=True).name == "Shop"
    assert [one.name for one in base.tables()] == ["Customers", "Orders/Sales", "Lists"]
    table = base.table("Orders/Sales", validate=True)
    assert (table.id, table.schema().primary_field_id) == ("orders", "number")
    assert base.table("Orders/Sales").id == "orders"
    assert [one.name for one in table.schema().views] == ["All", "Paid ones"]
    assert table.schema().view("Paid ones").visible_field_ids == ["number"]
    with pytest.raises(KeyError):
        base.table("Nothing", validate=True)


def test_every_field_has_a_schema_of_its_type(client: pyairtable.Api) -> None:
    for table in client.base("shop").schema().tables:
        for field in table.fields:
            assert field.type in {one.value for one in FieldType}
            assert type(field).__name__ != "UnknownFieldSchema", field


NEW: list[tuple[str, Any]] = [
    ("singleLineText", None),
    ("multilineText", None),
    ("richText", None),
    ("email", None),
    ("url", None),
    ("phoneNumber", None),
    ("barcode", None),
    ("autoNumber", None),
    ("singleCollaborator", None),
    ("multipleCollaborators", None),
    ("multipleAttachments", {"isReversed": False}),
    ("checkbox", {"icon": "check", "color": "greenBright"}),
    ("number", {"precision": 3}),
    ("percent", {"precision": 1}),
    ("currency", {"precision": 2, "symbol": "€"}),
    ("rating", {"icon": "heart", "max": 7, "color": "yellowBright"}),
    ("duration", {"durationFormat": "h:mm:ss"}),
    ("date", {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}),
    (
        "dateTime",
        {
            "timeZone": "Europe/Helsinki",
            "dateFormat": {"name": "iso", "format": "YYYY-MM-DD"},
            "timeFormat": {"name": "24hour", "format": "HH:mm"},
        },
    ),
    (
        "singleSelect",
        {
            "choices": [
                {"id": "new", "name": "New", "color": "blueLight2"},
                {"id": "done", "name": "Done!", "color": "cyanLight2"},
            ]
        },
    ),
    ("multipleSelects", {"choices": [{"id": "choice_1", "name": "红", "color": "redLight2"}]}),
    ("formula", {"formula": "LEN({Name}) + 1"}),
]


def test_a_field_of_every_type_is_made_and_reads_as_it_was_asked_for(client: pyairtable.Api) -> None:
    table = client.table("shop", "Lists")
    table.schema()
    for kind, options in NEW:
        made = table.create_field(f"A {kind}", kind, f"About {kind}", options)
        assert (made.name, made.type, made.description) == (f"A {kind}", kind, f"About {kind}")
        answered = made.model_dump(by_alias=True).get("options") or {}
        assert {key: answered[key] for key in options or {}} == (options or {}), kind
    fields = {one.name: one for one in table.schema(force=True).fields}
    assert [name for name in fields if name.startswith("A ")] == [f"A {kind}" for kind, _options in NEW]
    record = table.create({"Name": "abc", "A currency": 1.5, "A singleSelect": "Done!", "A checkbox": True})
    assert record["fields"]["A formula"] == 4
    assert record["fields"]["A autoNumber"] == 1


def test_links_are_seen_from_both_sides(client: pyairtable.Api) -> None:
    base = client.base("shop")
    lists = base.table("Lists")
    link = lists.create_field("Buyers", "multipleRecordLinks", options={"linkedTableId": "customers"})
    assert link.type == "multipleRecordLinks"
    lists.create_field("How many", "count", options={"recordLinkFieldId": link.id})
    lists.create_field(
        "Codes", "multipleLookupValues", options={"recordLinkFieldId": link.id, "fieldIdInLinkedTable": "code"}
    )
    spent = {"recordLinkFieldId": link.id, "fieldIdInLinkedTable": "spent"}
    worth = lists.create_field("Worth", "rollup", options=spent)
    assert worth.type == "rollup"
    lists.create_field("Names", "rollup", options={**spent, "fieldIdInLinkedTable": "name", "function": "join"})
    assert refused(lists.create_field, "No", "rollup", options={**spent, "function": "guess"})[0] == 422
    side = base.schema(force=True).table("Customers").field("Lists")
    assert (side.type, side.options.is_reversed) == ("multipleRecordLinks", True)  # type: ignore[union-attr]
    acme = base.table("Customers").create({"Name": "Acme", "Code": "A"})
    made = lists.create({"Name": "x", "Buyers": [acme["id"]]})
    assert (made["fields"]["How many"], made["fields"]["Codes"]) == (1, ["A"])
    assert (made["fields"]["Worth"], made["fields"]["Names"]) == (0, "Acme")
    assert base.table("Customers").get(acme["id"])["fields"]["Lists"] == [made["id"]]
    side.name = "On lists"
    side.save()
    assert base.table("Customers").get(acme["id"])["fields"]["On lists"] == [made["id"]]
    lists.create_field("Others", "multipleRecordLinks", options={"linkedTableId": "lists"})


def test_a_table_is_made_renamed_and_described(client: pyairtable.Api) -> None:
    base = client.base("shop")
    fields: list[Any] = [
        {"name": "Título", "type": "singleLineText"},
        {"name": "Done", "type": "checkbox", "options": {}},
    ]
    table = base.create_table("To do", fields, "What there is to do")
    assert (table.id, table.schema().description) == ("to_do", "What there is to do")
    assert [(one.id, one.name) for one in table.schema().fields] == [("titulo", "Título"), ("done", "Done")]
    made = table.create({"Título": "First", "Done": True})
    schema = table.schema()
    schema.name, schema.description = "Tasks", "All of them"
    schema.save()
    assert base.table("Tasks").get(made["id"]) == made
    field = schema.field("Done")
    field.name, field.description = "Finished", "Tick it"
    field.save()
    assert base.schema(force=True).table("Tasks").field("Finished").description == "Tick it"
    assert base.table("Tasks").get(made["id"])["fields"] == {"Título": "First", "Finished": True}


def test_what_is_called_in_two_languages_changes_in_one(client: pyairtable.Api) -> None:
    schema = client.base("shop").schema().table("Customers")
    schema.name = "Clients"
    schema.save()
    assert client.table("shop", "客户").all() == client.table("shop", "Clients").all() == []


def test_a_base_is_made_and_taken_away(client: pyairtable.Api, started: Started) -> None:
    workspace = client.workspace(started.installation.membership.id)
    tables: list[Any] = [
        {"name": "Projects", "fields": [{"name": "Name", "type": "singleLineText"}]},
        {"name": "Steps", "description": "Of a project", "fields": [{"name": "Step", "type": "singleLineText"}]},
    ]
    base = workspace.create_base("My plans", tables)
    assert (base.id, base.name) == ("my_plans", "My plans")
    assert [one.name for one in base.tables()] == ["Projects", "Steps"]
    assert client.create_base(workspace.id, "My plans 2", tables[:1]).id == "my_plans_2"
    assert client.delete(base.urls.meta) == {"id": "my_plans", "deleted": True}
    assert [one.id for one in client.bases(force=True)] == ["shop", "my_plans_2"]


def test_a_view_is_taken_away(client: pyairtable.Api) -> None:
    base = client.base("shop")
    base.schema().table("orders").view("Paid ones").delete()
    assert [one.name for one in base.schema(force=True).table("orders").views] == ["All"]
    assert refused(base.schema().table("orders").view("All").delete)[0] == 422
    assert len(client.get(f"{base.urls.meta}/views")["views"]) == 3


def test_owners_are_told_who_may_use_a_base(client: pyairtable.Api, started: Started) -> None:
    bo = started.add_person("Bo")
    found = client.base("shop").collaborators()
    assert (found.name, found.workspace_id) == ("Shop", started.installation.membership.id)
    people = {one.email: one.permission_level for one in found.individual_collaborators.via_workspace}
    assert people == {"ada@example.com": "owner", "bo@example.com": "edit"}
    workspace = client.workspace(found.workspace_id).collaborators()
    assert (workspace.name, workspace.base_ids) == ("Acme", ["shop"])
    assert started.api(bo).base("shop").collaborators().individual_collaborators.via_workspace == []
    assert refused(client.workspace("wspElsewhere").collaborators) == (404, "NOT_FOUND")


def test_what_is_wrong_is_told_and_changes_nothing(client: pyairtable.Api, started: Started) -> None:
    base = client.base("shop")
    lists = base.table("Lists")
    before = base.schema(force=True).model_dump()
    wrong: list[tuple[str, str, Any]] = [
        ("Name", "singleLineText", None),
        (" ", "singleLineText", None),
        ("New", "nonsense", None),
        ("New", "createdTime", None),
        ("New", "number", {"precision": 9}),
        ("New", "currency", {"symbol": "?"}),
        ("New", "currency", {"symbol": "XXQ"}),
        ("New", "singleSelect", {"choices": []}),
        ("New", "singleSelect", None),
        ("New", "multipleRecordLinks", {"linkedTableId": "nothing"}),
        ("New", "multipleRecordLinks", None),
        ("New", "formula", {"formula": "{Nothing}"}),
        ("New", "rating", {"max": 99}),
        ("New", "dateTime", {"timeZone": "Mars/Olympus"}),
    ]
    for name, kind, options in wrong:
        assert refused(lists.create_field, name, kind, None, options)[0] == 422, (name, kind, options)
    assert refused(base.create_table, "Lists", [{"name": "A", "type": "date"}])[0] == 422
    assert refused(base.create_table, "New", [])[0] == 422
    assert refused(client.create_base, "wspElsewhere", "New", [])[0] == 404
    assert refused(client.create_base, started.installation.membership.id, "New", [])[0] == 422
    field = base.schema(force=True).table("Lists").field("Amount")
    field.name = "Name"
    assert refused(field.save)[0] == 422
    member = started.api(started.add_person("Bo"))
    assert refused(member.table("shop", "Lists").create_field, "New", "date", None, {})[0] == 403
    assert refused(member.base("shop").create_table, "New", [{"name": "A", "type": "date"}])[0] == 403
    assert refused(member.create_base, started.installation.membership.id, "New", [])[0] in (403, 422)
    assert base.schema(force=True).model_dump() == before
