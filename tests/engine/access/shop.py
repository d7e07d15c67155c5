"""A sales app with roles, and the people who have them."""

from __future__ import annotations

import copy
from typing import Any

from engine.access.principals import person
from engine.people import Person

ANA, REP, LEA, GUS, NEW = "usrAna", "usrRep", "usrLea", "usrGus", "usrNew"
PEOPLE = [
    Person(ANA, "Ana", "ana@example.com", "owner"),
    Person(REP, "Rep", "rep@example.com", "member"),
    Person(LEA, "Lea", "lea@example.com", "member"),
    Person(GUS, "Gus", "gus@example.com", "guest"),
    Person(NEW, "New", "new@example.com", "member"),
]
AS_ANA, AS_REP, AS_LEA = person(ANA, "owner"), person(REP), person(LEA)
AS_GUS, AS_NEW = person(GUS, "guest"), person(NEW)

MINE = "={owner} = ME()"
APP: dict[str, Any] = {
    "formwork": 1,
    "key": "crm",
    "label": "CRM",
    "tables": {
        "accounts": {
            "label": "Accounts",
            "title": "name",
            "fields": {
                "name": {"type": "text", "required": True},
                "owner": {"type": "user", "default": "=ME()"},
                "phone": {"type": "text"},
                "claimed": {"type": "checkbox"},
                "credit": {"type": "number"},
                "level": {"type": "select", "choices": {"a": {"label": "A"}, "b": {"label": "B"}}},
                "twice": {"type": "formula", "formula": "{credit} * 2"},
                "rating": {"type": "formula", "formula": 'IF({credit} > 100, "good", "poor")', "released": True},
                "won": {"type": "rollup", "through": "deals", "field": "amount", "function": "sum"},
                "tags": {"type": "link", "to": "tags", "many": True, "inverse": "accounts"},
            },
            "views": {
                "all": {"type": "grid"},
                "rich": {"type": "grid", "filter": {"field": "credit", "op": "greater", "value": 5}},
                "board": {"type": "kanban", "by": "level"},
            },
        },
        "deals": {
            "label": "Deals",
            "title": "title",
            "fields": {
                "title": {"type": "text", "required": True},
                "amount": {"type": "number"},
                "account": {"type": "link", "to": "accounts", "inverse": "deals"},
                "account_name": {"type": "lookup", "through": "account", "field": "name"},
                "stage": {
                    "type": "status",
                    "choices": {"open": {"label": "Open"}, "won": {"label": "Won"}, "paid": {"label": "Paid"}},
                    "transitions": {"open": ["won"], "won": ["open", {"to": "paid", "by": ["lead"]}]},
                },
            },
        },
        "tags": {"label": "Tags", "fields": {"name": {"type": "text"}}},
        "secrets": {"label": "Secrets", "fields": {"name": {"type": "text"}}},
    },
    "roles": {
        "rep": {
            "label": "Sales rep",
            "tables": {
                "accounts": {
                    "read": MINE,
                    "create": MINE,
                    "update": MINE,
                    "fields": {"credit": "hidden", "phone": "={claimed}", "level": "read_only"},
                },
                "deals": {"read": True, "create": True, "update": True, "delete": True},
                "tags": {"read": True},
            },
        },
        "lead": {"label": "Team lead", "tables": {"*": {"read": True, "create": True, "update": True, "delete": True}}},
        "looker": {"label": "Looker", "default": True, "tables": {"tags": {"read": True}}},
    },
}


def app(**roles: Any) -> dict[str, Any]:
    """The app, with roles replaced or added; None takes one away."""
    changed = copy.deepcopy(APP)
    changed["roles"].update(roles)
    changed["roles"] = {key: one for key, one in changed["roles"].items() if one is not None}
    return changed
