"""The cases of shared/data/formulas_sample.json, on both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.formulas import FormulaError
from engine.formulas.types import BOOLEAN, DATE, DATE_TIME, NUMBER, TEXT, Type, list_of
from tests.engine.formulas.evaluating import Fields, Result, evaluate_over

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "formulas_sample.json"
CASES: list[dict[str, Any]] = json.loads(SAMPLE.read_text())["cases"] if SAMPLE.is_file() else []
TYPES: dict[str, Type] = {
    "text": TEXT,
    "number": NUMBER,
    "checkbox": BOOLEAN,
    "date": DATE,
    "datetime": DATE_TIME,
    "singleSelect": TEXT,
    "multipleSelects": list_of(TEXT),
    "numberArray": list_of(NUMBER),
    "textArray": list_of(TEXT),
    "booleanArray": list_of(BOOLEAN),
}


def test_the_sample_is_there() -> None:
    if not CASES:
        pytest.skip("the folder shared/data is not beside this checkout")
    assert len(CASES) > 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any], engine: sa.Engine) -> None:
    fields = {name: (TYPES[one["type"]], one["value"]) for name, one in case["fields"].items()}
    accepted = [case["expected"], *case.get("accepted_alternatives", [])]
    if case["expected"]["type"] == "invalid":
        with pytest.raises(FormulaError):
            evaluate_over(engine, case["formula"], Fields(fields))
        return
    result = evaluate_over(engine, case["formula"], Fields(fields))
    assert any(_agrees(one, result) for one in accepted), result


def _agrees(expected: dict[str, Any], result: Result) -> bool:
    kind: str = expected["type"]
    wanted: Any = expected.get("value")
    if kind == "error":
        return result.error is not None
    if result.error is not None or kind == "invalid":
        return False
    if kind == "blank":
        return result.value in (None, "")
    if kind == "number":
        room = max(expected.get("tolerance", 0), 1e-9 * abs(wanted))
        return isinstance(result.value, int | float) and abs(result.value - float(wanted)) <= float(room)
    if kind == "boolean":
        return result.type == "boolean" and bool(result.value) is bool(wanted)
    if kind == "date":
        return str(result.value)[:10] == str(wanted)
    return bool(result.value == wanted)
