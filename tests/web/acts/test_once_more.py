"""A page and the API begin anew where the transactions of others were in the way; nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import api_tokens, imports, records
from engine.errors import Collided
from tests.web.acts.conftest import Acts
from tests.web.acts.test_imports import bring, carry_out, count, titles


def colliding(act: Callable[..., Any], met: list[str]) -> Callable[..., Any]:
    """The same, but somebody is in the way the first time, when all is done."""

    def patched(*given: Any, **named: Any) -> Any:
        done = act(*given, **named)
        met.append(act.__name__)
        if met.count(act.__name__) == 1:
            raise Collided("in the way")
        return done

    return patched


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    acts: list[str] = []
    for module, name in ((records, "create"), (imports, "start"), (imports, "run")):
        monkeypatch.setattr(module, name, colliding(getattr(module, name), acts))
    return acts


def test_the_api(acts: Acts, met: list[str]) -> None:
    token = api_tokens.create(acts.site.stores, acts.who, acts.membership.id, "One")[1]
    headers = {"Authorization": f"Bearer {token}"}
    answer = acts.visitor.post("/v0/shop/tags", json={"fields": {"Name": "New"}}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert met == ["create", "create"]


def test_a_page_that_takes_a_file_reads_it_from_its_beginning(acts: Acts, met: list[str]) -> None:
    brought = bring(acts, "title,amount\nAlpha,10\nBeta,20\n")
    count(acts, brought)
    carry_out(acts, brought)
    assert met == ["start", "start", "run", "run"]
    assert {"Alpha", "Beta"} <= set(titles(acts))
    assert len(titles(acts)) == 5
