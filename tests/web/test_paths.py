"""Addresses as people type them."""

from __future__ import annotations

import pytest

from tests.web.conftest import Visitor


@pytest.mark.parametrize("path", ["/workspaces/", "/account//", "/sign-in/"])
def test_a_slash_at_the_end_of_an_address_means_nothing(owner: Visitor, path: str) -> None:
    answer = owner.get(path, follow_redirects=False)
    without = owner.get(path.rstrip("/"), follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (
        without.status_code,
        without.headers.get("location"),
    )
    assert answer.status_code != 404


def test_a_form_is_sent_to_such_an_address_too(owner: Visitor) -> None:
    assert owner.submit("/preferences/", on="/account/", language="zh").status_code == 200
    assert 'lang="zh' in owner.get("/account").text
