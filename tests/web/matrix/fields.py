"""What programs see and set of the fields of records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.web.matrix import policy
from tests.web.matrix.asking import Ask, Crowd
from tests.web.matrix.policy import FIELDS

TABLES = {"mine": "accounts", "unclaimed": "accounts", "tag": "tags", "deal": "deals"}
RECORD = "/v0/{app}/{table}/{record}"


@dataclass(frozen=True)
class FieldCell:
    """Somebody, a field of a record, and what is to come of it: `no`, `seen`, or `set` where it may be set, too."""

    who: str
    field: str
    record: str
    expected: str

    def found(self, crowd: Crowd) -> str:
        """What comes of it. Nothing is kept by whoever calls it inside `taken_back`."""
        ids = crowd.place.here.ids
        known = {"app": "crm", "table": TABLES[self.record], "record": ids[self.record]}
        read = crowd.asks(self.who, Ask("GET", RECORD, known, query={"returnFieldsByFieldId": "true"}))
        seen = read.status_code == 200 and self.field in read.json()["fields"]
        given = {"fields": {self.field: _value(ids, self.field)}}
        is_set = crowd.asks(self.who, Ask("PATCH", RECORD, known, json=given)).status_code == 200
        return ("set" if seen else "set unseen") if is_set else ("seen" if seen else "no")


def cells() -> Iterator[FieldCell]:
    """All of the page."""
    for act, outcomes in policy.read().acts[FIELDS].items():
        field, _of, record = act.partition(" of ")
        for who, expected in outcomes.items():
            yield FieldCell(who, field, record, expected)


def _value(ids: dict[str, str], field: str) -> Any:
    values = {"owner": ids["user"], "claimed": True, "credit": 3, "level": "b", "tags": [ids["unused tag"]]}
    return values.get(field, "won" if field == "stage" else "Set")
