"""The picker of a limited link offers what fits, with what the form holds by then."""

from __future__ import annotations

from typing import Any

from engine import apps, records
from engine.queries import Query
from tests.web import shop
from tests.web.pages.conftest import HTMX, Work, text_of

TABLES: dict[str, Any] = {
    "firms": {"title": "name", "fields": {"name": {"type": "text"}}},
    "people": {
        "title": "name",
        "fields": {"name": {"type": "text"}, "firm": {"type": "link", "to": "firms"}},
    },
    "calls": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "firm": {"type": "link", "to": "firms"},
            "whom": {
                "type": "link",
                "to": "people",
                "where": {"field": "firm", "op": "is", "value": "={record.firm}"},
            },
            "called": {"type": "snapshot", "through": "whom", "field": "name"},
        },
    },
}


def test_only_people_of_the_chosen_firm_are_offered_and_names_are_copied_when_asked(work: Work) -> None:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, {"formwork": 1, "key": "desk", "label": "Desk", "tables": TABLES})
        one, two = records.create(session, "desk.firms", [{"name": "One"}, {"name": "Two"}])
        ann, _ben = records.create(session, "desk.people", [{"name": "Ann", "firm": one}, {"name": "Ben", "firm": two}])
        (call,) = records.create(session, "desk.calls", [{"name": "First", "firm": one, "whom": ann}])
    address = "/apps/desk/calls/choices/whom"
    assert "Ann" in text_of(work.get(f"{address}?firm={one}", **HTMX))
    assert "Ben" not in text_of(work.get(f"{address}?firm={one}", **HTMX))
    assert "Ann" not in text_of(work.get(address, **HTMX))
    form = work.get(f"/apps/desk/calls/records/{call}").text
    assert 'data-takes="firm"' in form
    assert f'<option value="{ann}" selected>Ann</option>' in form
    assert ">Ben</option>" not in form
    editor = work.get(f"/apps/desk/calls/views/all/cells/{call}/whom", **HTMX).text
    assert f"{address}?firm={one}" in editor
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        records.update(session, "desk.people", {ann: {"name": "Anna"}})
    assert "Ann" in text_of(work.get(f"/apps/desk/calls/records/{call}"))
    answer = work.post(f"/apps/desk/calls/records/{call}/copies")
    assert "Copied anew." in text_of(answer)
    (found,) = work.find(Query("desk.calls"))
    assert found.values["called"] == "Anna"
