"""A list of JSON objects, read piece by piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Refused
from engine.importers import Row, importers
from engine.importers import json as json_importer


def rows(tmp_path: Path, content: str | bytes) -> tuple[list[str], list[Row]]:
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = importers["json"].open(path)
    return source.columns, list(source.rows())


def test_members_are_columns_and_lines_are_those_of_the_file(tmp_path: Path) -> None:
    columns, found = rows(
        tmp_path,
        '\ufeff[\n  {"name": "Ann", "amount": 1.50},\n  {"amount": 12345678901234567890, "tags": ["a", "b, c"],\n'
        '   "done": true, "none": null},\n  7,\n  {"name": {"en": "x"}},\n  {}\n]\n',
    )
    assert columns == ["name", "amount", "tags", "done", "none"]
    assert [one.line for one in found] == [2, 3, 5, 6]
    assert found[0].cells == ["Ann", "1.50", "", "", ""]
    assert found[1].cells == ["", "12345678901234567890", 'a, "b, c"', "yes", ""]
    assert str(found[2].trouble) == "What begins on this line is no JSON object."
    assert found[3].cells[0] == '{"en": "x"}'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 1}', "A list of objects is needed"),
        ('[{"a": 1}\n{"a": 2}]', "what begins on line 2 is broken"),
        ('[{"a": 1},\n]', "what begins on line 2 is broken"),
        ('[{"a": 1},\n{"a": NaN}]', "what begins on line 2 is broken"),
        ('[{"a": 1}', "what begins on line 1 is broken"),
        ('[{"a": 1}] x', "what begins on line 1 is broken"),
        ("[" * 100_000, "what begins on line 1 is broken"),
        (b'[{"a": "\xff"}]', "no UTF-8"),
        ("[]", "The file is empty."),
        ("[{}]", "The file is empty."),
    ],
)
def test_a_broken_document_is_refused_as_a_whole(tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        rows(tmp_path, content)


def test_what_no_field_can_keep_is_told_by_its_line(tmp_path: Path) -> None:
    _columns, found = rows(tmp_path, '[{"a": "x\\u0000"},\n{"a": "\\ud83d"}]')
    assert [str(one.trouble)[:20] for one in found] == ["This line holds a NU", "This line holds half"]


def test_an_object_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_importer, "MAX_ITEM", 100)
    monkeypatch.setattr(json_importer, "_PIECE", 16)
    with pytest.raises(Refused, match="line 2 is broken or too long"):
        rows(tmp_path, '[{"a": 1},\n{"a": "' + "x" * 500 + '"}]')


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just('\\u00e9"\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    items=st.lists(st.dictionaries(st.text(min_size=1, max_size=3), _values, max_size=4), max_size=6),
    piece=st.integers(1, 40),
    indent=st.sampled_from([None, 0, 2]),
    ascii=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_the_same_however_the_pieces_fall(
    tmp_path: Path, items: list[dict[str, Any]], piece: int, indent: int | None, ascii: bool
) -> None:
    content = json.dumps(items, indent=indent, ensure_ascii=ascii).encode("utf-8", "replace")
    path = tmp_path / "b.json"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_importer, "_PIECE", piece)
        found = [one for _line, one in json_importer._items(path)]
    assert found == json.loads(content, parse_int=str, parse_float=str)
