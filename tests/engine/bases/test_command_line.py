"""A base comes in at the command line: looked at first, then brought in, anew, and taken back."""

from __future__ import annotations

import shlex

from engine.cli.run import run
from tests.engine.bases.test_bringing import SHOP
from tests.support.base_server import Here, There
from tests.support.terminal import FakeTerminal


def typed(here: Here, words: str, token: str = "", code: int = 0) -> FakeTerminal:
    """What a command printed; its standard input is the token."""
    terminal = FakeTerminal({"-": f"{token}\n".encode()})
    assert run(shlex.split(words), terminal, settings=here.means.settings, stores=here.stores) == code, (
        terminal.complained
    )
    return terminal


def test_a_base_is_looked_at_brought_in_anew_and_taken_back(there: There, here: Here) -> None:
    there.install(SHOP)
    there.create("sales.firms", {"name": "Acme"}, {"name": "Bolt"})
    offered = typed(here, "base offered --token-file - --json", there.token).json
    assert offered == [{"id": "sales", "name": "Sales"}]
    looked = typed(here, "base import sales --dry-run --token-file -", there.token)
    assert "multipleRecordLinks" in looked.printed
    assert "Firms: 2 records" in looked.complained
    assert typed(here, "base list").complained == "No base was brought in yet.\n"
    done = typed(here, "base import sales --token-file - --json", there.token).json
    assert (done["app"], done["records"]["firms"]["new"], done["state"]) == ("sales", 2, "done")
    there.create("sales.firms", {"name": "Core"})
    again = typed(here, "base import sales --into sales --token-file - --json", there.token).json
    assert again["records"]["firms"] == {"new": 1, "changed": 0, "same": 2, "conflict": 0, "refused": 0}
    typed(here, f"undo {again['id']}")
    assert [one["name"] for one in here.table("sales.firms")] == ["Acme", "Bolt"]
    assert typed(here, f"undo {done['id']} --json").json["state"] == "undone"
    assert "sales" not in typed(here, "apps --json").printed


def test_a_wrong_token_and_a_base_that_is_not_there_are_told(there: There, here: Here) -> None:
    assert "does not know this token" in typed(here, "base offered --token-file -", "patwrong", code=1).complained
    there.install(SHOP)
    said = typed(here, "base import appNothing --token-file -", there.token, code=1).complained
    assert "There is no such base" in said
    assert "Give the token with --token-file." in typed(here, "base offered", code=2).complained
