"""The audit log's page: for owners only, in their language, with proof that nobody changed it."""

from __future__ import annotations

import json

from fastapi import FastAPI

from engine import accounts, apps, audit
from engine.access.principals import person
from engine.ids import secret_hash
from engine.text import Text
from engine.workspaces import Membership
from tests.web.conftest import PASSWORD, Visitor
from web.site import Site

APP = {"formwork": 1, "key": "shop", "label": {"en": "Shop", "zh": "商店"}, "version": "1.0.0"}
TABLES = {"items": {"fields": {"name": {"type": "text"}}}}


def test_what_was_done_stands_there_and_is_proven(owner: Visitor, site: Site, membership: Membership) -> None:
    page = f"/w/{membership.id}/audit"
    assert "Nothing noted yet" in owner.get(page).text
    ada = accounts.person_by_email(site.stores, "ada@example.com")
    assert ada is not None
    with site.stores.workspace(membership.id).write(person(ada.id, "owner")) as session:
        apps.apply(session, {**APP, "tables": TABLES})
    shown = owner.get(page).text
    assert "installed the app Shop" in shown
    assert "nobody changed the log" in owner.get(f"{page}?checked=1").text
    assert "安装了应用 商店" in owner.get(page, headers={"Accept-Language": "zh"}).text


def test_older_entries_are_a_page_away(owner: Visitor, site: Site, membership: Membership) -> None:
    with site.stores.workspace(membership.id).write() as session:
        for number in range(audit.SHOWN + 1):
            audit.note(session, "test", _said(number))
    page = f"/w/{membership.id}/audit"
    assert "did number 0." not in owner.get(page).text
    assert "did number 0." in owner.get(f"{page}?before=2").text
    assert "before=2" in owner.get(page).text


def test_a_builder_does_not_read_it(app: FastAPI, owner: Visitor, site: Site, membership: Membership) -> None:
    accounts.add_person(
        site.stores, membership.id, name="Ben", email="ben@example.com", password=PASSWORD, role="builder"
    )
    ben = Visitor(app)
    ben.sign_in("ben@example.com")
    assert ben.get(f"/w/{membership.id}/audit").status_code == 403
    assert "/audit" not in ben.get(f"/w/{membership.id}").text
    assert "/audit" in owner.get(f"/w/{membership.id}").text


def test_an_entry_shows_where_it_came_from(owner: Visitor, site: Site, membership: Membership) -> None:
    owner.submit(f"/w/{membership.id}/audit/exports", on="/account")
    (entry,) = entries(site, membership, "audit.exported")
    assert (entry.by_kind, entry.address, entry.result) == ("person", "testclient", "done")
    assert entry.request.startswith("req")
    assert entry.session == secret_hash(owner.cookies["formwork-sid"])[:12]
    shown = owner.get(f"/w/{membership.id}/audit").text
    assert all(one in shown for one in (entry.address, entry.request, entry.session, entry.hash))


def test_signing_in_is_noted_with_the_session_that_begins(
    app: FastAPI, owner: Visitor, site: Site, membership: Membership
) -> None:
    (entry,) = entries(site, membership, "account.signed_in")
    assert entry.session == secret_hash(owner.cookies["formwork-sid"])[:12]
    assert (entry.address, entry.result) == ("testclient", "done")
    Visitor(app).sign_in(password="wrong")
    (failed,) = entries(site, membership, "account.sign_in_failed")
    assert (failed.session, failed.result) == ("", "failed")


def test_requests_have_names_of_their_own(owner: Visitor, site: Site, membership: Membership) -> None:
    for _each in range(2):
        owner.submit(f"/w/{membership.id}/audit/exports", on="/account")
    assert len({one.request for one in entries(site, membership, "audit.exported")}) == 2


def test_the_log_is_taken_along_as_json_lines(owner: Visitor, site: Site, membership: Membership) -> None:
    with site.stores.workspace(membership.id).write() as session:
        audit.note(session, "test", _said(1), name="Eve\r\n\x1b[2J\u202e\x9b")
    taken = owner.submit(f"/w/{membership.id}/audit/exports", on="/account")
    lines = list(map(json.loads, taken.text.splitlines()))
    assert [(one["chain"], one["act"]) for one in lines] == [("workspace", "test"), ("workspace", "audit.exported")]
    assert lines[0]["about"]["name"] == "Eve\r\n\x1b[2J\u202e\x9b"
    assert taken.text.isascii()  # T-AUD-03
    assert "\x1b" not in taken.text
    of_people = owner.submit(f"/w/{membership.id}/audit/exports", on="/account", log="people")
    acts = [json.loads(line)["act"] for line in of_people.text.splitlines()]
    assert "account.signed_in" in acts


def entries(site: Site, membership: Membership, act: str) -> list[audit.Entry]:
    asker = person("usr00000000000009", "owner")
    with site.stores.workspace(membership.id).read(asker) as session:
        found = audit.entries(session)
    with site.stores.control.read(asker) as session:
        found += audit.entries(session, workspace=membership.id)
    return [one for one in found if one.act == act]


def _said(number: int) -> Text:
    return Text("did number {number}.", {"number": number})
