"""Patterns in formulas: the same answer from both databases."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import patterns
from engine.formulas.types import TEXT
from tests.engine.formulas.evaluating import evaluate

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
