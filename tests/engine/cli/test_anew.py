"""Commands that others are in the way of, and what every command says of itself."""

from __future__ import annotations

import pytest
from cyclopts import App

from engine import records
from engine.cli.anew import Remembering, carried_out
from engine.cli.commands import all_commands
from engine.errors import Collided
from tests.engine.cli.conftest import CommandLine
from tests.support.terminal import FakeTerminal


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody is in the way of the first two that create records."""
    tried: list[str] = []
    create = records.create

    def collide(*given: object, **more: object) -> list[str]:
        ids = create(*given, **more)  # type: ignore[arg-type]
        tried.append("create")
        if len(tried) < 3:
            raise Collided("in the way")
        return ids

    monkeypatch.setattr(records, "create", collide)
    return tried


def test_a_command_is_begun_anew_with_what_was_read_from_standard_input(formwork: CommandLine, busy: list[str]) -> None:
    ids = formwork.json("record create customers --file -", stdin='[{"name": "Acme"}]')["ids"]
    assert len(busy) == 3
    assert [one["id"] for one in formwork.json("query customers")] == ids
    assert formwork.last.complained == ""


def test_a_command_that_has_answered_is_not_begun_anew() -> None:
    terminal, tried = Remembering(FakeTerminal()), list[str]()

    def act() -> None:
        tried.append("once")
        terminal.out("half of an answer")
        raise Collided("in the way")

    with pytest.raises(Collided):
        carried_out(act, terminal)
    assert tried == ["once"]


def every_command(app: App, words: tuple[str, ...] = ()) -> list[tuple[str, App]]:
    """All commands with what one types for them."""
    below = [name for name in app if not name.startswith("-")]
    found = [(" ".join(words), app)] if app.default_command is not None and words else []
    return found + [one for name in below for one in every_command(app[name], (*words, name))]


def test_every_option_of_every_command_says_what_it_is_for() -> None:
    silent = [
        f"{words} {'/'.join(argument.names)}"
        for words, command in every_command(all_commands())
        for argument in command.assemble_argument_collection(parse_docstring=True)
        if argument.parse and not (argument.parameter.help or "").strip() and argument.names[0] != "*"
    ]
    assert silent == []
