"""Expressions are stored by key and shown by label."""

from __future__ import annotations

import pytest

from engine.formulas import FormulaError, with_keys, with_labels

LABELS = {"amount": "Amount (net)", "account.name": "Kunde.Name", "qty": "数量", "odd": "a}b"}
KEYS = {label: key for key, label in LABELS.items()}


@pytest.mark.parametrize(
    ("labelled", "keyed"),
    [
        ("{Amount (net)} * {数量}", "{amount} * {qty}"),
        ('IF({Kunde.Name}="{数量}", 1,\n 2)', 'IF({account.name}="{数量}", 1,\n 2)'),
        ("{a\\}b} + 1", "{odd} + 1"),
        ("{unknown} & 'x'", "{unknown} & 'x'"),
        ("1 + 1", "1 + 1"),
    ],
)
def test_there_and_back(labelled: str, keyed: str) -> None:
    assert with_keys(labelled, KEYS.get) == keyed
    assert with_labels(keyed, LABELS.get) == labelled


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(FormulaError):
        with_keys("{abc", KEYS.get)
