"""Whatever people call things, and whatever they write, stands in pages as text (T-XSS-02, T-XSS-03).

Every word that somebody can choose is a piece of HTML here; then every page is looked at.
"""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import apps, comments, departments, files, imports, notifications, outbox, records, shares
from engine.access.principals import person
from engine.storage import control_tables
from tests.support.databases import Database
from tests.web.matrix.asking import Crowd
from tests.web.matrix.every import every_route
from tests.web.matrix.place import ROOM, Place, app_of_all, place_on

SIGNS = ("<img src=x", "<script>alert")
EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
NAMES = re.compile(r'\bname="([a-z_]+)"')
HTML = Path(__file__).resolve().parents[3] / "web/html"


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Crowd]:
    """The place with nothing but evil names in it."""
    for place in place_on(Database("", tmp_path)):
        _write_everywhere(place)
        yield Crowd(place)


def labelled(part: Any) -> Any:
    """The same document with an evil label wherever one may stand."""
    if isinstance(part, dict):
        made = {key: labelled(value) for key, value in part.items()}
        return {key: EVIL if key in ("label", "plural", "description", "message") else one for key, one in made.items()}
    return [labelled(one) for one in part] if isinstance(part, list) else part


def _write_everywhere(place: Place) -> None:
    owner, store, ids = person(place.people["owner"].id, "owner"), place.here.store, place.here.ids
    document = labelled(copy.deepcopy(app_of_all()))
    file = files.bring(store, owner, io.BytesIO(b"words"), EVIL, ROOM).id
    with store.write(owner) as session:
        apps.apply(session, document, despite_tests=True)
        records.update(session, "crm.tags", {ids["tag"]: {"name": EVIL}})
        records.update(session, "crm.secrets", {ids["secret"]: {"name": EVIL}})
        mine = {"name": EVIL, "phone": EVIL, "papers": [file]}
        records.update(session, "crm.accounts", {ids["mine"]: mine, ids["theirs"]: {"name": EVIL}})
        comments.add(session, "crm.tags", ids["tag"], EVIL)
        comments.add(session, "crm.accounts", ids["mine"], EVIL)
        departments.change(session, ids["department"], name=EVIL)
        shares.change(session, ids["share"], name=EVIL)
        notifications.tell(session, [owner.id], EVIL, table="crm.tags", record_id=ids["tag"])
        outbox.put(session, ["a@example.com"], EVIL, EVIL, place.site.settings)
        csv = io.BytesIO(f"name,{EVIL[1:]}\n{EVIL[1:]},x\n".encode())
        held = imports.start(session, csv, f"{EVIL}.csv", "crm.tags")
        imports.choose(session, held.id, imports.propose(session, held.id, "crm.tags").mapping)
    with place.stores.control.write() as session:
        session.connection.execute(sa.update(control_tables.users).values(name=EVIL))
        session.connection.execute(sa.update(control_tables.tokens).values(name=EVIL))
        session.connection.execute(sa.update(control_tables.workspaces).values(name=EVIL))


def harm(text: str) -> list[str]:
    return [sign for sign in SIGNS if sign in text]


def test_names_are_text_in_every_page(written: Crowd) -> None:
    found, seen = [], 0
    for one in every_route(written.place, "GET", whole=True):
        answer = written.asks(one.who, one.ask)
        if answer.headers.get("content-type", "").startswith("text/html"):
            seen += "&lt;img src=x" in answer.text
            found += [f"{one} {answer.status_code}: {sign}" for sign in harm(answer.text)]
    assert seen > 50
    assert not found, "\n".join(found)


def test_what_an_address_says_is_text_in_every_page(everybody: Crowd) -> None:
    """Every name of every form is asked with, whether or not the page knows it."""
    names = {name for path in HTML.rglob("*.html") for name in NAMES.findall(path.read_text())}
    query = dict.fromkeys((*names, "q", "sort", "group", "next", "page", "name__is", "tags__has", "1~of"), EVIL)
    assert len(query) > 50
    found = []
    for one in every_route(everybody.place, "GET"):
        for sent in (query, {**one.ask.query, "q": EVIL, "next": "javascript:alert(1)"}):
            answer = everybody.asks(one.who, replace(one.ask, query=sent))
            if answer.headers.get("content-type", "").startswith("text/html"):
                found += [f"{one} {answer.status_code}: {sign}" for sign in harm(answer.text)]
                found += [f"{one}: leads to a script"] * ('"javascript:alert' in answer.text and "href=" in answer.text)
    assert not found, "\n".join(found)
