"""Every act that the audit log promises to tell of, done as people do it. T-AUD-01, with T-AUD-03 and T-AUD-04."""

from __future__ import annotations

import io
import ipaddress
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from engine import (
    accounts,
    api_tokens,
    apps,
    audit,
    automations,
    connections,
    hooks,
    imports,
    records,
    resets,
    roles,
    second_factor,
    sessions,
    settings_log,
    shares,
    sign_in,
    trash,
    workspaces,
)
from engine.access.principals import ENGINE, Principal, person
from engine.access.scopes import Scope
from engine.accounts import Person
from engine.automations import outside
from engine.automations.steps import Means
from engine.cli.run import run
from engine.egress import Egress
from engine.sessions import Device
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.storage.tally import A_MINUTE
from engine.workspaces import Membership
from tests.support.terminal import FakeTerminal
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.serving import OneLine
from web.site import Site

SHOP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": "Shop",
    "version": "1.0.0",
    "tables": {
        "orders": {
            "label": "Orders",
            "fields": {"number": {"type": "text"}},
            "views": {"all": {"type": "grid"}},
            "forms": {"enquiry": {"label": "Enquiry", "public": True, "fields": [{"field": "number"}]}},
        }
    },
    "roles": {"clerk": {"tables": {"orders": {"read": True}}}},
    "connections": {"erp": {"type": "webhook", "label": "ERP"}},
    "automations": {
        "watch": {
            "label": "Watch",
            "trigger": {"type": "record_created", "table": "orders"},
            "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "New"}},
        }
    },
}


