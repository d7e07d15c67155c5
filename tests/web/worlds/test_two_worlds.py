"""Whatever a rep asks, two worlds that differ only in what the rep may not see give the same answers.

T-NI-01, T-NI-02, T-NI-03.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from engine import comments, held_files, trash
from engine.access import past, rights, sight
from engine.definitions.roles import TableAccess
from tests.support.databases import Database
from tests.web.worlds.asking import Request, answers, looks, script
from tests.web.worlds.place import (
    OWNER_EMAIL,
    POOR_WORLD,
    RICH,
    RICH_WORLD,
    Hidden,
    Seen,
    Two,
    hidden,
    seen,
    signed_in,
    two_workspaces,
)

ONE_BY_ONE = settings(
    max_examples=settings().max_examples // 50,  # two, and forty where there is time
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def two(database_url: Database) -> Iterator[Two]:
    yield from two_workspaces(database_url)


def differences(
    two: Two, what: Seen, one: Hidden, another: Hidden, asked: Callable[[], Iterable[Request]]
) -> list[str]:
    """The requests that the two worlds answer differently, each with the first lines that differ."""
    two.put(0, what, one)
    two.put(1, what, another)
    found = []
    for (request, first), (_same, second) in zip(answers(two, 0, asked()), answers(two, 1, asked()), strict=True):
        if first != second:
            lines = difflib.unified_diff(first.splitlines(), second.splitlines(), lineterm="", n=0)
            found.append("\n".join([f"{request}", *[line[:600] for line in lines][:12]]))
    return found


def test_a_world_full_of_hidden_things_looks_like_one_without(two: Two) -> None:
    found = differences(two, RICH, RICH_WORLD, POOR_WORLD, script)
    assert not found, "\n\n".join(found)


@ONE_BY_ONE
@given(what=seen, one=hidden, another=hidden)
def test_no_two_worlds_can_be_told_apart(two: Two, what: Seen, one: Hidden, another: Hidden) -> None:
    found = differences(two, what, one, another, script)
    assert not found, "\n\n".join(found[:3])


def in_guise() -> Iterator[Request]:
    """The script of pages: there is no guise in the API, whose tokens are a person's own."""
    return (one for one in script() if not one.api)


def test_who_looks_as_the_rep_cannot_tell_them_apart_either(two: Two) -> None:
    looking = [signed_in(two.app, OWNER_EMAIL) for _place in two.ids]
    for place, visitor in enumerate(looking):
        at = f"/w/{two.ids[place]}"
        assert visitor.submit(f"{at}/guise", on=at, user=two.rep).status_code == 200
    found = differences(replace(two, visitors=looking), RICH, RICH_WORLD, POOR_WORLD, in_guise)
    assert not found, "\n\n".join(found)
    page = looking[0].get(f"/w/{two.ids[0]}/apps/crm/accounts").text
    assert ("You see Acme as Rep" in page, "Elm" in page) == (True, False)


def _as_it_is(*arguments: Any) -> Any:
    return arguments[-1]


LEAKS: dict[str, tuple[Any, str, Any]] = {
    "the rule of records": (sight.Sight, "_holds", lambda *_: []),
    "links that lead to what is not seen": (sight.Sight, "_some_are_hidden", lambda *_: False),
    "hidden fields": (TableAccess, "shows", lambda *_: True),
    "masks": (sight, "_where", lambda value, _wheres: value),
    "what is computed is as secret as its inputs": (rights.Rights, "_inputs_are_open", lambda *_: True),
    "what is computed over records of which not all are seen": (rights.Rights, "_closed_on", lambda *_: iter(())),
    "history": (past, "seen", _as_it_is),
    "the trash": (trash, "_all_named", lambda *_: True),
    "files": (held_files, "_shown", lambda _session, ids, _tables: set(ids)),
    "comments": (comments, "_is_there", lambda *_: True),
    "mentions in comments": (comments, "_sees", lambda *_: True),
    "tables that are not given": (TableAccess, "of", lambda *_: True),
}


@pytest.fixture
def on_sqlite(tmp_path: Any) -> Iterator[Two]:
    folder = tmp_path / "data"
    folder.mkdir()
    yield from two_workspaces(Database("", folder))


def test_each_guard_that_is_taken_away_is_missed(on_sqlite: Two) -> None:
    assert not differences(on_sqlite, RICH, RICH_WORLD, POOR_WORLD, looks)
    unnoticed = []
    for name, (owner, guard, instead) in LEAKS.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, guard, instead)
            _forget_sights(on_sqlite)
            if not differences(on_sqlite, RICH, RICH_WORLD, POOR_WORLD, looks):
                unnoticed.append(name)
    assert unnoticed == []


def _forget_sights(two: Two) -> None:
    for workspace in two.workspaces:
        workspace._layout = None
