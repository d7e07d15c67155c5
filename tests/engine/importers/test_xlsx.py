"""A sheet is read as it was written, to the last digit; what would harm the server is refused before it is unpacked.

T-XLSX-01, T-XLSX-02, T-BAD-05.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from engine.errors import Refused
from engine.importers import HEAD, Row, Source, _books, importer_for, importers
from engine.importers._number_formats import kind_of_format, shown

Fill = Callable[[Any, Any], object]  # of a book and its first sheet
Opened = Callable[..., Source]


def book(fill: Fill, **options: Any) -> bytes:
    """A workbook whose first sheet `fill` fills."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, **options}) as workbook:
        fill(workbook, workbook.add_worksheet("First"))
    return made.getvalue()


def rows_of(*rows: Iterable[Any]) -> Fill:
    return lambda _book, sheet: [sheet.write_row(number, 0, row) for number, row in enumerate(rows)]


def changed(content: bytes, changes: dict[str, str | bytes], flag: int = 0) -> bytes:
    """The archive with other or more parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        parts: dict[str, str | bytes] = {name: old.read(name) for name in old.namelist()}
        parts |= changes
        for name, part in parts.items():
            new.writestr(name, part)
    if flag:  # in the list of contents
        data = bytearray(made.getvalue())
        data[data.index(b"PK\1\2") + 8] |= flag
        return bytes(data)
    return made.getvalue()


def sheet_of(rows: str, before: str = "") -> bytes:
    """A workbook whose sheet is the given XML."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<?xml version="1.0"?>{before}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    return changed(book(rows_of(["a"])), {"xl/worksheets/sheet1.xml": xml})


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Write bytes to a file and open it."""

    def write_and_open(content: bytes, **options: str) -> Source:
        path = tmp_path / "deals.xlsx"
        path.write_bytes(content)
        return importers["xlsx"].open(path, options)

    return write_and_open


def cells(source: Source) -> list[list[str]]:
    return [row.cells for row in source.rows() if not row.trouble]


def test_a_plain_sheet(opened: Opened) -> None:
    content = book(rows_of(["name", "amount"], ["Ada", 5], ["Bob", 7.5]))
    source = opened(content)
    assert source.columns == ["name", "amount"]
    assert list(source.rows()) == [Row(2, ["Ada", "5"]), Row(3, ["Bob", "7.5"])]
    assert list(source.rows()) == list(source.rows())
    assert source.details == {
        "sheet": "First",
        "choices": {"sheet": ["First"]},
        "line_count": 3,
        "size": len(content),
    }


def test_lines_are_the_rows_of_the_sheet_and_cells_stay_in_their_columns(opened: Opened) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(2, 1, ["a", "", "b"])
        sheet.write(3, 3, "right")
        sheet.write(6, 1, "left")
        sheet.write(7, 4, "beyond the heading")

    source = opened(book(fill))
    assert source.columns == ["a", "Column 2", "b", "Column 4"]
    assert list(source.rows()) == [
        Row(4, ["", "", "right", ""]),
        Row(7, ["left", "", "", ""]),
        Row(8, ["", "", "", "beyond the heading"]),
    ]


@pytest.mark.parametrize("from_1904", [False, True])
def test_cells_are_what_they_mean(opened: Opened, from_1904: bool) -> None:
    day = datetime(2026, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001 - a sheet knows no time zones
    values: list[tuple[Any, str, str]] = [
        (1, "", "1"),
        (-2.50, "0.00", "-2.5"),
        (123456789012345, "", "123456789012345"),
        (0.1 + 0.2, "", "0.3"),
        (1e-7, "0.00E+00", "0.0000001"),
        (1e20, "", "100000000000000000000"),
        (0.125, "0.0%", "12.5%"),
        ("007", "", "007"),
        ("=1+1", "", "=1+1"),
        (" 苹果\n_x0041_", "", " 苹果\n_x0041_"),
        (True, "", "yes"),
        (False, "", "no"),
        (datetime(2026, 1, 2), "yyyy-mm-dd", "2026-01-02"),  # noqa: DTZ001
        (datetime(2026, 1, 2), 'yyyy"年"m"月"d"日"', "2026-01-02"),  # noqa: DTZ001
        (datetime(2026, 1, 2), "d/m/yy h:mm", "2026-01-02T00:00:00"),  # noqa: DTZ001
        (day, "[$-409]m/d/yy h:mm AM/PM;@", "2026-01-02T03:04:05.678"),
        (day, "yyyy-mm-dd", "2026-01-02T03:04:05.678"),
        (time(3, 4, 5), "hh:mm:ss", "03:04:05"),
        (timedelta(hours=30, minutes=5), "[h]:mm:ss", "30:05:00"),
    ]

    def fill(workbook: Any, sheet: Any) -> None:
        for row, (value, form, _expected) in enumerate([("heading", "", ""), *values]):
            look = workbook.add_format({"num_format": form}) if form else None
            if isinstance(value, datetime | time | timedelta):
                sheet.write_datetime(row, 0, value, look)
            else:
                sheet.write(row, 0, value, look)

    source = opened(book(fill, date_1904=from_1904, strings_to_formulas=False))
    assert [row[0] for row in cells(source)] == [expected for _value, _form, expected in values]


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("1", "date", "1900-01-01"),
        ("59", "date", "1900-02-28"),
        ("60", "date", "1900-02-29"),  # there was no such day, which the field says
        ("61", "date", "1900-03-01"),
        ("2958465", "date", "9999-12-31"),
        ("2958466", "date", "2958466"),
        ("-5", "date", "-5"),
        ("0", "date", "0"),
        ("0.5", "date_time", "12:00:00"),
        ("0", "time", "00:00:00"),
        ("46024.9999999999", "date_time", "2026-01-03T00:00:00"),
        ("-0.5", "duration", "-12:00:00"),
        ("1234567890123456", "", "1234567890123456"),
        ("1.00", "", "1"),
        ("1e400000", "", "1e400000"),
        ("NaN", "", "NaN"),
        ("x", "date", "x"),
    ],
)
def test_numbers_that_mean_days(written: str, kind: str, text: str) -> None:
    assert shown(written, kind, from_1904=False) == text


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", ""),
        ("#,##0.00", ""),
        ('_-* #,##0.00\\ "days"_-', ""),
        ("[Red]0.00;[Blue]-0.00", ""),
        ("[$USD] #,##0", ""),
        ("0.00E+00", ""),
        ("@", ""),
        ("0 %", "percent"),
        ("mmm", "date"),
        ("mm:ss", "time"),
        ("[mm]:ss", "duration"),
        ("上午/下午h时mm分", "time"),
    ],
)
def test_formats(code: str, kind: str) -> None:
    assert kind_of_format(164, code) == kind


def test_formulas_give_their_results_and_errors_say_what_they_are(opened: Opened) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, '="x"', None, "x")
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")

    assert cells(opened(book(fill))) == [["2", "x", "#N/A"]]


def test_a_formula_without_a_result_costs_its_row(opened: Opened) -> None:
    source = opened(
        sheet_of(
            '<row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2"><c r="A2"><f>1+1</f></c></row>'
            '<row r="3"><c r="A3" t="str"><f>B1</f><v></v></c><c r="B3"><v>1</v></c></row>'
        )
    )
    first, second = source.rows()
    assert (first.line, second) == (2, Row(3, ["", "1"]))
    assert "The formula in column A has no result yet." in str(first.trouble)


def test_a_merged_cell_is_in_its_first(opened: Opened) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.merge_range(1, 0, 2, 1, "wide")
        sheet.write(2, 2, "beside")

    assert cells(opened(book(fill))) == [["wide", "", ""], ["", "", "beside"]]


def test_the_first_sheet_that_is_seen_and_holds_anything_is_read_or_the_chosen_one(opened: Opened) -> None:
    def fill(workbook: Any, first: Any) -> None:
        first.write(0, 0, "hidden")
        workbook.add_worksheet("Empty").activate()
        first.hide()
        workbook.add_worksheet("Deals & more").write_column(0, 0, ["deal", 1])
        workbook.add_worksheet("人").write_column(0, 0, ["person", 2])

    content = book(fill)
    assert opened(content).columns == ["deal"]
    assert opened(content).details["sheet"] == "Deals & more"
    assert opened(content).details["choices"] == {"sheet": ["Empty", "Deals & more", "人"]}
    assert cells(opened(content, sheet="人")) == [["2"]]
    with pytest.raises(Refused, match=r"There is no sheet First\. There are: Empty, Deals & more, 人"):
        opened(content, sheet="First")


def test_texts_in_the_cells_themselves_and_in_several_fonts(opened: Opened) -> None:
    rows = (
        '<row><c t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r><rPh><t>x</t></rPh></is></c>'
        "</row>"
        '<row><c/><c t="b"><v>1</v></c></row>'
    )
    source = opened(sheet_of(rows))
    assert source.columns == ["a b", "Column 2"]
    assert list(source.rows()) == [Row(2, ["", "yes"])]


def test_it_is_known_by_what_it_holds() -> None:
    content = book(rows_of(["a"], [1]))
    assert importer_for(content[:HEAD], "deals.csv").name == "xlsx"
    assert importer_for(b"a,b\n1,2\n", "deals.csv").name == "csv"


PLAIN = book(rows_of(["a"], [1]))
BOMB = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
ENTITY = '<row r="1"><c r="A1" t="str"><v>&a;</v></c></row>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"a,b\n1,2\n", "no XLSX file, or it is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password or is of an old kind"),
        (PLAIN[: len(PLAIN) // 2], "no XLSX file, or it is damaged"),
        (PLAIN[:200] + bytes(900) + PLAIN[1100:], "no XLSX file, or it is damaged"),
        (book(lambda _book, _sheet: None), "The file is empty"),
        (changed(PLAIN, {}, flag=1), "This file has a password"),
        (changed(PLAIN, {"xl/vbaProject.bin": b"x"}), "holds macros"),
        (changed(PLAIN, {"xl/workbook.bin": b"x"}), "binary workbook"),
        (changed(PLAIN, {"../../evil": b"x"}), "damaged"),
        (changed(PLAIN, {f"xl/media/{n}.png": b"x" for n in range(300)}), "more than 200 parts"),
        (changed(PLAIN, {f"xl/media/{n:0>900}.png": b"x" for n in range(300)}), "more than 200 parts"),
        (changed(PLAIN, {"xl/worksheets/sheet1.xml": b" " * 2**22}), "more than 100 times its size"),
        (changed(PLAIN, {"xl/worksheets/sheet1.xml": b"<worksheet><row"}), "damaged"),
        (changed(PLAIN, {"xl/worksheets/sheet1.xml": b""}), "damaged"),
        (changed(PLAIN, {"xl/workbook.xml": b"<workbook/>"}), "The file is empty"),
        (sheet_of(ENTITY, BOMB), "declares entities"),
        (sheet_of(ENTITY, OUTSIDE), "declares entities"),
        (sheet_of('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), "damaged"),
        (sheet_of('<row r="9999999"><c><v>1</v></c></row>'), "damaged"),
        (sheet_of('<row r="1"><c r="A7"><v>1</v></c></row>'), "damaged"),
        (sheet_of('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'), "16384 columns; 500 is the most"),
        (sheet_of('<row r="1"><c r="A1"><f>1</f></c></row>'), "The heading cannot be read"),
    ],
)
def test_what_is_refused(opened: Opened, content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        opened(content)


def test_a_cell_far_down_takes_no_memory_for_what_is_above_it(opened: Opened) -> None:
    source = opened(sheet_of('<row r="1"><c><v>1</v></c></row><row r="1048576"><c r="E1048576"><v>1</v></c></row>'))
    assert list(source.rows()) == [Row(1_048_576, ["", "", "", "", "1"])]


@pytest.mark.parametrize(("limit", "most"), [("MAX_ROWS", 3), ("MAX_CELLS", 4), ("MAX_COLUMNS", 1)])
def test_a_sheet_has_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    fits, too_much = tmp_path / "fits.xlsx", tmp_path / "too_much.xlsx"
    fits.write_bytes(book(rows_of(["a"], [1], [2], [3])))
    too_much.write_bytes(book(rows_of(["a", "b"], [1], [2], [3], [4])))
    monkeypatch.setattr(_books, limit, most)
    assert [one["last_row"] for one in _books.extent(str(fits))] == [4]
    with pytest.raises(Refused):
        list(_books.extent(str(too_much)))


def test_a_sheet_of_nothing_but_empty_cells_ends_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "empty.xlsx"
    path.write_bytes(sheet_of(f'<row r="1">{"<c/>" * 2000}</row>'))
    monkeypatch.setattr("engine.importers._sheets.MAX_TAGS", 1000)
    with pytest.raises(Refused, match="holds too much"):
        list(_books.extent(str(path)))


def test_a_file_that_is_too_large_is_not_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(20 * 2**20 + 1)
    with pytest.raises(Refused, match="larger than 20 MiB"):
        importers["xlsx"].open(path)
