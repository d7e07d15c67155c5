"""What every exporter promises, asked of all that are in the folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.exporters import Cell, Column, exporters
from engine.importers import importers
from engine.text import Text

COLUMNS = [
    Column("Name"),
    Column("Amount", "number"),
    Column("Day", "date"),
    Column("At", "date_time", "Asia/Shanghai"),
]
RECORD: list[Cell] = ["Ann", 1.5, "2026-03-31", "2026-03-31T14:30:00.000Z"]


@pytest.mark.parametrize("name", exporters)
def test_it_says_what_it_is(name: str) -> None:
    exporter = exporters[name]
    assert exporter.name == name
    assert isinstance(exporter.label, Text)
    assert exporter.extension.startswith(".")
    assert "/" in exporter.media_type


@pytest.mark.parametrize("name", exporters)
def test_it_writes_nothing_records_and_empty_cells(name: str) -> None:
    several: list[list[list[list[Cell]]]] = [[], [[]], [[RECORD]], [[RECORD, [None, None, None, None]], [RECORD]]]
    for pages in several:
        assert isinstance(b"".join(exporters[name].write(COLUMNS, pages)), bytes)


@pytest.mark.parametrize("name", [name for name in exporters if name != "xlsx"])
def test_it_gives_what_it_has_before_it_is_given_more(name: str) -> None:
    asked: list[int] = []

    def pages() -> Iterator[list[list[Cell]]]:
        for number in range(3):
            asked.append(number)
            yield [RECORD]

    pieces = exporters[name].write(COLUMNS, pages())
    next(pieces)
    assert len(asked) < 3


def test_what_an_importer_of_the_same_name_takes_is_called_alike() -> None:
    for name in exporters.keys() & importers.keys():
        assert exporters[name].extension in importers[name].extensions
        assert exporters[name].label == importers[name].label
