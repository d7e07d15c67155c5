"""Ids keep the order in which things were made, whatever the clock does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import ids


@pytest.mark.parametrize("hours", [0, -1])
def test_what_is_made_later_comes_later(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    before = [ids.new_id("rec") for _again in range(50)]
    now = time.time_ns() + hours * 3_600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: now)  # it stands still, too
    made = [*before, *ids.new_ids("rec", 100_000), *(ids.new_id("rec") for _again in range(50))]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {17}


def test_no_two_are_alike_however_many_make_them() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [one for some in threads.map(lambda _: ids.new_ids("rec", 50), range(200)) for one in some]
    assert len(set(made)) == 10_000


def test_a_millisecond_that_is_full_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)
    row = ids._Row()
    begun = [row.begin(100_000) for _again in range(600)]
    assert begun == sorted(set(begun))
    assert begun[0][0] == 10**12 < begun[-1][0]
