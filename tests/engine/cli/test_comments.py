"""Comments from the command line."""

from __future__ import annotations

from tests.engine.cli.conftest import CommandLine


def test_comments_are_added_listed_changed_and_deleted(formwork: CommandLine) -> None:
    made = formwork.json("record create shop.customers name=Acme")
    record = made["ids"][0]
    comment = formwork.json(f"comment add shop.customers {record} 'Called @ada@example.com'")
    assert comment["text"].startswith("Called @[usr")
    assert "Called @" in formwork(f"comment list shop.customers {record}")
    formwork(f"comment change shop.customers {record} {comment['id']} 'Called twice'")
    (found,) = formwork.json(f"comment list shop.customers {record}")
    assert found["text"] == "Called twice"
    formwork(f"comment delete shop.customers {record} {comment['id']}")
    assert formwork.json(f"comment list shop.customers {record}") == []


def test_what_there_is_not(formwork: CommandLine) -> None:
    says = ["There is no record rec00000000000000 (any more)."]
    assert formwork.refused("comment list shop.customers rec00000000000000") == says
    assert formwork.refused("comment add shop.customers rec00000000000000 Hello") == says
