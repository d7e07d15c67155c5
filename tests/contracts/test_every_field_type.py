"""What every field type must do, whichever lie in the folder."""

from __future__ import annotations

import contextlib
from typing import Any

import jsonschema
import pytest

from engine.definitions.schema import app_schema
from engine.field_types import FieldType, InvalidValue, field_types
from engine.filters import HELD
from engine.text import Text

EXAMPLES: dict[str, dict[str, Any]] = {
    "currency": {"currency": "EUR"},
    "select": {"choices": {"open": {"label": "Open"}, "won": {"label": {"en": "Won", "zh": "赢单"}, "color": "green"}}},
    "multi_select": {"choices": {"a": {"label": "A"}, "b": {"label": {"en": "B, b", "zh": "乙"}}}},
    "status": {
        "choices": {"open": {"label": "Open"}, "done": {"label": "Done", "kind": "done"}},
        "transitions": {"open": ["done"]},
    },
    "link": {"to": "accounts"},
    "any_link": {"to": ["accounts", "leads"]},
    "formula": {"formula": "1"},
    "button": {"url": '"https://example.com/" & {name}'},
    "rollup": {"through": "deals", "field": "amount", "function": "sum"},
    "lookup": {"through": "account", "field": "name"},
    "count": {"through": "deals"},
    "snapshot": {"through": "account", "field": "name"},
    "line_items": {"of": "lines", "by": "order"},
    "sequence": {"number": "SO-{YYYY}-{####}", "restart": "year"},
}
TYPED: dict[str, list[tuple[str, Any]]] = {
    "text": [("Ünïcode 中文", "Ünïcode 中文"), ("e\u0301", "\u00e9")],
    "long_text": [("a\r\nb", "a\nb")],
    "number": [("1,234", 1234), ("\u22127", -7), ("(12)", -12), ("0.4", 0), ("2.5", 3)],
    "currency": [("\u20ac 1,234.50", 1234.5), ("19.995", 20), ("-0.10", -0.1)],
    "percent": [("10", 0.1), ("12.5 %", 0.125)],
    "checkbox": [("yes", True), ("否", False)],
    "date": [("2026-03-31", "2026-03-31"), ("2026/3/1", "2026-03-01"), ("2026年3月1日", "2026-03-01")],
    "date_time": [
        ("2026-03-31 14:30", "2026-03-31T14:30:00.000Z"),
        ("2026-03-31T14:30+02:00", "2026-03-31T12:30:00.000Z"),
    ],
    "select": [("won", "won"), ("WON", "won"), ("赢单", "won")],
    "status": [("done", "done"), ("OPEN", "open")],
    "email": [(" a@example.com ", "a@example.com")],
    "phone": [
        ("+49 (0)30 1234567", "+49301234567"),
        ("0086 138-0013-8000", "+8613800138000"),
        ("030  1234567", "030 1234567"),
        ("+1 206 555 9857 ext. 12", "+12065559857 x12"),
    ],
    "url": [("example.com/a", "https://example.com/a")],
    "multi_select": [("乙, A", ["a", "b"]), ("A; B, b", ["a", "b"]), ("B, b", ["b"]), ('"B, b"', ["b"])],
    "rating": [("4", 4), ("★★★", 3)],
    "autonumber": [("7", 7)],
    "rich_text": [("a\r\n<b>x</b>", "a\n&lt;b>x&lt;/b>")],
    "barcode": [(" 4006381333931 ", "4006381333931")],
    "progress": [("40 %", 0.4), ("100", 1)],
    "duration": [
        ("1:30", 5400),
        ("1:30:15", 5415),
        ("2h 15m", 8100),
        ("90", 5400),
        ("1天2小时", 93600),
        ("-0:30", -1800),
    ],
    "time": [("9:05", "09:05:00"), ("2:30 pm", "14:30:00"), ("14:30:15", "14:30:15"), ("下午3点05分", "15:05:00")],
    "json": [('{"b": [1, null], "a": "é"}', {"b": [1, None], "a": "é"}), ("12", 12)],
    "location": [
        ("Helsinki (60.17, 24.94)", {"lat": 60.17, "lng": 24.94, "label": "Helsinki"}),
        ("-33.8568,151.2153", {"lat": -33.8568, "lng": 151.2153}),
        ("Main Street 1", {"label": "Main Street 1"}),
    ],
    "users": [("usr00000000000001, usr00000000000001", ["usr00000000000001"])],
    "user": [("usr00000000000001", "usr00000000000001")],
    "department": [("dep00000000000001", "dep00000000000001")],
    "line_items": [("rec00000000000001", [{"id": "rec00000000000001"}])],
    "sequence": [("SO-2026-0007", "SO-2026-0007"), (" old 7 ", "old 7")],
    "signature": [("M1 2L3 4L600 200M5 5L6 6", "M1 2L3 4L600 200M5 5L6 6"), (" Ada  Lovelace ", "Ada Lovelace")],
    "attachment": [("att00000000000001, att00000000000002", ["att00000000000001", "att00000000000002"])],
    "parent": [("rec00000000000001", "rec00000000000001")],
    "link": [("rec00000000000001", "rec00000000000001")],
    "any_link": [(" rec00000000000001", "rec00000000000001")],
}
REFUSED: dict[str, list[str]] = {
    "number": ["12,,5", "abc", "1e5", "NaN", "1234567890123456"],
    "currency": ["12,,5", "ten"],
    "percent": ["half"],
    "checkbox": ["perhaps"],
    "date": ["2026-02-30", "31.12.2026x", "today"],
    "date_time": ["noon"],
    "select": ["lost"],
    "status": ["lost"],
    "email": ["a@b", "a b@example.com", "a@example.com, b@example.com"],
    "phone": ["call me", "12", "+999 1234567", "+49 12"],
    "url": ["javascript:alert(1)", "ftp://example.com", "https://"],
    "user": ["Ada"],
    "department": ["Sales"],
    "rating": ["0", "6", "good"],
    "progress": ["101 %", "-1"],
    "duration": ["soon", "1:75"],
    "time": ["25:00", "13 pm", "9"],
    "json": ["{", "{'a': 1}", "NaN"],
    "location": ["91, 0"],
    "users": ["Ada, usr00000000000001"],
    "multi_select": ["A, C"],
    "signature": ["M1 2L601 4" * 20, "x" * 101],
    "attachment": ["photo.png", "../etc/passwd"],
    "any_link": ["Acme", "rec00000000000001, rec00000000000002"],
}

