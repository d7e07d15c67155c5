"""What is taken back counts no more at the next request: kinds of credentials against what happens to them.

Each case makes one of every kind for Ben, who owns the workspace beside Ada, tries them all, lets something happen, and
tries them all again. The table says which are dead then; all others must still work. T-REVOKE-01, T-MTX-05.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from engine import (
    accounts,
    api_tokens,
    apps,
    email_changes,
    guises,
    hooks,
    identities,
    invitations,
    records,
    remembered,
    resets,
    roles,
    second_factor,
    sendings,
    sessions,
    shares,
    sign_in,
    ways_in,
    workspaces,
)
from engine.access.principals import ENGINE, person
from engine.account_mail import LINK, Words
from engine.accounts import Person
from engine.automations.steps import Means
from engine.cli.run import run
from engine.egress import Egress
from engine.ids import new_secret
from engine.oidc import Identity
from engine.sessions import Device
from engine.storage import control_tables
from engine.storage.stores import Stores
from engine.vault import new_key
from engine.worker import Worker
from engine.workspaces import Membership
from tests.support.databases import Database
from tests.support.terminal import FakeTerminal
from tests.support.webhooks import WebhookReceiver
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
            "forms": {
                "enquiry": {"label": "Enquiry", "public": True, "fields": [{"field": "number"}], "corrections": {}}
            },
        }
    },
}
DESK: dict[str, Any] = {
    "formwork": 1,
    "key": "desk",
    "label": "Desk",
    "version": "1.0.0",
    "tables": {"notes": {"label": "Notes", "fields": {"text": {"type": "text"}}, "views": {"all": {"type": "grid"}}}},
    "roles": {"clerk": {"tables": {"notes": {"read": True, "export": True}}}},
}
EVERYTHING = {"options": {"filters": {"dataTypes": ["tableData"]}}}
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
    browser: str = ""  # the secret of one that is remembered
    locked_id: str = ""
    unlocked: dict[str, str] = field(default_factory=dict)  # the cookies of who typed the password of a share
    guise: str = ""
    cleo: str = ""  # as whom Ben looks
    sent: str = ""  # the record that came by the form
    receiver: WebhookReceiver | None = None
    clerk: dict[str, str] = field(default_factory=dict)  # what Dana has, who has a role in another app

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


def _unlocked_share(held: Held) -> bool:
    visitor = held.visitor()
    visitor.cookies.update(held.unlocked)
    answer = visitor.get(held.links["locked"])
    return answer.status_code == 200 and "has a password" not in answer.text


def _guise(held: Held) -> bool:
    shown = held.visitor(sid=held.guise).get(f"/w/{held.home}")
    return shown.status_code == 200 and "You see Acme as Cleo" in " ".join(shown.text.split())


def _corrects(held: Held) -> bool:
    visitor, link = held.visitor(), held.links["correction"]
    if visitor.get(link).status_code != 200:
        return False
    given = {"form_token": visitor.token(link), "number": f"corrected {new_secret()}", "was": '{"number": "?"}'}
    return visitor.post(link, data=given).status_code in (200, 422)


def _hook_is_called(held: Held) -> bool:
    assert held.receiver
    before, store = len(held.receiver.requests), held.site.stores.workspace(held.home)
    with store.write(ENGINE) as session:
        if "shop" not in session.layout.apps:
            return False
        records.create(session, "shop.orders", [{"number": "for the hook"}])
    Worker(held.site.stores, _means(held)).run_until_idle(store)
    return len(held.receiver.requests) > before


def _means(held: Held) -> Means:
    settings = replace(held.site.settings, egress_allow=(ip_network("127.0.0.0/8"),))
    return Means(settings, Egress.of(settings), held.site.vault)


def _clerk_sees(held: Held) -> bool:
    return held.visitor(sid=held.clerk["session"]).get(f"/w/{held.home}/apps/desk/notes").status_code == 200


def _clerk_reads(held: Held) -> bool:
    headers = {"Authorization": f"Bearer {held.clerk['token']}"}
    return held.visitor().get("/v0/desk/notes", headers=headers).status_code == 200


def _remembered_browser(held: Held) -> bool:
    with held.site.stores.control.write() as session:
        return remembered.knows(session, held.ben.id, held.browser)


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
    "remembered browser": _remembered_browser,
    "account elsewhere": _elsewhere,
    "public form": _public_form,
    "share": _opens("share"),
    "unlocked share": _unlocked_share,
    "guise": _guise,
    "correction link": _corrects,
    "hook": _hook_is_called,
    "clerk's page": _clerk_sees,
    "clerk's token": _clerk_reads,
    "clerk's share": _opens("clerk"),
}
SHARES = {"share", "unlocked share"}
OF_CLERK = {"clerk's page", "clerk's token", "clerk's share"}
BROWSER = {"remembered browser"}
SENT = {"reset link", "address link", "pending code"}
TOKEN = {"token reads", "token writes", "file address"}


@pytest.fixture
def held(app: FastAPI, site: Site, membership: Membership, post: Post, webhook_receiver: WebhookReceiver) -> Held:
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
    with stores.control.write() as session:
        made.browser = remembered.remember(session, ben.id, "A browser", "10.0.0.1")
    made.pending = sign_in.sign_in(stores, ben.email, PASSWORD).pending
    identities.tie(stores, ben.id, ELSEWHERE)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        share, secret = shares.create(session, "shop.orders", "all")
    made.links["share"], made.share_id = f"/s/{secret}", share.id
    made.form_token = Visitor(app).token(f"/f/{home}/shop/orders/enquiry")
    made.receiver = webhook_receiver
    _share_with_password(made)
    _look_as_cleo(made)
    _send_by_form(made)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        hooks.create(session, site.vault, _means(made).egress, "shop", webhook_receiver.url, EVERYTHING)
    _hire_a_clerk(made)
    return made


def _share_with_password(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(person(held.ben.id, "owner")) as session:
        share, secret = shares.create(session, "shop.orders", "all", password=PASSWORD)
    held.links["locked"], held.locked_id = f"/s/{secret}", share.id
    visitor = held.visitor()
    visitor.submit(held.links["locked"], password=PASSWORD)
    held.unlocked = dict(visitor.cookies)


def _look_as_cleo(held: Held) -> None:
    stores = held.site.stores
    cleo = accounts.add_person(
        stores, held.home, email="cleo@example.com", name="Cleo", password=PASSWORD, role="member"
    )
    held.guise, held.cleo = sessions.open_session(stores, held.ben.id), cleo.id
    here = sessions.session_of(stores, held.guise)
    assert here
    guises.begin(stores, here.id, person(held.ben.id, "owner"), held.home, person=cleo.id)


def _send_by_form(held: Held) -> None:
    token = f"{held.home}.{new_secret()}"
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        table = session.layout.table("shop.orders")
        (held.sent,) = records.create(session, "shop.orders", [{"number": "sent"}])
        sendings.note(session, table, table.forms["enquiry"], held.sent, "a page")
        assert sendings.allow_correction(session, table.forms["enquiry"], held.sent, token)
    held.links["correction"] = f"/c/{token}"


def _hire_a_clerk(held: Held) -> None:
    stores, home = held.site.stores, held.home
    dana = accounts.add_person(stores, home, email="dana@example.com", name="Dana", password=PASSWORD, role="member")
    with stores.workspace(home).write(ENGINE) as session:
        apps.apply(session, DESK)
        roles.give(session, "desk.clerk", dana.id)
    _token, secret = api_tokens.create(stores, dana.id, home, "Dana's")
    with stores.workspace(home).write(person(dana.id)) as session:
        _share, link = shares.create(session, "desk.notes", "all")
    held.links["clerk"] = f"/s/{link}"
    held.clerk = {"id": dana.id, "token": secret, "session": sessions.open_session(stores, dana.id)}


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
    for share in (held.share_id, held.locked_id):
        _as_ada(held).submit(f"/w/{held.home}/shares/{share}/revocation", on="/account")


def _give_share_another_password(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(person(held.ben.id, "owner")) as session:
        shares.change(session, held.locked_id, password="another four words")


def _end_the_guise(held: Held) -> None:
    held.visitor(sid=held.guise).submit(f"/w/{held.home}/guise/end", on="/account")


def _remove_whom_he_looks_as(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/people/{held.cleo}/removal", on="/account")


def _make_owner_of_whom_he_looks_as(held: Held) -> None:
    """And a builder of him, who may then not look as her."""
    _as_ada(held).submit(f"/w/{held.home}/people/{held.cleo}/role", on="/account", role="owner")
    _as_ada(held).submit(f"/w/{held.home}/people/{held.ben.id}/role", on="/account", role="builder")


def _take_correction_back(held: Held) -> None:
    path = f"/w/{held.home}/apps/shop/orders/records/{held.sent}/correction/revocation"
    _as_ada(held).submit(path, on="/account")


def _delete_what_was_sent(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        records.delete(session, "shop.orders", [held.sent])


def _delete_hook(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        (hook,) = hooks.of_app(session, "shop")
        hooks.delete(session, "shop", hook.id)


def _take_the_app_out(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        apps.remove(session, "shop")


def _take_the_role(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        roles.take(session, "desk.clerk", held.clerk["id"])


def _take_the_table_out_of_the_role(held: Held) -> None:
    document = DESK | {"version": "1.0.1", "roles": {"clerk": {"tables": {}}}}
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        apps.apply(session, document)


def _let_the_token_end(held: Held) -> None:
    t = control_tables.tokens
    with held.site.stores.control.write() as session:
        ended = sa.update(t).where(t.c.id == held.token_id).values(expires_at="2020-01-01T00:00:00.000Z")
        session.connection.execute(ended)


def _forget_browser(held: Held) -> None:
    (one,) = remembered.belonging_to(held.site.stores, held.ben.id)
    held.visitor(sid=held.session).submit(f"/account/browsers/{one.id}/forget", on="/account")


def _drop_second_factor(held: Held) -> None:
    words = ["person", "drop-second-factor", held.ben.email]
    assert run(words, FakeTerminal(), settings=held.site.settings, stores=held.site.stores) == 0


def _rotate_key(held: Held) -> None:
    """A new key in front; the old one stays to open what it sealed. It counts from the next start on."""
    file = held.site.settings.key_file
    file.write_bytes(base64.b64encode(new_key()) + b"\n" + file.read_bytes())
    held.app = create_app(held.site.settings, held.site.stores)


ALL_OF_BEN = set(KINDS) - {"public form", "correction link"} - OF_CLERK
DEAD: dict[Callable[[Held], None], set[str]] = {
    _sign_out: {"session"},
    _end_from_elsewhere: {"session"},
    _end_all_others: {"session", "guise"} | BROWSER,
    _change_password: {"session", "guise"} | SENT | BROWSER,
    _reset: {"session", "guise", "account elsewhere"} | SENT | TOKEN | BROWSER,
    _change_address: {"reset link", "address link"},
    _remove: {"invitation made", "guise", "hook"} | TOKEN | SHARES,
    _lower: {"invitation made", "token writes", "guise", "hook"} | SHARES,
    _delete_token: TOKEN,
    _revoke_invitation: {"invitation made"},
    _disable_by_command: ALL_OF_BEN,
    _new_codes: {"recovery code"},
    _untie: {"account elsewhere"},
    _forget_browser: BROWSER,
    _drop_second_factor: {"recovery code", "pending code"} | BROWSER,
    _let_the_token_end: TOKEN,
    _close_form: {"public form", "correction link"},
    _take_correction_back: {"correction link"},
    _delete_what_was_sent: {"correction link"},
    _take_share_back: SHARES,
    _give_share_another_password: {"unlocked share"},
    _end_the_guise: {"guise"},
    _remove_whom_he_looks_as: {"guise"},
    _make_owner_of_whom_he_looks_as: {"guise", "invitation made"},
    _delete_hook: {"hook"},
    _take_the_role: OF_CLERK,
    _take_the_table_out_of_the_role: OF_CLERK,
    # The file was brought by the token itself, which may read it as long as it lies in the trash with the app.
    _take_the_app_out: {"token reads", "token writes"} | SHARES | {"public form", "correction link", "hook"},
    _rotate_key: {"file address", "public form", "unlocked share"},
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
