"""The second factor at the pages: switched on with a phone, asked for at the next sign-in, switched off (T-2FA-01)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from engine import accounts, remembered, second_factor
from engine.storage.control_tables import remembered_browsers, second_factors, sessions
from engine.storage.session import timestamp
from engine.workspaces import Membership
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.site import Site

PAGE = "/account/second-factor"


def _switch_on(site: Site, owner: Visitor) -> tuple[str, list[str]]:
    """The seed and the recovery codes. The code that was typed may be typed once more, as if it were the next one."""
    shown = owner.get(PAGE).text
    seed = re.search(r"<code>([A-Z2-7 ]{32,})</code>", shown)
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown)
    token = re.search(r'name="form_token" value="([^"]+)"', shown)
    assert seed
    assert sealed
    assert token
    plain = seed[1].replace(" ", "")
    code = second_factor.code_at(plain, datetime.now(UTC))
    answer = owner.post(PAGE, data={"form_token": token[1], "sealed": sealed[1], "code": f"{code[:3]} {code[3:]}"})
    codes = re.findall(r"\b[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}\b", answer.text)
    assert len(codes) == 10, answer.text
    with site.stores.control.write() as session:
        session.connection.execute(sa.update(second_factors).values(last_step=0))
    return plain, codes


def _code(seed: str) -> str:
    return second_factor.code_at(seed, datetime.now(UTC))


def test_from_the_picture_to_the_next_sign_in(app: FastAPI, site: Site, owner: Visitor, membership: Membership) -> None:
    other = Visitor(app)
    other.sign_in()
    assert 'class="qr-code"' in owner.get(PAGE).text
    seed, codes = _switch_on(site, owner)
    assert codes[0] not in owner.get(PAGE).text
    assert "10 recovery codes are left" in owner.get("/account/security").text
    assert other.get("/account").url.path == "/sign-in"
    asked = other.submit("/sign-in", email=EMAIL, password=PASSWORD, next="/account/tokens")
    assert asked.url.path == "/sign-in/code"
    assert other.get("/account").url.path == "/sign-in"
    address = "/sign-in/code?next=/account/tokens"
    wrong = other.submit("/sign-in/code", on=address, code="000000" if _code(seed) != "000000" else "1", next="/x")
    assert wrong.status_code == 422
    assert "code is wrong" in wrong.text
    right = other.submit("/sign-in/code", on=address, code=_code(seed), next="/account/tokens")
    assert right.url.path == "/account/tokens"
    third = Visitor(app)
    third.sign_in()
    assert third.submit("/sign-in/code", code=codes[3]).url.path == f"/w/{membership.id}"


def test_a_code_is_bound_to_the_browser_that_knew_the_password(app: FastAPI, site: Site, owner: Visitor) -> None:
    seed, _codes = _switch_on(site, owner)
    Visitor(app).sign_in()
    stranger = Visitor(app)
    assert stranger.get("/sign-in/code").url.path == "/sign-in"
    answer = stranger.submit("/sign-in/code", on="/sign-in", code=_code(seed))
    assert answer.status_code == 422
    assert "Sign in again" in answer.text
    assert stranger.get("/account").url.path == "/sign-in"
    state = site.stores.control
    with state.read() as session:
        assert session.connection.execute(sa.select(second_factors.c.last_step)).scalar() == 0


def test_after_five_wrong_codes_it_begins_anew(app: FastAPI, site: Site, owner: Visitor) -> None:
    _seed, codes = _switch_on(site, owner)
    visitor = Visitor(app)
    visitor.sign_in()
    answers = [visitor.submit("/sign-in/code", on="/sign-in/code", code="wrong") for _try in range(5)]
    assert "too many codes were wrong" in answers[-1].text
    assert visitor.submit("/sign-in/code", on="/sign-in", code=codes[0]).status_code == 422
    assert visitor.get("/account").url.path == "/sign-in"


def test_a_wrong_code_switches_nothing_on_and_keeps_the_picture(site: Site, owner: Visitor) -> None:
    shown = owner.get(PAGE).text
    found = re.search(r'name="sealed" value="([^"]+)"', shown)
    assert found
    seed = site.vault.open(found[1], f"new second factor of {_ada(site)}")
    wrong = owner.submit(PAGE, sealed=found[1], code="12345")
    assert wrong.status_code == 422
    assert seed in wrong.text.replace(" ", "")
    assert second_factor.state(site.stores, _ada(site)) is None
    assert owner.submit(PAGE, sealed="v1.made.up", code="123456").status_code == 200
    assert second_factor.state(site.stores, _ada(site)) is None


def _ada(site: Site) -> str:
    found = accounts.person_by_email(site.stores, EMAIL)
    assert found
    return found.id


def test_switching_off_asks_for_the_password(app: FastAPI, site: Site, owner: Visitor, membership: Membership) -> None:
    _switch_on(site, owner)
    wrong = owner.submit(f"{PAGE}/removal", on=PAGE, current_password="wrong")
    assert wrong.status_code == 422
    assert second_factor.state(site.stores, _ada(site))
    owner.submit(f"{PAGE}/removal", on=PAGE, current_password=PASSWORD)
    assert second_factor.state(site.stores, _ada(site)) is None
    assert Visitor(app).sign_in().url.path == f"/w/{membership.id}"


def test_new_recovery_codes_replace_the_old(site: Site, owner: Visitor) -> None:
    _seed, codes = _switch_on(site, owner)
    fresh = owner.submit(f"{PAGE}/codes", on=PAGE).text
    assert codes[0] not in fresh
    assert len(re.findall(r"\b[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}\b", fresh)) == 10


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/codes"])
def test_a_found_browser_changes_nothing(site: Site, owner: Visitor, path: str) -> None:
    token = owner.token("/account")
    with site.stores.control.write() as session:
        earlier = timestamp(session.now - timedelta(minutes=16))
        session.connection.execute(sa.update(sessions).values(proved_at=earlier))
    assert owner.get(PAGE).url.path == "/account/proof"
    assert owner.post(path, data={"form_token": token}).url.path == "/account/proof"


def test_a_remembered_browser_is_asked_for_no_code(app: FastAPI, site: Site, owner: Visitor) -> None:
    seed, codes = _switch_on(site, owner)
    browser = Visitor(app)
    browser.sign_in()
    browser.submit("/sign-in/code", code=_code(seed), remember="yes")
    browser.submit("/sign-out", on="/account")
    assert browser.sign_in().url.path.startswith("/w/")
    assert Visitor(app).sign_in().url.path == "/sign-in/code"
    shown = owner.get("/account/security").text
    assert "Browsers that are asked for no code" in shown
    forget = re.search(r"/account/browsers/[^/]+/forget", shown)
    assert forget
    owner.submit(forget[0], on="/account")
    assert "Browsers that are asked for no code" not in owner.get("/account/security").text
    browser.submit("/sign-out", on="/account")
    assert browser.sign_in().url.path == "/sign-in/code"
    browser.submit("/sign-in/code", code=codes[0])  # not ticked
    browser.submit("/sign-out", on="/account")
    assert browser.sign_in().url.path == "/sign-in/code"


def test_a_browser_is_remembered_for_thirty_days_and_one_person(app: FastAPI, site: Site, owner: Visitor) -> None:
    _switch_on(site, owner)
    with site.stores.control.write() as session:
        secret = remembered.remember(session, _ada(site), "", "")
        assert remembered.knows(session, _ada(site), secret)
        assert not remembered.knows(session, "usrSomebodyElse", secret)
        assert not remembered.knows(session, _ada(site), "")
        over = {"expires_at": timestamp(session.now - timedelta(seconds=1))}
        session.connection.execute(sa.update(remembered_browsers).values(over))
        assert not remembered.knows(session, _ada(site), secret)
    assert remembered.belonging_to(site.stores, _ada(site)) == []
