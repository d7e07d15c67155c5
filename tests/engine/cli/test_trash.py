from __future__ import annotations

import json
from typing import Any

from tests.engine.cli.conftest import CommandLine

LEDGER: dict[str, Any] = {
    "formwork": 1,
    "key": "stock",
    "tables": {
        "entries": {
            "fields": {
                "item": {"type": "text"},
                "day": {"type": "date"},
                "quantity": {"type": "number"},
                "reversal_of": {"type": "link", "to": "entries"},
            },
            "ledger": {"date": "day", "amounts": ["quantity"], "by": ["item"], "reversal": "reversal_of"},
        }
    },
}


def test_what_was_deleted_is_listed_restored_and_purged(formwork: CommandLine) -> None:
    assert formwork.json("trash list") == []
    (record,) = formwork.json("record create customers name=Acme")["ids"]
    formwork(f"record delete customers {record}")
    (thing,) = formwork.json("trash list")
    assert (thing["kind"], thing["name"], thing["of"], thing["who"]) == ("record", "Acme", "shop.customers", "Ada")
    assert formwork.json(f"trash restore {thing['id']}")["ids"] == [record]
    formwork(f"record delete customers {record}")
    assert formwork.json("trash purge --everything")["count"] == 1
    assert formwork.refused(f"trash restore {thing['id']}") == [f"{thing['id']} is not in the trash (any more)."]


def test_entries_are_reversed_and_added_up(formwork: CommandLine) -> None:
    formwork("apply -", stdin=json.dumps(LEDGER))
    (first,) = formwork.json("record create entries item=Nut day=2026-01-05 quantity=5")["ids"]
    formwork("record create entries item=Bolt day=2026-02-05 quantity=2")
    assert formwork.json("ledger balances entries --by item --as-of 2026-01-31") == [
        {"item": "Nut", "count": 1, "quantity": 5}
    ]
    assert "Nut" in formwork("ledger balances entries --by Item --as-of 2026-01-31")  # by its label, too
    (told,) = formwork.refused("ledger balances entries --as-of 2026-02-30")
    assert told.startswith("/as_of: This must be a day")
    formwork(f"ledger reverse entries {first}")
    assert formwork.json("ledger balances entries") == [{"count": 3, "quantity": 2}]
    assert "Nut" in formwork("ledger balances entries --by item")
    assert formwork.refused(f"ledger reverse entries {first}") == ["/0/reversal_of: This entry is reversed already."]
