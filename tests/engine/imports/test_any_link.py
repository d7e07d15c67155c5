"""Cells of a file that name a record of any of several tables."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

from engine import exports
from engine.access.principals import Principal
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.text import label_in
from engine.verifying import verify
from tests.engine.imports.test_imports import Desk
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "firms": {"label": "Firms", "title": "name", "fields": {"name": {"type": "text"}}},
    "leads": {"label": "Leads", "title": "name", "fields": {"name": {"type": "text"}}},
    "tasks": {
        "title": "no",
        "fields": {
            "no": {"type": "text"},
            "about": {"type": "any_link", "label": "About", "to": ["firms", "leads", "tasks"], "inverse": "tasks"},
            "says": {"type": "formula", "formula": '"on " & {about}'},
        },
    },
}
FILE = """no,about
1,Acme
2,eva
3,Same
4,Nobody
5,1
6,
"""


def test_names_are_looked_for_in_all_tables_and_must_mean_one_record(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    desk = Desk(workspace, owner)
    (acme, _same) = desk.create("shop.firms", {"name": "Acme"}, {"name": "Same"})
    (eva, _same) = desk.create("shop.leads", {"name": "Eva"}, {"name": "Same"})
    # Missing records are not made: nothing says in which table.
    columns = {"no": "no", "about": {"field": "about", "unknown": "create"}}
    done = desk.bring(FILE, "shop.tasks", columns)
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (4, 2)
    assert [says for _line, _kind, _field, says in desk.told(done)] == [
        "2 are called Same.",
        "No record that About may lead to is called Nobody.",
    ]
    made = {one["no"]: one for one in desk.all("shop.tasks")}
    assert {no: one["about"] for no, one in made.items()} == {"1": acme, "2": eva, "5": made["1"]["id"], "6": None}
    assert {no: one["says"] for no, one in made.items()} == {"1": "on Acme", "2": "on Eva", "5": "on 1", "6": "on "}
    with workspace.read(owner) as session:
        assert verify(session) == []

    done = desk.bring("no,about\n1,Eva\n2,Eva\n", "shop.tasks", {"no": "no", "about": "about"}, match=["no"])
    assert done.counts is not None
    assert (done.counts["changed"], done.counts["same"]) == (1, 1)
    desk.undo(done)
    assert {one["no"]: one["about"] for one in desk.all("shop.tasks")}["1"] == acme


def test_several_are_named_in_one_cell_and_what_is_taken_along_comes_back(
    workspace: Workspace, owner: Principal
) -> None:
    tables = copy.deepcopy(TABLES)
    tables["tasks"]["fields"]["about"]["many"] = True
    install(workspace, owner, tables)
    desk = Desk(workspace, owner)
    (acme, _same) = desk.create("shop.firms", {"name": "Acme, Ltd"}, {"name": "Same"})
    (eva, _same) = desk.create("shop.leads", {"name": "Eva"}, {"name": "Same"})
    done = desk.bring(
        'no,about\n1,"Eva, ""Acme, Ltd"""\n2,Eva; Nobody\n3,\n4,"eva;Same"\n',
        "shop.tasks",
        {"no": "no", "about": "about"},
    )
    assert done.counts is not None
    assert (done.counts["new"], done.counts["refused"]) == (2, 2)
    made = {one["no"]: one for one in desk.all("shop.tasks")}
    assert {no: (one["about"], one["says"]) for no, one in made.items()} == {
        "1": ([eva, acme], "on Eva, Acme, Ltd"),
        "3": ([], "on "),
    }
    read, write = partial(workspace.read, owner), partial(workspace.write, owner)
    wanted = Query("shop.tasks", sort=["no"], fields=["no", "about"])
    taken = b"".join(exports.export(read, write, wanted, "csv", partial(label_in, language="en")).pieces)
    again = desk.bring(taken, "shop.tasks", {"No": "no", "About": "about"}, match=["no"])
    assert again.counts is not None
    assert (again.counts["same"], again.counts["refused"]) == (2, 0)
