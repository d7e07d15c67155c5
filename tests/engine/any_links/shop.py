"""What the tests of links to any of several tables share: calls about accounts and leads, with notes on them."""

from __future__ import annotations

from typing import Any

from engine import records
from engine.access.principals import Principal
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify

TABLES: dict[str, Any] = {
    "accounts": {
        "label": "Account",
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "last": {"type": "rollup", "through": "activities", "field": "day", "function": "latest"},
            "calls": {"type": "count", "through": "activities"},
        },
    },
    "leads": {
        "label": "Lead",
        "title": "called",
        "fields": {
            "first": {"type": "text"},
            "number": {"type": "number"},
            "called": {"type": "formula", "formula": '{first} & " #" & {number}'},
            "calls": {"type": "count", "through": "activities"},
        },
    },
    "activities": {
        "title": "subject",
        "fields": {
            "subject": {"type": "text"},
            "day": {"type": "date"},
            "about": {"type": "any_link", "to": ["accounts", "leads"], "inverse": "activities"},
            "says": {"type": "formula", "formula": '{subject} & ": " & {about}'},
            "kind": {"type": "formula", "formula": 'IF({about.table} = "leads", "new", {about.table})'},
            "link": {"type": "formula", "formula": "{about.id}"},
        },
    },
    "notes": {
        "title": "text",
        "fields": {
            "text": {"type": "text"},
            "activity": {"type": "link", "to": "activities"},
            "of": {"type": "formula", "formula": '"of " & {activity.about}'},
            "about": {"type": "lookup", "through": "activity", "field": "about"},
        },
    },
}


def held(crm: Workspace, owner: Principal, table: str, record_id: str) -> dict[str, Any]:
    with crm.read(owner) as session:
        assert verify(session) == []
        return records.get(session, f"shop.{table}", record_id).values


def change(crm: Workspace, owner: Principal, table: str, record_id: str, **values: Any) -> str:
    with crm.write(owner) as session:
        records.update(session, f"shop.{table}", {record_id: values})
        return session.transaction_id


def found(crm: Workspace, owner: Principal, *conditions: Any, sort: str = "subject") -> list[str]:
    with crm.read(owner) as session:
        page = records.find(session, Query("shop.activities", where=conditions, sort=[sort]))
        return [one.values["subject"] for one in page.records]
