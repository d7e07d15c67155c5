"""Cells of a file that become lists, durations, times, JSON and places."""

from __future__ import annotations

from engine import departments
from engine.access.principals import Principal
from engine.storage.stores import Workspace
from tests.engine.imports.test_imports import Desk
from tests.support.workspaces import OWNER_ID, install

CHOICES = {"red": {"label": "Red"}, "blue": {"label": {"en": "Blue", "zh": "蓝"}}}
FIELDS = {
    "name": {"type": "text"},
    "tags": {"type": "multi_select", "choices": CHOICES},
    "team": {"type": "users"},
    "took": {"type": "duration"},
    "at": {"type": "time"},
    "done": {"type": "progress", "decimals": 0},
    "data": {"type": "json"},
    "place": {"type": "location"},
}
FILE = """name;tags;team;took;at;done;data;place
a;蓝, Red;Ada;1:30;2:30 pm;40%;"{""a"": 1}";Helsinki (60.17, 24.94)
b;Red, Pink;Nobody;;;;;
"""


def test_departments_are_found_by_name_and_by_path(workspace: Workspace, owner: Principal) -> None:
    fields = {"name": {"type": "text"}, "department": {"type": "department"}}
    install(workspace, owner, {"things": {"title": "name", "fields": fields}})
    with workspace.write(owner) as session:
        sales, service = (departments.create(session, name) for name in ("Sales", "Service"))
        east, other = (departments.create(session, "East", one) for one in (sales, service))
    desk = Desk(workspace, owner)
    file = "name,department\na,sales\nb,Sales / East\nc,Service/East\nd,East\ne,Servise\nf,\n"
    held = desk.start(file, "shop.things", "things.csv")
    desk.preview(desk.choose(held, desk.suggested(held)))
    done = desk.run(held)
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (4, 2)
    assert done.counts["unknown"] == {"department": [{"value": "Servise", "rows": 1, "suggestion": "Service"}]}
    found = {one["name"]: one["department"] for one in desk.all("shop.things")}
    assert found == {"a": sales, "b": east, "c": other, "f": None}


def test_cells_are_read_as_their_fields_hold_them(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, {"things": {"title": "name", "fields": FIELDS}})
    desk = Desk(workspace, owner)
    held = desk.start(FILE, "shop.things", "things.csv")
    mapping = desk.suggested(held)
    mapping["columns"]["tags"]["unknown"] = "create"
    desk.preview(desk.choose(held, mapping))
    done = desk.run(held)
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (1, 1)
    (a,) = desk.all("shop.things")
    assert {key: a[key] for key in FIELDS} == {
        "name": "a",
        "tags": ["red", "blue"],
        "team": [OWNER_ID],
        "took": 5400,
        "at": "14:30:00",
        "done": 0.4,
        "data": {"a": 1},
        "place": {"lat": 60.17, "lng": 24.94, "label": "Helsinki"},
    }
    with workspace.read(owner) as session:
        choices = session.layout.table("shop.things").fields["tags"].choices
    assert [str(one["label"]) for one in choices.values()][-1] == "Pink"
