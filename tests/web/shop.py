"""A small app with every kind of field that pages treat differently, and records in it."""

from __future__ import annotations

from typing import Any

from engine import apps, records
from engine.access.principals import Principal, person
from engine.storage.session import Session
from engine.storage.stores import Stores
from engine.workspaces import Membership

STATES = {
    "open": {"label": {"en": "Open", "zh": "进行中"}, "color": "blue"},
    "won": {"label": {"en": "Won", "zh": "赢单"}, "color": "green"},
    "lost": {"label": {"en": "Lost", "zh": "输单"}, "color": "red"},
}
SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": {"en": "Shop", "zh": "商店"},
    "version": "1.0.0",
    "icon": "shopping-cart",
    "color": "teal",
    "provides": {"customer": "customers"},
    "tables": {
        "customers": {
            "label": "Customer",
            "plural": "Customers",
            "title": "name",
            "fields": {
                "name": {"type": "text", "required": True, "unique": True},
                "city": {"type": "text"},
                "total": {"type": "rollup", "through": "deals", "field": "amount", "function": "sum"},
            },
            "views": {"all": {"type": "grid", "label": "All customers", "sort": ["name"], "totals": {"total": "sum"}}},
        },
        "tags": {"label": "Tag", "title": "name", "fields": {"name": {"type": "text", "required": True}}},
        "deals": {
            "label": {"en": "Deal", "zh": "交易"},
            "plural": {"en": "Deals", "zh": "交易"},
            "title": "title",
            "fields": {
                "title": {"type": "text", "required": True},
                "customer": {"type": "link", "to": "customers", "inverse": {"key": "deals", "label": "Deals"}},
                "state": {"type": "select", "choices": STATES, "default": "open"},
                "amount": {"type": "currency", "currency": "USD", "min": 0},
                "share": {"type": "percent"},
                "weighted": {"type": "formula", "formula": "{amount} * {share}"},
                "close": {"type": "date"},
                "called": {"type": "date_time"},
                "hot": {"type": "checkbox"},
                "owner": {"type": "user"},
                "tags": {"type": "link", "to": "tags", "many": True, "inverse": "deals"},
                "tag_names": {"type": "lookup", "through": "tags", "field": "name"},
                "notes": {"type": "long_text"},
            },
            "views": {
                "all": {"type": "grid", "label": {"en": "All deals", "zh": "全部"}, "sort": ["title"],
                        "totals": {"title": "count", "amount": "sum"}},
                "open": {"type": "grid", "label": "Open deals",
                         "filter": {"field": "state", "op": "is", "value": "open"}},
                "by_state": {"type": "grid", "label": "By state", "group": "state", "totals": {"amount": "sum"}},
                "board": {"type": "kanban", "label": "Board", "by": "state", "sum": "amount",
                          "fields": ["customer", "amount", "owner"]},
            },
        },
    },
}  # fmt: skip
DEALS, CUSTOMERS, TAGS = "shop.deals", "shop.customers", "shop.tags"


def install(stores: Stores, membership: Membership, who: str, deals: int = 3) -> None:
    """Put the shop with so many deals, a customer for every third, into a workspace."""
    with stores.workspace(membership.id).write(person(who, "owner")) as session:
        apps.apply(session, SHOP)
        add_deals(session, deals)


def add_deals(session: Session, count: int, first: int = 1) -> None:
    """Deals numbered from `first`: every third won, worth 100 times their number."""
    names = [f"Customer {first + n:03}" for n in range(0, count, 3)]
    customers = records.create(session, CUSTOMERS, [{"name": name} for name in names])
    tags = records.create(session, TAGS, [{"name": "urgent"}, {"name": "export"}]) if count else []
    given = [
        {
            "title": f"Deal {first + n:03}",
            "customer": customers[n // 3],
            "state": "won" if (first + n) % 3 == 0 else "open",
            "amount": 100 * (first + n),
            "share": 0.5,
            "close": "2026-03-01",
            "owner": session.principal.user_id,
            "tags": tags[: n % 3],
        }
        for n in range(count)
    ]
    if given:
        records.create(session, DEALS, given)


def principal(who: str) -> Principal:
    """The owner, for what tests look up in the store."""
    return person(who, "owner")
