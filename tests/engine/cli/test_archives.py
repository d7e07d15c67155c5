"""An app taken along at the command line, and how far long work is."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from engine.cli import progress
from engine.cli.progress import shown
from engine.cli.run import run
from engine.text import _
from tests.engine.cli.conftest import CommandLine
from tests.support.terminal import FakeTerminal


def typed(command: CommandLine, words: str, files: dict[str, bytes]) -> FakeTerminal:
    terminal = FakeTerminal(files)
    assert run(shlex.split(words), terminal, settings=command.settings, stores=command.stores) == 0, terminal.complained
    return terminal


def test_an_app_is_taken_along_and_brought_in_beside_itself(formwork: CommandLine) -> None:
    formwork("record create shop.customers name=Acme")
    formwork("record create shop.orders number=1 amount=5")
    packed = typed(formwork, "archive shop", {}).written
    assert packed.startswith(b"PK")
    done = typed(formwork, "unarchive shop.zip --key copy --json", {"shop.zip": packed}).json
    assert (done["app"], done["records"]["orders"]) == ("copy", formwork.json("query shop.orders --count")["count"])
    said = typed(formwork, "unarchive shop.zip --key third", {"shop.zip": packed})
    assert "records have other ids here" in said.complained
    assert formwork.json("query copy.orders --count") == formwork.json("query shop.orders --count")
    assert formwork("verify") == "All computed values and links are right.\n"


def test_how_far_it_is_stands_on_one_line_where_a_person_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    seen, unseen = FakeTerminal(interactive=True), FakeTerminal()
    for terminal in (seen, unseen):
        with shown(terminal, _("Records"), 2_000) as tell:
            tell(500)
            tell(2_000)
    assert unseen.complained == ""
    first, second, cleared, end = seen.complained.split("\r")[1:]
    assert first == "Records [######------------------]  25% 500 / 2,000"
    assert second == "Records [########################] 100% 2,000 / 2,000"
    assert (cleared.strip(), end) == ("", "")
    assert len(cleared) >= len(second)
    assert seen.printed == ""


def test_where_the_end_is_unknown_only_the_count_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    terminal = FakeTerminal(interactive=True)
    with shown(terminal, _("Bytes")) as tell:
        tell(12_345)
    assert terminal.complained.startswith("\rBytes 12,345\r")


@pytest.mark.parametrize(
    "words", ["verify --json", "query shop.orders --format jsonl", "import shop.orders a.csv --json"]
)
def test_answers_stay_clean_while_it_is_drawn(
    formwork: CommandLine, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    told: list[Any] = []
    for interactive in (False, True):
        terminal = FakeTerminal({"a.csv": b"Order number\n77\n"}, interactive=interactive)
        run(shlex.split(words), terminal, settings=formwork.settings, stores=formwork.stores)
        told.append((terminal.printed.count("\r"), terminal.written.count(b"\r"), "\r" in terminal.complained))
    assert told == [(0, 0, False), (0, 0, True)]
