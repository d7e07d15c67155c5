"""One request as somebody, what it comes to in a word, and whether anything was written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import sqlalchemy as sa
from httpx2 import Response
from starlette.testclient import TestClient

from engine import sessions
from engine.storage.session import Session
from engine.storage.stores import Store
from tests.web.conftest import BASE, Visitor
from tests.web.matrix.answers import wrong_with
from tests.web.matrix.place import SHARE_PASSWORD, Place
from tests.web.routes import MADE_UP, filled
from web import csrf
from web.background import Background
from web.visit import SESSION

# What changes because somebody comes, whatever they may.
UNTOLD = ("last_seen_at", "last_used_at")
# What the audit log notes because somebody comes, whatever they may: that they were refused, that a token is in use.
NOTED = frozenset({"access.refused", "token.first_used"})


@dataclass(frozen=True)
class Ask:
    """A request. `known` are the parameters of its path."""

    method: str
    path: str
    known: Mapping[str, str]
    form: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)
    json: Any = None

    @property
    def address(self) -> str:
        return filled(self.path, dict(self.known))

    def is_other_than(self, one: Ask) -> bool:
        """Whether anything else is sent."""
        return (self.address, self.form, self.query, self.json) != (one.address, one.form, one.query, one.json)

    @property
    def is_api(self) -> bool:
        return self.path.startswith(("/v0", "/mcp"))


def without(one: Ask, name: str) -> Ask:
    """The same request about something that does not exist, in place of what the parameter names."""
    old, new = one.known[name], MADE_UP.get(name, f"no-such-{name}")

    def put(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: put(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [put(inner) for inner in value]
        return new if value == old else f"crm.{new}" if value == f"crm.{old}" else value

    return replace(one, known={**one.known, name: new}, form=put(one.form), query=put(one.query), json=put(one.json))


class Crowd:
    """Everybody, each with a browser or a program of their own."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.program = TestClient(place.app, base_url=BASE, raise_server_exceptions=False)
        self.browsers: dict[str, Visitor] = {}
        self.cookies: dict[str, dict[str, str]] = {}
        self.secrets: dict[str, str] = {}
        self.leaks: list[str] = []  # answers with something in them that their reader may not see
        self.wrong: set[str] = set()  # answers that are not as every answer is to be

    def browser(self, who: str) -> Visitor:
        """`link` and `unlocked` typed the password of a share. `token`: a program that sends its token to pages."""
        if who not in self.browsers:
            visitor = self.browsers[who] = Visitor(self.place.app)
            here = None
            if who in self.place.sids:
                visitor.cookies.set(f"formwork-{SESSION}", self.place.sids[who])
                here = sessions.session_of(self.place.stores, self.place.sids[who])
            if here:
                self.secrets[who] = here.csrf
            else:
                visitor.get("/sign-in")
                self.secrets[who] = visitor.cookies["formwork-visitor"]
            if who in ("link", "unlocked"):
                path = f"/s/{self.place.here.ids['token of locked']}"
                assert visitor.submit(path, password=SHARE_PASSWORD).status_code == 200
            if who == "token":
                visitor.headers["Authorization"] = f"Bearer {self.place.tokens['owner']}"
            self.cookies[who] = dict(visitor.cookies)
        browser = self.browsers[who]
        browser.cookies.clear()  # of what the answer before it left
        browser.cookies.update(self.cookies[who])
        return browser

    def asks(self, who: str, one: Ask) -> Response:
        """The answer; no redirect is followed. What it must not hold is looked for, and its headers are looked at."""
        answer = self._asks(who, one)
        self.wrong.update(f"{who} {one.method} {one.path}: {says}" for says in wrong_with(one.path, answer))
        in_their_own = who == "elsewhere" and one.is_api  # a token leads to its own workspace, which has the same words
        for word in () if in_their_own else self.place.hidden_from(who):
            if _stands_in(answer.text, word) or _stands_in(str(answer.headers), word):
                self.leaks.append(f"{who} {one.method} {one.address}: {word}")
        return answer

    def _asks(self, who: str, one: Ask) -> Response:
        path = one.address
        if one.is_api:
            headers = {"Authorization": f"Bearer {self.place.tokens[who]}"} if who in self.place.tokens else {}
            return self.program.request(one.method, path, json=one.json, params=one.query or None, headers=headers)
        browser = self.browser(who)
        if one.method == "GET":
            return browser.get(path, params=one.query or None, follow_redirects=False)
        given = {"form_token": self.form_token(who, path), **one.form}
        return browser.request(
            one.method, path, data=given, params=one.query or None, files=one.files or None, follow_redirects=False
        )

    def form_token(self, who: str, path: str) -> str:
        """The token that the page of this form would have."""
        if path.startswith(("/f/", "/s/", "/c/")):
            return self.place.site.signer.token(f"public form {path}")
        return csrf.token_for(self.secrets[who])


def _stands_in(text: str, word: str) -> bool:
    """Whether the word is there, and not by chance within a token of many letters and digits."""
    return word in text and re.search(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])", text) is not None


def outcome(one: Ask, answer: Response) -> str:
    """`yes`, `sign` (to the sign-in), `proof` (type the password again), else the status."""
    to = answer.headers.get("location", "")
    if to.startswith("/account/proof"):
        return "proof"
    if one.path.startswith("/s/") and "has a password" in answer.text:
        return "ask"
    if to.startswith("/sign-in") and not one.path.startswith(("/sign-", "/reset")):
        return "sign"
    return "yes" if answer.status_code < 400 else str(answer.status_code)


def told(one: Ask, answer: Response, name: str) -> str:
    """What the answer says, without what differs by chance and what the parameter `name` was."""
    text = answer.text.split("<main", 1)[-1].split("</main>")[0]
    text = re.sub(r'name="form_token" value="[^"]*"', "", text)
    return f"{answer.status_code} {answer.headers.get('location', '')} {text}".replace(one.known[name], "...")


def content(place: Place) -> str:
    """A digest of everything that is stored: all stores, and which files there are."""
    digest = hashlib.sha256()
    for table, row in rows(place):
        digest.update(f"{table} {row}\n".encode())
    folder = place.site.settings.data
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".sqlite" not in path.name:
            digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
    return digest.hexdigest()


def rows(place: Place) -> Iterator[tuple[str, str]]:
    """Every row of every store, with its table."""
    stores: list[Store] = [place.stores.control, place.here.store, place.other.store]
    for store in stores:
        with store.read() as session:
            yield from rows_of(session)


def rows_of(session: Session) -> Iterator[tuple[str, str]]:
    """Every row of its store, as the session sees it."""
    for table in _tables(session):
        for row in sorted(_rows(session, table)):
            yield table, row


def _tables(session: Session) -> list[str]:
    if session.dialect == "sqlite":
        found = sa.text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    else:
        found = sa.text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return sorted(session.connection.execute(found).scalars())


def _rows(session: Session, table: str) -> Iterator[str]:
    found = session.connection.execute(sa.text(f'SELECT * FROM "{table}"'))
    kept = [place for place, name in enumerate(found.keys()) if name not in UNTOLD]
    rows = ([row[place] for place in kept] for row in found)
    yield from (repr(row) for row in rows if table != "_audit" or NOTED.isdisjoint(map(str, row)))


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written meanwhile is taken back as it would be kept, and nothing begins beside the requests.

    So every request finds the place as it was, and one that is let in still does all that it does.
    """
    end = Session.end

    def ended(session: Session, *, keep: bool) -> None:
        session._after_commit.clear()
        end(session, keep=False)

    with mock.patch.object(Session, "end", ended), mock.patch.object(Background, "start"):
        yield
