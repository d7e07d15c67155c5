"""Patterns: the closed grammar, and no pattern that takes for ever (T-DOS-04)."""

from __future__ import annotations

import re
import time

import pytest

from engine import patterns


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+", "(a|b)*", "(a*)*", "(?=a)", "(?<n>a)", r"(a)\1", "a**", "a{1,300}", "(a", "a)", "[a", "[z-a]", "*a",
        "\\", r"\q", "^*", ".*.*.*.*x", "((a{99}){99}){99}", "a*?b*", "x" * 201, "(" * 11 + ")" * 11,
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(patterns.BadPattern):
        patterns.read(text)


@pytest.mark.parametrize(
    "text",
    [
        r"[0-9]+", r".*@.*", r"^a*a*b", r"^.*@x", r"^(a+)?(a+)?$", r"\w+\s+\w+$", r".*.*=", r"(x|a+)a+b",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", r"a{1,200}a{1,200}b", r"(?i)a+A+b",
    ],
)  # fmt: skip
def test_the_slowest_text_that_is_allowed_is_matched_in_time(text: str) -> None:
    pattern = patterns.read(text)
    for unit in ("a", "a ", "a.", "@", " "):
        hard = (unit * pattern.longest)[: pattern.longest]
        started = time.thread_time()
        re.search(pattern.python, hard, re.ASCII)
        assert time.thread_time() - started < 3
