"""What is taken back counts no more at the next request: kinds of credentials against what happens to them.

Each case makes one of every kind for Ben, who owns the workspace beside Ada, tries them all, lets something happen, and
tries them all again. The table says which are dead then; all others must still work. T-REVOKE-01, T-MTX-05.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from engine import (
    accounts,
    api_tokens,
    apps,
    email_changes,
    identities,
    invitations,
    resets,
    second_factor,
    sessions,
    shares,
    sign_in,
    ways_in,
    workspaces,
)
from engine.access.principals import person
from engine.account_mail import LINK, Words
from engine.accounts import Person
from engine.cli.run import run
from engine.oidc import Identity
from engine.sessions import Device
from engine.storage.stores import Stores
from engine.vault import new_key
from engine.workspaces import Membership
from tests.support.databases import Database
from tests.support.terminal import FakeTerminal
from tests.web.accounts.conftest import Post
from tests.web.conftest import PASSWORD, Visitor
from web.app import create_app
from web.site import Site

BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD, "role": "owner"}
SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": "Shop",
    "version": "1.0.0",
    "tables": {
        "orders": {
            "label": "Orders",
            "title": "number",
            "fields": {
                "number": {"type": "text", "label": "Number", "required": True},
                "papers": {"type": "attachment", "label": "Papers"},
            },
            "forms": {"enquiry": {"label": "Enquiry", "public": True, "fields": [{"field": "number"}]}},
        }
    },
}
ELSEWHERE = Identity("https://id.example.com", "ben", "ben@example.com")


@dataclass
class Held:
    """Everything that lets Ben in somewhere."""

    app: FastAPI
    ben: Person
    home: str
    session: str = ""
    session_id: str = ""
    token: str = ""
    token_id: str = ""
    share_id: str = ""
    links: dict[str, str] = field(default_factory=dict)
    pending: str = ""
    codes: list[str] = field(default_factory=list)
    form_token: str = ""

    @property
    def site(self) -> Site:
        found: Site = self.app.state.site
        return found

    def visitor(self, **cookies: str) -> Visitor:
        made = Visitor(self.app)
        for name, value in cookies.items():
            made.cookies.set(f"formwork-{name}", value)
        return made

    def api(self, method: str, path: str, **more: Any) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.visitor().request(method, f"/v0{path}", headers=headers, **more).status_code


def _session(held: Held) -> bool:
    return held.visitor(sid=held.session).get("/account").url.path == "/account"


def _reads_by_token(held: Held) -> bool:
    return held.api("GET", "/shop/orders") == 200


def _writes_by_token(held: Held) -> bool:
    return held.api("POST", "/shop/orders", json={"fields": {"Number": "by token"}}) == 200


def _opens(link: str) -> Callable[[Held], bool]:
    def opens(held: Held) -> bool:
        # The link to a new address asks for its person, who may have to sign in again first.
        signed_in = sessions.open_session(held.site.stores, held.ben.id) if link == "address" else ""
        return held.visitor(sid=signed_in).get(held.links[link]).status_code == 200 and (
            link != "address" or sessions.session_of(held.site.stores, signed_in) is not None
        )

    return opens


def _waits_for_code(held: Held) -> bool:
    return held.visitor(pending=held.pending).get("/sign-in/code").url.path == "/sign-in/code"


def _recovery_code(held: Held) -> bool:
    """Used up by trying: each try takes the next one."""
    try:
        entry = sign_in.enter(held.site.stores, held.ben.id, Device())
    except sign_in.SignInRefused:
        return False
    sent = held.visitor(pending=entry.pending).submit("/sign-in/code", on="/sign-in", code=held.codes.pop())
    return sent.url.path != "/sign-in/code"


def _public_form(held: Held) -> bool:
    path = f"/f/{held.home}/shop/orders/enquiry"
    given = {"form_token": held.form_token, "number": "by form"}
    return held.visitor().post(path, data=given).status_code == 200


def _elsewhere(held: Held) -> bool:
    owner = identities.owner(held.site.stores, ELSEWHERE)
    try:
        return owner is not None and bool(sign_in.enter(held.site.stores, owner, Device()).person)
    except sign_in.SignInRefused:
        return False


KINDS: dict[str, Callable[[Held], bool]] = {
    "session": _session,
    "token reads": _reads_by_token,
    "token writes": _writes_by_token,
    "file address": _opens("file"),
    "reset link": _opens("reset"),
    "address link": _opens("address"),
    "invitation made": _opens("invitation"),
    "pending code": _waits_for_code,
    "recovery code": _recovery_code,
    "account elsewhere": _elsewhere,
    "public form": _public_form,
    "share": _opens("share"),
}
SENT = {"reset link", "address link", "pending code"}
TOKEN = {"token reads", "token writes", "file address"}


@pytest.fixture
def held(app: FastAPI, site: Site, membership: Membership, post: Post) -> Held:
    """One of every kind."""
    stores, home = site.stores, membership.id
    ben = accounts.add_person(stores, home, **BEN)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        apps.apply(session, SHOP)
    made = Held(app, ben, home)
    made.session = sessions.open_session(stores, ben.id)
    here = sessions.session_of(stores, made.session)
    assert here
    made.session_id = here.id
    token, made.token = api_tokens.create(stores, ben.id, home, "Program")
    made.token_id = token.id
    made.links["file"] = _file(made)
    made.links["reset"] = f"/reset/{resets.link(stores, ben.id)}"
    words = (Words("", LINK), Words("", ""))
    email_changes.ask(stores, site.vault, site.settings, ben, "new@ben.example", *words)
    made.links["address"] = urlsplit(post.links("new@ben.example")[-1]).path
    link = invitations.invite(stores, site.vault, site.settings, home, ben.id, role="member").link
    made.links["invitation"] = urlsplit(link).path
    seed = second_factor.new_seed()
    made.codes = second_factor.switch_on(stores, site.vault, ben, seed, second_factor.code_at(seed, datetime.now(UTC)))
    made.pending = sign_in.sign_in(stores, ben.email, PASSWORD).pending
    identities.tie(stores, ben.id, ELSEWHERE)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        share, secret = shares.create(session, "shop.orders", "all")
    made.links["share"], made.share_id = f"/s/{secret}", share.id
    made.form_token = Visitor(app).token(f"/f/{home}/shop/orders/enquiry")
    return made


def _file(held: Held) -> str:
    headers = {"Authorization": f"Bearer {held.token}"}
    visitor = held.visitor()
    made = visitor.post("/v0/shop/orders", headers=headers, json={"fields": {"Number": "1"}}).json()["id"]
    body = {"contentType": "text/plain", "filename": "a.txt", "file": base64.b64encode(b"hello").decode()}
    answer = visitor.post(f"/v0/shop/{made}/Papers/uploadAttachment", headers=headers, json=body)
    return str(urlsplit(answer.json()["fields"]["papers"][0]["url"]).path)


def _sign_out(held: Held) -> None:
    held.visitor(sid=held.session).submit("/sign-out", on="/account")


def _end_from_elsewhere(held: Held) -> None:
    other = held.visitor(sid=sessions.open_session(held.site.stores, held.ben.id))
    other.submit(f"/account/sessions/{held.session_id}/end", on="/account")


def _end_all_others(held: Held) -> None:
    held.visitor(sid=sessions.open_session(held.site.stores, held.ben.id)).submit(
        "/account/sessions/end", on="/account"
    )


def _change_password(held: Held) -> None:
    given = {"current_password": PASSWORD, "password": "another four words"}
    held.visitor(sid=held.session).submit("/account/password", on="/account", **given)


def _reset(held: Held) -> None:
    link = f"/reset/{resets.link(held.site.stores, held.ben.id)}"
    held.visitor().submit(link, password="another four words")


def _change_address(held: Held) -> None:
    held.visitor(sid=held.session).submit(held.links["address"], on="/account")


def _remove(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/people/{held.ben.id}/removal", on="/account")


def _lower(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/people/{held.ben.id}/role", on="/account", role="guest")


def _as_ada(held: Held) -> Visitor:
    ada = accounts.person_by_email(held.site.stores, "ada@example.com")
    assert ada
    return held.visitor(sid=sessions.open_session(held.site.stores, ada.id))


def _delete_token(held: Held) -> None:
    held.visitor(sid=held.session).submit(f"/account/tokens/{held.token_id}/delete", on="/account")


def _revoke_invitation(held: Held) -> None:
    (listed,) = invitations.open_ones(held.site.stores, held.home)
    _as_ada(held).submit(f"/w/{held.home}/invitations/{listed.id}/revocation", on="/account")


def _disable_by_command(held: Held) -> None:
    words = ["person", "disable", held.ben.email]
    assert run(words, FakeTerminal(), settings=held.site.settings, stores=held.site.stores) == 0


def _new_codes(held: Held) -> None:
    held.visitor(sid=held.session).submit("/account/second-factor/codes", on="/account/second-factor")


def _untie(held: Held) -> None:
    identities.untie(held.site.stores, held.ben.id, ELSEWHERE.issuer)


def _close_form(held: Held) -> None:
    document = SHOP | {"version": "1.0.1", "tables": {"orders": {**SHOP["tables"]["orders"], "forms": {}}}}
    with held.site.stores.workspace(held.home).write(person(held.ben.id, "owner")) as session:
        apps.apply(session, document)


def _take_share_back(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/shares/{held.share_id}/revocation", on="/account")


def _rotate_key(held: Held) -> None:
    """A new key in front; the old one stays to open what it sealed. It counts from the next start on."""
    file = held.site.settings.key_file
    file.write_bytes(base64.b64encode(new_key()) + b"\n" + file.read_bytes())
    held.app = create_app(held.site.settings, held.site.stores)


ALL_OF_BEN = set(KINDS) - {"public form"}
DEAD: dict[Callable[[Held], None], set[str]] = {
    _sign_out: {"session"},
    _end_from_elsewhere: {"session"},
    _end_all_others: {"session"},
    _change_password: {"session"} | SENT,
    _reset: {"session", "account elsewhere"} | SENT | TOKEN,
    _change_address: {"reset link", "address link"},
    _remove: {"invitation made", "share"} | TOKEN,
    _lower: {"invitation made", "token writes", "share"},
    _delete_token: TOKEN,
    _revoke_invitation: {"invitation made"},
    _disable_by_command: ALL_OF_BEN,
    _new_codes: {"recovery code"},
    _untie: {"account elsewhere"},
    _close_form: {"public form"},
    _take_share_back: {"share"},
    _rotate_key: {"file address", "public form"},
}


@pytest.mark.parametrize("happens", DEAD, ids=lambda one: re.sub("_", " ", one.__name__).strip())
def test_what_is_taken_back_is_dead_at_the_next_request(held: Held, happens: Callable[[Held], None]) -> None:
    assert [kind for kind, works in KINDS.items() if not works(held)] == []
    happens(held)
    assert {kind for kind, works in KINDS.items() if not works(held)} == DEAD[happens]


def test_another_server_knows_it_at_once(held: Held, database_url: Database) -> None:
    if not database_url.url:
        pytest.skip("one process opens a SQLite installation")
    assert all(works(held) for works in KINDS.values())
    other = Stores(database_url.folder, database_url.url)
    ways_in.disable(other, held.ben.id)
    workspaces.change_role(other, held.home, held.ben.id, "guest")
    other.close()
    assert {kind for kind, works in KINDS.items() if not works(held)} == ALL_OF_BEN
