"""What anybody can have happen at will is written down only so often."""

from __future__ import annotations

from engine.storage.tally import A_DAY, A_MINUTE, Tally


def test_so_many_a_minute_then_only_counted() -> None:
    now = [0.0]
    tally = Tally(lambda: now[0])
    assert [tally.take("refused") for _each in range(A_MINUTE)] == [0] * A_MINUTE
    assert [tally.take("refused") for _each in range(3)] == [None] * 3
    assert tally.take("other") == 0
    now[0] = 61.0
    assert tally.take("refused") == 3
    assert tally.take("refused") == 0


def test_so_many_a_day() -> None:
    now = [0.0]
    tally = Tally(lambda: now[0])
    taken = 0
    for _each in range(A_DAY * 2):
        now[0] += 6.0
        taken += tally.take("refused") is not None
    assert taken == A_DAY
    now[0] += 86_400.0
    assert tally.take("refused") == A_DAY
