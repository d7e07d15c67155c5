"""Looking at the workspace as somebody else, at the pages."""

from __future__ import annotations

import re

import pytest

from engine import workspaces
from tests.web.pages.conftest import Work, lines_of, text_of
from tests.web.pages.test_roles import clerk
from tests.web.routes import paths
from tests.web.test_csrf import content_of

__all__ = ["clerk"]


@pytest.fixture
def as_clerk(work: Work, clerk: Work) -> Work:
    """The owner, who looks as the clerk."""
    assert work.post("/guise", user=clerk.who, next=f"{work.at}/apps/shop").url.path == f"{work.at}/apps/shop"
    return work


def test_one_is_chosen_among_those_who_may_do_no_more(work: Work, clerk: Work) -> None:
    page = text_of(work.get("/guise"))
    assert "See as Cleo" in page
    assert "See as Ada" not in page
    assert "Clerk" in page
    assert clerk.get("/guise").status_code == 403
    assert "See as somebody else" not in text_of(clerk.get(""))
    for path in ("/guise", "/people", "/apps/shop/-/access"):
        assert f'value="{clerk.who}"' in work.get(path).text
    assert clerk.post("/guise", user=work.who).status_code == 403
    assert "Choose a person, or at least one role." in text_of(work.post("/guise"))


def test_every_page_is_the_one_that_the_other_sees(clerk: Work, as_clerk: Work) -> None:
    won = next(one for one in clerk.deals() if one.values["title"] == "Deal 003")
    for path in (
        "", "/apps/shop", "/apps/shop/deals", "/apps/shop/deals/views/board", "/apps/shop/customers", "/people",
        f"/apps/shop/deals/records/{won.id}", f"/apps/shop/deals/records/{won.id}/history", "/search?q=Deal",
        "/apps/shop/deals/choices/tags?q=", "/apps/shop/-/access", "/apps/shop/-/revisions", "/trash", "/audit",
        "/imports/new?table=shop.deals", "/shares",
    ):  # fmt: skip
        mine, theirs = as_clerk.get(path), clerk.get(path)
        assert mine.status_code == theirs.status_code, path
        assert _without_frame(text_of(mine)) == _without_frame(text_of(theirs)), path
    assert lines_of(as_clerk.get("/apps/shop/deals")) == ["Deal 003", "Deal 006"]


def _without_frame(text: str) -> str:
    """The page's text without the banner and the menu of one's account."""
    for shown in (
        "You see Acme as Cleo, only to look. Be yourself again Q", "Ada ada@example.com", "Cleo cleo@example.com",
    ):  # fmt: skip
        text = text.replace(shown, "")
    text = re.sub(r"\d+ seconds? ago", "just now", text)
    return " ".join(word for word in text.split() if word not in ("A", "C"))


def test_a_banner_says_as_whom_and_leads_out(work: Work, as_clerk: Work) -> None:
    for path in ("", "/apps/shop/deals", "/apps/shop/customers"):
        assert "You see Acme as Cleo, only to look." in text_of(as_clerk.get(path))
    assert "You see Acme as Cleo" in text_of(work.visitor.get("/account"))
    back = as_clerk.visitor.submit(f"{work.at}/guise/end", on=work.at, next=f"{work.at}/apps/shop/customers")
    assert back.url.path.startswith(f"{work.at}/apps/shop/customers")
    assert back.status_code == 200
    assert "You see" not in text_of(back)
    assert "looks as Cleo" in text_of(work.get("/audit?log=people"))
    assert "ended that Ada looks as Cleo" in text_of(work.get("/audit?log=people"))


def test_somebody_with_roles_owns_nothing_and_is_called_by_them(work: Work, clerk: Work) -> None:
    work.post("/guise", roles=["shop.clerk"])
    page = text_of(work.get("/apps/shop/deals"))
    assert "You see Acme as somebody with these roles, only to look: Clerk." in page
    assert "2 records" in page
    assert work.get("/inbox").status_code == 200


def test_nothing_can_be_changed_by_any_route(work: Work, as_clerk: Work) -> None:
    won = work.deals()[2].id
    token = work.visitor.token(work.at)
    found = paths(
        work.visitor.app, "post", "put", "patch", "delete",  # type: ignore[arg-type]
        workspace=work.membership.id, app="shop", table="deals", record=won, user=work.who, view="all", role="clerk",
    )  # fmt: skip
    found = [one for one in found if one.startswith(work.at) and not one.startswith(f"{work.at}/guise")]
    assert len(found) > 50
    before = content_of(work.site, work.membership.id)
    for path in found:
        answer = work.visitor.post(path, data={"form_token": token, "title": "x", "name": "x", "role": "owner"})
        assert answer.status_code == 403, path
        assert "can change nothing meanwhile" in text_of(answer), path
    assert content_of(work.site, work.membership.id) == before


def test_nothing_is_changed_by_looking(work: Work, as_clerk: Work) -> None:
    before = content_of(work.site, work.membership.id)
    known = {"workspace": work.membership.id, "app": "shop", "table": "deals", "record": work.deals()[2].id}
    for path in paths(work.visitor.app, "get", **known, view="all"):  # type: ignore[arg-type]
        if path.startswith(work.at):
            assert work.visitor.get(path).status_code < 500, path
    assert content_of(work.site, work.membership.id) == before


def test_who_loses_the_right_is_themself_at_the_next_request(work: Work, as_clerk: Work) -> None:
    assert as_clerk.get("/apps/shop/customers").status_code == 404
    workspaces.change_role(work.site.stores, work.membership.id, as_clerk_id(work), "builder")
    assert "You see Acme as Cleo" in text_of(work.get(""))
    workspaces.change_role(work.site.stores, work.membership.id, as_clerk_id(work), "owner")
    workspaces.change_role(work.site.stores, work.membership.id, work.who, "builder")
    page = work.get("/apps/shop/customers")
    assert page.status_code == 200
    assert "You see Acme as Cleo" not in text_of(page)


def as_clerk_id(work: Work) -> str:
    return next(one.id for one in workspaces.people(work.site.stores, work.membership.id) if one.name == "Cleo")


def test_signing_out_ends_it(work: Work, as_clerk: Work) -> None:
    work.visitor.submit("/sign-out", on=work.at)
    work.visitor.sign_in()
    assert "You see Acme" not in text_of(work.get(""))
