"""Messages with placeholders (T-TPL-02, T-TPL-03)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.formulas import FormulaError, messages
from engine.formulas.types import DATE, NUMBER, TEXT, list_of, record_of, select_of
from tests.engine.formulas.evaluating import Fields

FIELDS = Fields(
    {
        "name": (TEXT, "{{7*7}} ${x} {% y %} {0}"),
        "amount": (NUMBER, 1234.5),
        "zero": (NUMBER, 0),
        "none": (TEXT, None),
        "due": (DATE, "2026-11-21"),
        "stage": (select_of({"won": {"label": "Won"}}), "won"),
        "account": (record_of("crm.accounts", title="name"), "rec1"),
        "account.name": (TEXT, "Acme"),
        "tags": (list_of(TEXT), ["a", "b"]),
    }
)


def filled(engine: sa.Engine, text: str) -> str:
    compiled = messages.compile(messages.check(text, FIELDS), FIELDS)
    assert compiled.error is None
    with engine.connect() as connection:
        found: str = connection.execute(sa.select(compiled.value)).scalar_one()
    return found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("No placeholder { } at all", "No placeholder { } at all"),
        ("{{ amount }}", "1234.5"),
        ("{{amount}}", "1234.5"),
        ("Deal {{ {account.name} }}: {{ amount * 2 }}!", "Deal Acme: 2469!"),
        ("{{ account.name }} {{ account }}", "Acme Acme"),
        ("{{{amount}}}", "1234.5"),
        ('{{ "}}" & amount }}', "}}1234.5"),
        ("{{ stage }} {{ due }} {{ tags }}{{ none }}.", "Won 2026-11-21 a, b."),
        ("{{ 1 / zero }}", "#ERROR!"),
        ("{{ IF(amount > 1000, 'big', 'small') }}", "big"),
        ("{{ name }}", "{{7*7}} ${x} {% y %} {0}"),
        ("100 % {0} \\ {{ name }}", "100 % {0} \\ {{7*7}} ${x} {% y %} {0}"),
    ],
)
def test_placeholders_are_filled_once(text: str, shown: str, engine: sa.Engine) -> None:
    assert filled(engine, text) == shown


def test_mistakes_stand_at_their_place_in_the_message() -> None:
    text = "Dear {{ nam }}, {{ ROUNF(1) }}"
    with pytest.raises(FormulaError) as raised:
        messages.check(text, FIELDS)
    assert [text[one.start : one.end] for one in raised.value.mistakes] == ["nam", "ROUNF"]


@pytest.mark.parametrize("text", ["{{ amount", "{{ }}", "{{ 'a }}", "x" * 70_000, "{{ 1 }}" * 501])
def test_what_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        messages.check(text, FIELDS)
