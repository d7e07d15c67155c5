"""Departments on the command line."""

from __future__ import annotations

from engine import accounts
from tests.engine.cli.conftest import PASSWORD, CommandLine


def with_ben(formwork: CommandLine) -> CommandLine:
    workspace = formwork.json("workspace list")[0]["id"]
    ben = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD, "role": "member"}
    accounts.add_person(formwork.stores, workspace, **ben)
    return formwork


def test_departments_are_added_moved_renamed_and_removed(formwork: CommandLine) -> None:
    with_ben(formwork)
    assert formwork.json("department list") == []
    formwork("department add Sales --head ben@example.com")
    formwork("department add East --under Sales")
    made = formwork.json("department add Service")
    formwork("department rename 'sales / east' 'Far East'")
    formwork("department assign Service Ben --manager ada@example.com")
    listed = formwork.json("department list")
    assert [(one["path"], one["head"], one["people"]) for one in listed] == [
        ("Sales", "Ben", 0),
        ("Sales / Far East", None, 0),
        ("Service", None, 1),
    ]
    formwork(f"department move {made['id']} --place 1")
    assert formwork.json("department move 'Far East' --under -")["path"] == "Far East"
    assert formwork("department list").splitlines()[2].startswith("Service ")
    assert [one["name"] for one in formwork.json("department list")] == ["Service", "Sales", "Far East"]
    formwork("department assign Sales --head -")
    formwork("department remove 'Far East'")
    assert [(one["name"], one["head"]) for one in formwork.json("department list")] == [
        ("Service", None),
        ("Sales", None),
    ]


def test_what_is_wrong_is_said_in_words(formwork: CommandLine) -> None:
    with_ben(formwork)
    formwork("department add Sales")
    formwork("department assign Sales Ben")
    assert formwork.refused("department add sales") == ["/name: There is a department sales here already."]
    assert formwork.refused("department move Sales --under Sales") == [
        "/parent: It would lie under itself: Sales › Sales."
    ]
    assert formwork.refused("department rename Sale Selling") == ["No department is called Sale. Did you mean Sales?"]
    assert "Move them first" in formwork.refused("department remove Sales")[0]
    assert formwork.refused("department assign Sales Zoe") == ["Nobody here is called Zoe."]
    assert formwork.refused("department assign Sales", code=2)
    assert formwork.refused("department add Mine --as ben@example.com") == [
        "Only owners and builders can change this. Ask one of them."
    ]
