"""What was before, of fields that hold lists and objects."""

from __future__ import annotations

from tests.support.house import TABLES, House

FIELDS = {
    "name": {"type": "text"},
    "tags": {"type": "multi_select", "choices": {"red": {"label": "Red"}, "blue": {"label": "Blue"}}},
    "place": {"type": "location"},
    "was": {"type": "text"},
    "copied": {"type": "multi_select", "choices": {"red": {"label": "Red"}, "blue": {"label": "Blue"}}},
}


def test_steps_know_lists_and_places_as_they_were(house: House) -> None:
    values = {
        "was": '=ARRAYJOIN({previous.tags}, "+") & " at " & {previous.place} & ", now " & {place}',
        "copied": "={tags}",
    }
    automation = {
        "trigger": {"type": "record_updated", "table": "things", "fields": ["tags"]},
        "steps": {"tell": {"action": "update_record", "values": values}},
    }
    house.install({"a": automation}, tables={**TABLES, "things": {"title": "name", "fields": FIELDS}})
    thing = house.create("things", name="a", tags=["red", "blue"], place={"label": "Home"})
    house.update("things", thing, tags=["blue"], place={"label": "Work"})
    house.work()
    found = house.get("things", thing)
    assert (found["was"], found["copied"]) == ("Red+Blue at Home, now Work", ["blue"])
