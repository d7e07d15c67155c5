"""A small evaluator in plain Python and exact decimals: an independent opinion on what an expression gives.

It walks the typed tree. Values are None (blank), bool, Decimal, str, date, an aware datetime in UTC, or a list of such.
What the functions of a family mean stands in the file that is named like what they are about.
"""

from __future__ import annotations

from tests.engine.formulas.plain import (
    date_texts,
    dates,
    lists,
    logic,
    number_texts,
    numbers,
    records,
    texts,
    working_days,
)
from tests.engine.formulas.plain.meaning import MEANINGS, Failed, Unknown, World, value_of

__all__ = ["MEANINGS", "Failed", "Unknown", "World", "value_of"]
FAMILIES = (date_texts, dates, lists, logic, number_texts, numbers, records, texts, working_days)
