"""Rounding a decimal number the way people do, on doubles (SQLite) as on NUMERIC (PostgreSQL).

On SQLite a number is multiplied to where it must become whole and nudged by a few units of its last place, so
that 1.005, which is a little less as a double, is still a half. From 10^14 on there is nothing left to nudge.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.formulas.dialects import NUMBER, Element, alike, dialects

Rounding = Callable[[Element, Element], Element]
Stepping = Callable[[Element], Element]


def _shifting(inner: str) -> str:
    """`inner` rounds `{x}`, the number times 10^decimals, which is not negative."""
    text = (
        "CASE WHEN {1} < 0 THEN sign({0}) * " + inner.replace("{x}", "(abs({0}) / pow(10, -{1}))") + " * pow(10, -{1})"
        " WHEN abs({0}) * pow(10, {1}) >= 1e15 THEN {0}"
        " ELSE sign({0}) * " + inner.replace("{x}", "(abs({0}) * pow(10, {1}))") + " / pow(10, {1}) END"
    )
    return text


def round_half_away(value: Element, decimals: Element) -> Element:
    """Halves away from zero; `decimals` may be negative. Mentions both often."""
    return dialects(
        _shifting("CAST({x} * 1.0000000000000004 + 0.5 AS INTEGER)"), "round({0}, {1})", value, decimals, type_=NUMBER
    )


def round_up(value: Element, decimals: Element) -> Element:
    """Away from zero, unless nothing but a double's noise is left behind the last decimal."""
    away = "(trunc({0}, {1}) + CASE WHEN {0} = trunc({0}, {1}) THEN 0 ELSE sign({0}) * power(10.0, -{1}) END)"
    return dialects(_shifting("ceil({x} * 0.9999999999999996)"), away, value, decimals, type_=NUMBER)


def round_down(value: Element, decimals: Element) -> Element:
    """Towards zero."""
    return dialects(
        _shifting("CAST({x} * 1.0000000000000004 AS INTEGER)"), "trunc({0}, {1})", value, decimals, type_=NUMBER
    )


def ceiling(value: Element) -> Element:
    """The next whole number up."""
    return alike("ceil({0})", value, type_=NUMBER)


def with_sign_of(value: Element, size: Element) -> Element:
    """`size` with the sign of `value`."""
    return alike("CASE WHEN {0} < 0 THEN -{1} ELSE {1} END", value, size, type_=NUMBER)