every = pytest.mark.parametrize("kind", list(field_types.values()), ids=list(field_types))


@every
def test_says_what_it_is(kind: FieldType) -> None:
    assert isinstance(kind.label, Text)
    assert kind.icon
    assert kind.holds in HELD or kind.holds == "computed"


@every
def test_its_options_are_part_of_the_language(kind: FieldType) -> None:
    schema = {**app_schema(), "properties": {}, "required": [], "$ref": "#/$defs/field", "additionalProperties": True}
    field = {"type": kind.name, **EXAMPLES.get(kind.name, {})}
    found = list(jsonschema.Draft202012Validator(schema).iter_errors(field))
    if kind.system:
        assert found, "a field that every table has is not declared"
    else:
        assert not found
        assert list(jsonschema.Draft202012Validator(schema).iter_errors({**field, "no_such_option": 1}))


@every
def test_reads_what_people_type_and_accepts_what_it_has_read(kind: FieldType) -> None:
    options = EXAMPLES.get(kind.name, {})
    if kind.copied or kind.computed or kind.system:
        with pytest.raises(InvalidValue):
            kind.accept("anything", options)
        return
    assert kind.name in TYPED, "add an example of what people type"
    for text, value in TYPED[kind.name]:
        assert kind.read(text, options) == value
        assert kind.accept(value, options) == value
        assert isinstance(kind.display(value, options, "en"), str)
        jsonschema.validate(value, kind.value_schema(options))


@every
def test_refuses_with_words(kind: FieldType) -> None:
    for text in REFUSED.get(kind.name, []):
        with pytest.raises(InvalidValue) as refused:
            kind.read(text, EXAMPLES.get(kind.name, {}))
        assert isinstance(refused.value.says, Text)


@every
@pytest.mark.parametrize("value", [{}, {"a": 1}, [1, 2], float("inf"), float("nan"), 10**400, "\ud800", "\x00"])
def test_never_fails_on_strange_json(kind: FieldType, value: Any) -> None:
    with contextlib.suppress(InvalidValue):
        kind.accept(value, EXAMPLES.get(kind.name, {}))
