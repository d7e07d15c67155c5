"""What lets somebody in, each kind with how to see whether it still does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

from fastapi import FastAPI

from engine import identities, records, remembered, sessions, sign_in
from engine.access.principals import ENGINE
from engine.accounts import Person
from engine.automations.steps import Means
from engine.egress import Egress
from engine.ids import new_secret
from engine.oidc import Identity
from engine.sessions import Device
from engine.worker import Worker
from tests.support.webhooks import WebhookReceiver
from tests.web.conftest import Visitor
from web.site import Site

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
    Worker(held.site.stores, means(held)).run_until_idle(store)
    return len(held.receiver.requests) > before


def means(held: Held) -> Means:
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
