"""JSON that somebody brought is read as every other reader would read it, or not at all (T-JSON-02, T-BAD-06)."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from engine.json_text import MAX_DIGITS, read_json


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "This is no JSON: line 1, character 1."),
        ('{"a":\n 1,}', "This is no JSON: line 2"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": {"b": 1, "b": 2}}', 'The key "b" stands twice in one object.'),
        ("NaN", "NaN is no number."),
        ("[-Infinity]", "-Infinity is no number."),
        ("1e999", "at most 40 digits"),
        ("9" * (MAX_DIGITS + 1), "at most 40 digits"),
        ("0." + "1" * MAX_DIGITS, "at most 40 digits"),
        ("9" * 5000, "at most 40 digits"),
        ('"\\ud800"', "half a character"),
        ('{"\\udc00": 1}', "half a character"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_json(text)


def test_what_is_read() -> None:
    assert read_json(' {"a": [1, 0.5, "\\ud83d\\ude00", null, true], "__proto__": {}} ') == {
        "a": [1, 0.5, "😀", None, True],
        "__proto__": {},
    }
    assert read_json("9" * MAX_DIGITS) == int("9" * MAX_DIGITS)
