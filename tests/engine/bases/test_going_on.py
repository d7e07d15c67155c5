"""A base that is broken off goes on where it was; its token is kept sealed, as long as it is needed. T-SEC-01."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import bases
from engine.bases import keeping, working
from engine.bases.fetched import Fetched
from engine.errors import Conflict, Forbidden, Refused
from engine.storage.base_tables import bases as rows
from tests.support.base_server import Here, here_of
from tests.support.databases import Database
from tests.support.spoken_base import Said, Spoken, spoken

TOKEN = "patVerySecretToken"
TABLE = {"id": "tblA", "name": "Things", "fields": [{"id": "fldA", "name": "Name", "type": "singleLineText"}]}
RECORDS = [
    {"id": f"rec{number}", "createdTime": "2020-01-01T00:00:00.000Z", "fields": {"fldA": f"No. {number}"}}
    for number in range(7)
]


@pytest.fixture
def base() -> Iterator[Spoken]:
    """A base with four pages."""
    with spoken(Spoken(tables=[TABLE], records={"tblA": RECORDS})) as found:
        yield found


@pytest.fixture
def here(base: Spoken, database_url: Database) -> Iterator[Here]:
    """Where it comes into."""
    made = here_of(database_url.folder, database_url.url, base.url)
    yield made
    made.stores.close()


def pages(base: Spoken) -> int:
    """How many pages of records were asked for."""
    return sum(path.endswith("/appOne/tblA") for path in base.asked)


def test_what_fails_midway_goes_on_where_it_was(base: Spoken, here: Here) -> None:
    base.first = lambda path, query: Said({}, 401) if query.get("offset") == ["4"] else None
    held = here.fetched(TOKEN, "appOne")
    assert held.state == "failed"
    assert "does not know this token" in str(held.says)
    assert pages(base) == 3
    base.first = lambda _path, _query: None
    with here.workspace.write(here.owner) as session:
        bases.go_on(session, here.means.vault, held.id, "patAnother")
    assert here.work()
    assert (here.get(held.id).state, pages(base)) == ("fetched", 5)  # only what was missing
    here.confirm(held.id)
    assert here.work()
    assert [one["name"] for one in here.table("one.things")] == [f"No. {number}" for number in range(7)]


def test_a_worker_that_ends_leaves_it_to_the_next(base: Spoken, here: Here) -> None:
    held = here.begin(TOKEN, "appOne")
    asked: list[int] = []

    def stopping() -> bool:
        asked.append(1)
        return pages(base) >= 2

    assert working.work(here.workspace, here.means, "wrkone", lambda: [here.owner.id], stopping=stopping)
    assert (here.get(held.id).state, pages(base)) == ("fetching", 2)
    assert working.work(here.workspace, here.means, "wrktwo", lambda: [here.owner.id])
    assert (here.get(held.id).state, pages(base)) == ("fetched", 4)


def test_a_worker_that_died_is_followed_once_its_lease_is_over(base: Spoken, here: Here) -> None:
    held = here.begin(TOKEN, "appOne")
    with here.workspace.write() as session:
        assert keeping.claim(session, "wrkdead") is not None
    assert not here.work()
    with here.workspace.write() as session:
        session.now += keeping.LEASE + timedelta(seconds=1)
        assert keeping.claim(session, "wrknext") is not None
        assert not keeping.hold(session, "wrkdead", held.id)


def test_a_half_written_page_does_not_count(base: Spoken, here: Here) -> None:
    held = here.begin(TOKEN, "appOne")
    base.first = lambda path, query: Said({}, 404) if query.get("offset") == ["4"] else None
    here.work()
    with (Fetched(here.workspace, held.id).folder / "0.jsonl").open("ab") as kept:
        kept.write(b'{"id": "rec4", "crea')
    base.first = lambda _path, _query: None
    with here.workspace.write(here.owner) as session:
        bases.go_on(session, here.means.vault, held.id)
    here.work()
    plan = here.get(held.id).plan
    assert plan is not None
    assert plan["records"] == 7


def test_the_token_lies_sealed_and_is_forgotten_when_all_is_there(base: Spoken, here: Here) -> None:
    held = here.bring(TOKEN, "appOne")
    assert not held.has_token
    assert not Fetched(here.workspace, held.id).folder.exists()
    begun = here.fetched(TOKEN, "appOne")
    with here.workspace.read() as session:
        sealed = session.connection.execute(sa.select(rows.c.token).where(rows.c.id == begun.id)).scalar_one()
    assert TOKEN not in sealed
    assert here.means.vault.open(sealed, bases.place_of(begun.id)) == TOKEN
    assert TOKEN not in "".join(_texts(here.workspace.files))
    with here.workspace.write() as session:
        session.now += keeping.TOKEN_KEPT + timedelta(minutes=1)
        bases.sweep(session, None, 10)
    assert not here.get(begun.id).has_token


def test_what_is_never_carried_out_is_forgotten(base: Spoken, here: Here) -> None:
    held = here.fetched(TOKEN, "appOne")
    with here.workspace.write() as session:
        assert bases.sweep(session, session.now + timedelta(days=1), 10) == 1
    assert not Fetched(here.workspace, held.id).folder.exists()


def test_it_can_be_cancelled_and_discarded(base: Spoken, here: Here) -> None:
    held = here.begin(TOKEN, "appOne")
    with here.workspace.write(here.owner) as session:
        bases.cancel(session, held.id)
        with pytest.raises(Conflict):
            bases.discard(session, held.id)
    here.work()
    assert here.get(held.id).state == "failed"
    assert pages(base) == 0
    with here.workspace.write(here.owner) as session:
        bases.discard(session, held.id)
        assert bases.listed(session) == []


def test_whoever_may_not_build_any_more_brings_nothing_in(base: Spoken, here: Here) -> None:
    held = here.begin(TOKEN, "appOne")
    assert working.work(here.workspace, here.means, "wrktest", list)
    assert (here.get(held.id).state, pages(base)) == ("failed", 0)


def test_only_builders_do_any_of_it(base: Spoken, here: Here) -> None:
    from engine.access.principals import person

    held = here.fetched(TOKEN, "appOne")
    member = person("usr00000000000009", "member")
    with here.workspace.read(member) as session:
        assert bases.listed(session) == []
        acts: list[Any] = [
            lambda: bases.begin(session, here.means.vault, TOKEN, []),
            lambda: bases.choose(session, held.id, "appOne"),
            lambda: bases.confirm(session, held.id),
            lambda: bases.go_on(session, here.means.vault, held.id),
            lambda: bases.get(session, held.id),
            lambda: bases.cancel(session, held.id),
            lambda: bases.discard(session, held.id),
            lambda: bases.undo(session, held.id),
        ]
        for act in acts:
            with pytest.raises(Forbidden):
                act()


def test_it_goes_only_into_an_app_that_it_went_into_before(base: Spoken, here: Here) -> None:
    with pytest.raises(Refused) as caught:
        here.begin(TOKEN, "appOne", into="one")
    assert caught.value.problems[0].at == "/into"


def _texts(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_text(errors="replace")
