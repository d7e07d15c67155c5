"""Whoever sends a public form gets the link to correct it by mail, where the form says so."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps
from engine.access.principals import ENGINE
from engine.workspaces import Membership
from tests.web.accounts.conftest import Post
from tests.web.conftest import Visitor
from tests.web.pages.conftest import text_of
from web.site import Site

APP: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": "Shop",
    "tables": {
        "requests": {
            "title": "wish",
            "fields": {"wish": {"type": "text"}, "email": {"type": "email"}},
            "forms": {
                "ask": {
                    "label": "Ask us",
                    "fields": ["wish", "email"],
                    "public": True,
                    "corrections": {"mail_to": "email"},
                }
            },
        }
    },
}


@pytest.fixture
def form(site: Site, membership: Membership) -> str:
    """The address of the public form."""
    with site.stores.workspace(membership.id).write(ENGINE) as session:
        apps.apply(session, copy.deepcopy(APP))
    return f"/f/{membership.id}/shop/requests/ask"


def test_the_link_comes_by_mail_and_opens_what_was_sent(form: str, visitor: Visitor, post: Post) -> None:
    receipt = visitor.submit(form, wish="a desk", email="bo@example.com")
    assert "also on its way to the e-mail address" in text_of(receipt)
    (link,) = post.links("bo@example.com")
    assert link in receipt.text
    assert 'value="a desk"' in visitor.get(link).text


def test_pressing_twice_sends_one_mail(form: str, visitor: Visitor, post: Post) -> None:
    fields = {"form_token": visitor.token(form), "wish": "a desk", "email": "bo@example.com"}
    for _time in range(2):
        visitor.post(form, data=fields)
    assert len(post.deliver()) == 1


def test_nobody_floods_an_address(form: str, visitor: Visitor, post: Post) -> None:
    for number in range(5):
        assert visitor.submit(form, wish=f"desk {number}", email="Bo@example.com").status_code == 200
    assert len(post.deliver()) == 3


def test_without_an_address_nothing_is_mailed(form: str, visitor: Visitor, post: Post) -> None:
    assert "/c/" in visitor.submit(form, wish="a desk", email="").text
    assert post.deliver() == []