@dataclass
class Desk:
    """Ada, who owns a workspace with a shop, at her browser; and Ben, a member with a token."""

    app: FastAPI
    site: Site
    owner: Visitor
    ada: Person
    ben: Person
    home: str
    ids: list[str]

    @property
    def store(self) -> Workspace:
        return self.site.stores.workspace(self.home)

    @property
    def asker(self) -> Principal:
        return person(self.ada.id, "owner")

    def does(self, act: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """A verb of the engine, in a transaction of hers."""
        with self.store.write(self.asker) as session:
            return act(session, *arguments, **more)

    def acts(self) -> list[audit.Entry]:
        """What both logs hold of the workspace, and what belongs to none."""
        with self.store.read(self.asker) as session:
            found = audit.entries(session, limit=500)
        with self.site.stores.control.read(self.asker) as session:
            for log in (self.home, ""):
                found += audit.entries(session, workspace=log, limit=500)
        return found


@pytest.fixture
def desk(app: FastAPI, site: Site, owner: Visitor, membership: Membership) -> Desk:
    stores, home = site.stores, membership.id
    ada = accounts.person(stores, workspaces.people(stores, home)[0].id)
    ben = accounts.add_person(stores, home, email="ben@example.com", name="Ben", password=PASSWORD, role="member")
    with stores.workspace(home).write(person(ada.id, "owner")) as session:
        apps.apply(session, SHOP)
        ids = records.create(session, "shop.orders", [{"number": str(number)} for number in range(25)])
    return Desk(app, site, owner, ada, ben, home, ids)


def _program(desk: Desk, who: Person, path: str) -> int:
    _token, secret = api_tokens.create(desk.site.stores, who.id, desk.home, "Program")
    return Visitor(desk.app).get(f"/v0{path}", headers={"Authorization": f"Bearer {secret}"}).status_code


def _a_wrong_code(desk: Desk) -> None:
    seed = second_factor.new_seed()
    code = second_factor.code_at(seed, datetime.now(UTC))
    second_factor.switch_on(desk.site.stores, desk.site.vault, desk.ada, seed, code)
    visitor = Visitor(desk.app)
    visitor.sign_in()
    visitor.submit("/sign-in/code", code="000 000")


def _import(desk: Desk) -> str:
    with desk.store.write(desk.asker) as session:
        held = imports.start(session, io.BytesIO(b"number\n7\n"), "orders.csv", "shop.orders")
        imports.choose(session, held.id, imports.propose(session, held.id, "shop.orders").mapping)
    imports.count_lines(desk.store, desk.asker, held.id)
    imports.carry_out(desk.store, desk.asker, held.id)
    return held.id


def _import_and_undo(desk: Desk) -> None:
    imports.take_back(desk.store, desk.asker, _import(desk))


def _restore(desk: Desk) -> None:
    desk.does(records.delete, "shop.orders", desk.ids[:1])
    with desk.store.read(desk.asker) as session:
        (thing,) = trash.entries(session)
    desk.does(trash.restore, [thing.id])


def _connect(desk: Desk) -> None:
    egress = Egress.of(desk.site.settings)
    desk.does(connections.connect, desk.site.vault, egress, "shop", "erp", "https://erp.example.com/in")


def _call_inside(desk: Desk) -> None:
    """Where it leads is known only when it is called."""
    _connect(desk)
    inside = replace(Egress.of(desk.site.settings), resolve=lambda _host, _port: [_address("10.0.0.7")])
    outside.try_out(desk.store, desk.asker, Means(desk.site.settings, inside, desk.site.vault), "shop", "erp")


def _address(text: str) -> Any:
    return ipaddress.ip_address(text)


def _hook(desk: Desk) -> str:
    told = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    made = desk.does(hooks.create, desk.site.vault, Egress.of(desk.site.settings), "shop", None, told)
    return str(made[0].id)


def _too_many_forms(desk: Desk) -> None:
    path = f"/f/{desk.home}/shop/orders/enquiry"
    desk.site.public_forms.times = 0
    visitor = Visitor(desk.app)
    assert visitor.submit(path, number="1").status_code == 429


def _too_many_requests(desk: Desk) -> None:
    rate = desk.site.api_rate
    assert rate
    rate.times = 1
    _token, secret = api_tokens.create(desk.site.stores, desk.ada.id, desk.home, "Program")
    visitor = Visitor(desk.app)
    answers = [visitor.get("/v0/shop/orders", headers={"Authorization": f"Bearer {secret}"}) for _each in range(3)]
    assert answers[-1].status_code == 429
    desk.site.threads.shutdown(wait=True)


def _too_many_sign_ins(desk: Desk) -> None:
    visitor = Visitor(desk.app)
    for _each in range(13):
        visitor.sign_in(password="wrong")


def _other_settings(desk: Desk) -> None:
    settings = desk.site.settings
    settings_log.note(desk.site.stores, settings)
    assert settings_log.note(desk.site.stores, settings) == []
    assert settings_log.note(desk.site.stores, replace(settings, trash_days=7)) == ["FORMWORK_TRASH_DAYS"]


def _guise(desk: Desk) -> None:
    answer = desk.owner.submit(f"/w/{desk.home}/guise", on="/account", user=desk.ben.id)
    assert answer.status_code == 200
    assert desk.owner.submit("/sign-out", on="/account").status_code == 200


def _refused_page(desk: Desk) -> None:
    visitor = Visitor(desk.app)
    visitor.cookies.set("formwork-sid", sessions.open_session(desk.site.stores, desk.ben.id))
    assert visitor.get(f"/w/{desk.home}/audit").status_code == 403


def _refused_program(desk: Desk) -> None:
    _token, secret = api_tokens.create(desk.site.stores, desk.ada.id, desk.home, "Reads", scope=Scope(writes=False))
    headers = {"Authorization": f"Bearer {secret}"}
    answer = Visitor(desk.app).post("/v0/shop/orders", headers=headers, json={"fields": {"number": "1"}})
    assert answer.status_code == 403


EVENTS: dict[str, tuple[Callable[[Desk], object], str]] = {
    "sign-in": (lambda desk: None, "account.signed_in"),
    "a wrong password": (lambda desk: Visitor(desk.app).sign_in(password="wrong"), "account.sign_in_failed"),
    "an unknown address": (lambda desk: Visitor(desk.app).sign_in(email="no@x.example"), "account.sign_in_failed"),
    "a wrong code": (_a_wrong_code, "account.sign_in_failed"),
    "a wrong password again": (
        lambda desk: desk.owner.submit("/account/proof", on="/account", current_password="wrong"),
        "account.sign_in_failed",
    ),
    "signing out": (lambda desk: desk.owner.submit("/sign-out", on="/account"), "session.ended"),
    "sessions ended by the operator": (
        lambda desk: run(
            ["person", "sign-out", EMAIL], FakeTerminal(), settings=desk.site.settings, stores=desk.site.stores
        ),
        "session.ended",
    ),
    "the second factor": (_a_wrong_code, "second_factor.on"),
    "a reset link by the operator": (lambda desk: resets.link(desk.site.stores, desk.ada.id), "reset_link.made"),
    "a reset": (
        lambda desk: resets.choose_password(
            desk.site.stores, resets.link(desk.site.stores, desk.ada.id), "another four words"
        ),
        "password.reset",
    ),
    "a token made": (lambda desk: _program(desk, desk.ada, "/shop/orders"), "token.created"),
    "a token used first": (lambda desk: _program(desk, desk.ada, "/shop/orders"), "token.first_used"),
    "a role given": (lambda desk: desk.does(roles.give, "shop.clerk", desk.ben.id), "role.given"),
    "a share": (lambda desk: desk.does(shares.create, "shop.orders", "all"), "share.created"),
    "an export": (
        lambda desk: desk.owner.submit(f"/w/{desk.home}/apps/shop/orders/views/all/exports", on="/account", kind="csv"),
        "records.exported",
    ),
    "an import": (_import, "records.imported"),
    "an import taken back": (_import_and_undo, "import.undone"),
    "a bulk delete": (lambda desk: desk.does(records.delete, "shop.orders", desk.ids), "records.deleted"),
    "a restore": (_restore, "trash.restored"),
    "a schema change": (lambda desk: desk.does(apps.apply, SHOP | {"label": "Other"}), "app.changed"),
    "an automation paused": (lambda desk: desk.does(automations.pause, "shop.watch"), "automation.paused"),
    "an automation resumed": (lambda desk: desk.does(automations.resume, "shop.watch"), "automation.resumed"),
    "a connection": (_connect, "connection.set"),
    "a hook": (_hook, "hook.created"),
    "other settings": (_other_settings, "settings.changed"),
    "impersonation": (_guise, "guise.begun"),
    "a page refused": (_refused_page, "access.refused"),
    "a program refused": (_refused_program, "access.refused"),
    "too many forms": (_too_many_forms, "limit.reached"),
    "too many requests": (_too_many_requests, "limit.reached"),
    "too many tries to sign in": (_too_many_sign_ins, "limit.reached"),
    "a call to the inside": (_call_inside, "egress.refused"),
}


@pytest.mark.parametrize("event", EVENTS)
def test_it_is_noted(desk: Desk, event: str) -> None:
    happens, act = EVENTS[event]
    before = 0 if event == "sign-in" else len([one for one in desk.acts() if one.act == act])
    happens(desk)
    noted = [one for one in desk.acts() if one.act == act]
    assert len(noted) > before
    assert PASSWORD not in str(noted)
    with desk.site.stores.control.read(ENGINE) as session:
        assert audit.verify(session).is_whole


def test_what_was_refused_says_who_and_what(desk: Desk) -> None:
    _refused_page(desk)
    (entry,) = [one for one in desk.acts() if one.act == "access.refused"]
    assert (entry.user_id, entry.says) == (desk.ben.id, f"was refused: GET /w/{desk.home}/audit")


def test_a_typed_name_that_nobody_has_is_not_kept(desk: Desk) -> None:
    """People type their password into the wrong field."""
    Visitor(desk.app).sign_in(email="my-secret-password@x.example")
    (entry,) = [one for one in desk.acts() if one.act == "account.sign_in_failed"]
    assert "my-secret" not in str(entry)
    assert (entry.workspace_id, entry.user_id, entry.address) == ("", "", "testclient")


def test_failures_do_not_fill_the_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sign_in.sign_in_delay.check", lambda *_what: None)
    now = [0.0]
    monkeypatch.setattr(desk.site.stores.control.tally, "_clock", lambda: now[0])

    def fail(times: int) -> None:
        for _each in range(times):
            with pytest.raises(sign_in.SignInRefused):
                sign_in.sign_in(desk.site.stores, "no@x.example", "wrong", Device("", "10.0.0.1"))

    fail(A_MINUTE + 30)
    noted = [one for one in desk.acts() if one.act == "account.sign_in_failed"]
    assert len(noted) == A_MINUTE
    now[0] = 61.0
    fail(1)
    newest = max((one for one in desk.acts() if one.act == "account.sign_in_failed"), key=lambda one: one.number)
    assert newest.about["left_out"] == 30


def test_an_act_that_fails_is_not_noted_as_done(desk: Desk) -> None:
    def delete_and_fail(session: Session) -> None:
        records.delete(session, "shop.orders", desk.ids)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        desk.does(delete_and_fail)
    assert "records.deleted" not in {one.act for one in desk.acts()}


EVIL = "Eve\r\n2026-01-01 00:00 INFO formwork: all is well\x1b[2J\x1b]0;x\x07\u2028\u202e"


def test_no_name_makes_a_line_of_the_log_or_steers_a_terminal(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    accounts.change_person(desk.site.stores, desk.ben.id, name=EVIL, language="", theme="")
    workspaces.change_role(desk.site.stores, desk.home, desk.ben.id, "guest", by=desk.asker)
    terminal = FakeTerminal()
    assert run(["audit", "list"], terminal, settings=desk.site.settings, stores=desk.site.stores) == 0
    assert not set("\x1b\x07\r\u2028\u202e") & set(terminal.printed)
    assert not any(line.startswith("2026-01-01 00:00 INFO") for line in terminal.printed.splitlines())
    record = logging.LogRecord("formwork", logging.WARNING, "", 0, "name %s", (EVIL,), None)
    line = OneLine("%(levelname)s %(message)s").format(record)
    assert line.startswith("WARNING name Eve\\r\\n2026-01-01")
    assert len(line.splitlines()) == 1


def test_a_trace_in_the_log_keeps_its_lines() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.LogRecord("formwork", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    assert "\nTraceback" in OneLine("%(message)s").format(record)


def test_settings_are_noted_without_their_secrets(desk: Desk) -> None:
    secret = replace(desk.site.settings, smtp_password="canary-smtp", database_url="")
    settings_log.note(desk.site.stores, secret)
    (entry,) = [one for one in desk.acts() if one.act == "settings.changed"]
    assert "canary-smtp" not in str(entry)
    assert entry.about["settings"]["FORMWORK_SMTP_PASSWORD"] == "set"
