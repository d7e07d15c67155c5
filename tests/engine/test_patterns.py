"""Patterns: the closed grammar, the same answer from both engines, and no pattern that takes for ever (T-DOS-04)."""

from __future__ import annotations

import re
import time

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import patterns
from engine.formulas.types import TEXT
from tests.engine.formulas.evaluating import evaluate


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


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "0",
        ".",
        "-",
        "中",
        r"\d",
        r"\w",
        r"\s",
        r"\.",
        "[a-c]",
        "[^a]",
        "[0-9_]",
        "a+",
        r"\d*",
        "b?",
        "[ab]{2}",
        "(ab)",
    ]
)
PATTERNS = st.builds(
    lambda start, pieces, end: start + "".join(pieces) + end,
    st.sampled_from(["", "^"]),
    st.lists(PIECES, min_size=1, max_size=4),
    st.sampled_from(["", "$"]),
)
TEXTS = st.text(alphabet="ab0.-_ 中A\n", max_size=12)


@given(pattern=PATTERNS, text=TEXTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_find_the_same(pattern: str, text: str, on_sqlite: sa.Engine, on_postgresql: sa.Engine) -> None:
    try:
        patterns.read(pattern)
    except patterns.BadPattern:
        return
    written = pattern.replace("\\", "\\\\")
    for function in ("REGEX_MATCH", "REGEX_EXTRACT"):
        expression = f'{function}({{t}}, "{written}")'
        one, other = (evaluate(engine, expression, t=(TEXT, text)) for engine in (on_sqlite, on_postgresql))
        assert (one.value or None, one.error) == (other.value or None, other.error)
