"""Work that goes on while pages show how far it is."""

from __future__ import annotations

import threading

from engine.errors import Conflict
from web.background import Background


def test_a_job_is_under_way_until_it_is_done_and_begins_once() -> None:
    background, gate = Background(), threading.Event()
    assert background.start("a", "count", lambda: gate.wait(60))
    assert not background.start("a", "count", lambda: None)
    job = background.under_way("a")
    assert job is not None
    assert job.what == "count"
    assert background.under_way("b") is None
    gate.set()
    background.close()
    assert background.under_way("a") is None
    assert background.failure("a") == ""


def test_a_failure_is_kept_in_words() -> None:
    def refuse() -> None:
        raise Conflict("It was changed.")

    def crash() -> None:
        raise KeyError("secret detail")

    background = Background()
    background.start("a", "run", refuse)
    background.start("b", "run", crash)
    background.close()
    assert background.under_way("a") is None
    assert background.failure("a") == "It was changed."
    assert "secret" not in background.failure("b")
    assert "went wrong" in background.failure("b")
