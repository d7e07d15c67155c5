"""Workbooks as people and programs make them, and as those make them who mean harm: each is read, or refused in words.

T-BAD-05, T-XLSX-01, T-XLSX-02. All is made here, so that it can be read what is in it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refused
from engine.importers import importers
from tests.engine.importers.test_xlsx import book, changed, rows_of, sheet_of

Make = Callable[[], bytes]
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, TEXTS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
PREFIXED = (
    f"<x:worksheet xmlns:x='{SPACE}'><x:sheetData><x:row><x:c t='str'><x:v>a</x:v></x:c></x:row>"
    "<x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
)
WIDE = (
    "<?xml version='1.0' encoding='UTF-16'?><worksheet><sheetData><row><c t='str'><v>a</v></c></row>"
    "<row><c t='str'><v>人</v></c></row></sheetData></worksheet>"
)
DAMAGED, TOO_MUCH = "no XLSX file, or it is damaged", "too much memory or time"


def plain() -> bytes:
    return book(rows_of(["name", "amount"], ["Ada", 5]))


def part(name: str, content: str | bytes) -> Make:
    return lambda: changed(plain(), {name: content})


def cells(*rows: str) -> Make:
    """A sheet of rows below a heading `a`."""
    return lambda: sheet_of("<row><c t='str'><v>a</v></c></row>" + "".join(f"<row>{row}</row>" for row in rows))


def filled(fill: Callable[[Any, Any], object], **options: Any) -> Make:
    return lambda: book(fill, **options)


def shared(*texts: str) -> Make:
    """A sheet whose only column holds the shared texts in turn, below a heading."""
    listed = "".join(f"<si>{text}</si>" for text in ("<t>a</t>", *texts))
    rows = "".join(f"<row><c t='s'><v>{number}</v></c></row>" for number in range(len(texts) + 1))
    return lambda: changed(sheet_of(rows), {TEXTS: f"<sst xmlns='{SPACE}'>{listed}</sst>"})


def merged(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["a", "b"])
    sheet.merge_range(1, 0, 2, 1, "wide and high")


def merged_heading(_book: Any, sheet: Any) -> None:
    sheet.merge_range(0, 0, 0, 1, "both")
    sheet.write_row(1, 0, [1, 2])


def hidden(book: Any, sheet: Any) -> None:
    sheet.write_column(0, 0, ["secret", "x"])
    book.add_worksheet("Seen").activate()
    sheet.very_hidden()
    book.get_worksheet_by_name("Seen").write_column(0, 0, ["a", "y"])


def hidden_rows_and_columns(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write_row(1, 0, [1, 2])
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.set_column(1, 1, None, None, {"hidden": True})


def formulas(_book: Any, sheet: Any) -> None:
    sheet.write(0, 0, "a")
    sheet.write_formula(1, 0, "=6*7", None, 42)
    sheet.write_formula(2, 0, '=WEBSERVICE("http://127.0.0.1/")', None, "told")
    sheet.write_array_formula(3, 0, 3, 0, "{=SUM(A2)}", None, 7)
    sheet.write_formula(4, 0, "=1/0", None, "#DIV/0!")


def days(book: Any, sheet: Any) -> None:
    sheet.write(0, 0, "a")
    look = book.add_format({"num_format": "dd.mm.yyyy"})
    for row, day in enumerate([date(1900, 1, 1), date(1904, 1, 2), date(2026, 2, 28), date(9999, 12, 31)], 1):
        sheet.write_datetime(row, 0, day, look)


def days_of_1904(book: Any, sheet: Any) -> None:
    sheet.write(0, 0, "a")
    look = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_datetime(1, 0, date(1904, 1, 2), look)
    sheet.write_datetime(2, 0, date(2026, 2, 28), look)


def long_ago(book: Any, sheet: Any) -> None:
    """Numbers before and about the day that there never was."""
    sheet.write(0, 0, "a")
    look = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_column(1, 0, [-1, 0, 59, 60, 61], look)


def look_of(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["a"])
    sheet.write_url(1, 0, "https://example.com/", string="a link")
    sheet.write_comment(1, 0, "a comment")
    sheet.data_validation(1, 0, 1, 0, {"validate": "list", "source": ["a link"]})
    sheet.conditional_format(1, 0, 1, 0, {"type": "duplicate"})


def many_sheets(book: Any, sheet: Any) -> None:
    sheet.write_column(0, 0, ["a", 1])
    for number in range(150):
        book.add_worksheet(f"Sheet {number}")


def names_of_sheets(count: int) -> Make:
    """A workbook that says the same sheet again and again, under other names."""
    listed = "".join(f'<sheet name="S{n}" sheetId="{n + 1}" r:id="rId1"/>' for n in range(count))
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return part(
        "xl/workbook.xml", f'<workbook xmlns="{SPACE}" xmlns:r="{relation}"><sheets>{listed}</sheets></workbook>'
    )


def leading_to(target: str) -> Make:
    """A workbook whose sheet is to be found elsewhere."""
    relation = f'<Relationship Id="rId1" Type="x/relationships/worksheet" Target={target}/>'
    return part("xl/_rels/workbook.xml.rels", f"<Relationships>{relation}</Relationships>")


def laughs(depth: int, root: str = "worksheet") -> str:
    """Entities made of entities."""
    more = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, depth))
    return f"<!DOCTYPE {root} [<!ENTITY e0 'ha'>{more}]><{root}/>"


def entity(before: str) -> Make:
    return lambda: sheet_of("<row><c t='str'><v>&e0;</v></c></row>", before)


def noise(characters: int) -> str:
    """What cannot be packed to less than half, so that the whole is no bomb by its sizes alone."""
    return random.Random(1).randbytes(characters // 2).hex()


def nested(count: int) -> Make:
    return part(TEXTS, f"<sst>{noise(count // 20)}{'<a>' * count}")


def one_text_in_many_cells() -> bytes:
    """500 cells in each row name one text of 32,000 characters: 1.6 GB in a file of some KB."""
    rows = ("<row>" + "<c t='s'><v>0</v></c>" * 500 + "</row>") * 100 + f"<!--{noise(100_000)}-->"
    listed = f"<sst xmlns='{SPACE}'><si><t>{'x' * 32_000}</t></si></sst>"
    return changed(sheet_of(rows), {TEXTS: listed})


def rows_of_ones(count: int) -> Make:
    return lambda: sheet_of("<row><c><v>1</v></c></row>" * count + f"<!--{noise(100_000)}-->")


# What is in it, how it is made, and the cells below the heading.
READ: list[tuple[str, Make, list[list[str]]]] = [
    ("plain", plain, [["Ada", "5"]]),
    ("constant memory", filled(rows_of(["a"], ["inline"]), constant_memory=True), [["inline"]]),
    ("merged", filled(merged), [["wide and high", ""]]),
    ("merged heading", filled(merged_heading), [["1", "2"]]),
    ("a sheet hidden from its own menu", filled(hidden), [["y"]]),
    ("hidden rows and columns are there", filled(hidden_rows_and_columns), [["1", "2"]]),
    ("formulas with results", filled(formulas), [["42"], ["told"], ["7"], ["#DIV/0!"]]),
    ("days", filled(days), [["1900-01-01"], ["1904-01-02"], ["2026-02-28"], ["9999-12-31"]]),
    ("days since 1904", filled(days_of_1904, date_1904=True), [["1904-01-02"], ["2026-02-28"]]),
    ("long ago", filled(long_ago), [["-1"], ["0"], ["1900-02-28"], ["1900-02-29"], ["1900-03-01"]]),
    ("links, comments, lists, colours", filled(look_of), [["a link"]]),
    ("150 sheets", filled(many_sheets), [["1"]]),
    (
        "errors",
        cells(*(f"<c t='e'><v>{one}</v></c>" for one in ("#REF!", "#N/A", "#NAME?"))),
        [["#REF!"], ["#N/A"], ["#NAME?"]],
    ),
    ("truths", cells("<c t='b'><v>1</v></c>", "<c t='b'><v>0</v></c>"), [["yes"], ["no"]]),
    ("a day as a text", cells("<c t='d'><v>2026-02-28T00:00:00</v></c>"), [["2026-02-28T00:00:00"]]),
    ("a style that is not there", cells("<c s='99'><v>7</v></c>", "<c s='-1'><v>8</v></c>"), [["7"], ["8"]]),
    ("a kind that is not there", cells("<c t='what'><v>7</v></c>"), [["7"]]),
    ("as many digits as a sheet knows", cells("<c><v>12345678901234567890.5</v></c>"), [["12345678901234600000"]]),
    ("a number that is none", cells("<c><v>1e999999999</v></c>", "<c><v>INF</v></c>"), [["1e999999999"], ["INF"]]),
    ("empty cells", cells("<c/>", "<c><v/></c>", "<c t='str'><v>x</v></c>"), [["x"]]),
    ("leading zeros", cells("<c t='str'><v>007</v></c>"), [["007"]]),
    (
        "what other programs would run",
        cells("<c t='str'><v>=1+1</v></c>", "<c t='str'><v>@SUM(1)</v></c>"),
        [["=1+1"], ["@SUM(1)"]],
    ),
    ("HTML", cells("<c t='str'><v>&lt;script&gt;alert(1)&lt;/script&gt;</v></c>"), [["<script>alert(1)</script>"]]),
    ("from right to left", cells("<c t='str'><v>\u202eabc</v></c>"), [["\u202eabc"]]),
    ("beyond the first plane", shared("<t>\U0001f600</t>"), [["\U0001f600"]]),
    ("texts in several fonts", shared("<r><t>a</t></r><r><t>b</t></r>"), [["ab"]]),
    ("a shared text of nothing", shared("", "<t>x</t>"), [["x"]]),
    ("half a character", shared("<t>_xD83D_</t>"), [["_xD83D_"]]),
    ("a longest cell", shared(f"<t>{'x' * 32_767}</t>"), [["x" * 32_767]]),
    ("a prefix before every name", part(SHEET, PREFIXED), [["1"]]),
    ("UTF-16", part(SHEET, WIDE.encode("utf-16")), [["人"]]),
    ("links to other workbooks", part("xl/externalLinks/externalLink1.xml", "<externalLink/>"), [["Ada", "5"]]),
    ("a picture", part("xl/media/image1.png", b"\x89PNG"), [["Ada", "5"]]),
    (
        "a formula beside one without a result",
        cells("<c t='str'><f>B1</f><v>x</v></c>", "<c><f>B2</f></c>"),
        [["x"], [""]],
    ),
]


REFUSED: list[tuple[str, Make, str]] = [
    ("nothing", lambda: b"", "The file is empty"),
    ("one byte", lambda: b"P", DAMAGED),
    ("a CSV", lambda: b"a,b\n1,2\n", DAMAGED),
    ("HTML", lambda: b"<html><table><tr><td>a</td></tr></table></html>", DAMAGED),
    ("an XLS, or one with a password", lambda: OLD_EXCEL, "has a password or is of an old kind"),
    ("an archive with a password", lambda: changed(plain(), {}, flag=1), "This file has a password"),
    ("half of it", lambda: plain()[: len(plain()) // 2], DAMAGED),
    ("all but its last byte", lambda: plain()[:-1], DAMAGED),
    ("bytes turned over", lambda: plain()[:200] + bytes(900) + plain()[1100:], DAMAGED),
    (
        "another archive",
        lambda: changed(plain(), {"xl/workbook.xml": "<a/>", "mimetype": "application/zip"}),
        "The file is empty",
    ),
    ("a document", lambda: plain().replace(b"xl/workbook.xml", b"wd/document.xm_"), DAMAGED),
    ("macros", part("xl/vbaProject.bin", b"x"), "holds macros"),
    ("macros elsewhere", part("xl/other/VBAPROJECT.BIN", b"x"), "holds macros"),
    ("a binary workbook", part("xl/workbook.bin", b"x"), "binary workbook"),
    ("a path upwards", part("../../etc/cron.d/x", b"x"), DAMAGED),
    ("a path from the root", part("/etc/passwd", b"x"), DAMAGED),
    ("a path of Windows", part("xl\\..\\..\\x", b"x"), DAMAGED),
    ("a drive", part("C:/x", b"x"), DAMAGED),
    ("a relation to a place upwards", leading_to('"../../../../etc/passwd"'), DAMAGED),
    ("a relation to an address", leading_to('"http://127.0.0.1/" TargetMode="External"'), "The file is empty"),
    ("no workbook in it", part(BOOK, "<workbook/>"), "The file is empty"),
    ("no cells", filled(lambda _book, _sheet: None), "The file is empty"),
    ("XML that breaks off", part(SHEET, "<worksheet><row"), DAMAGED),
    ("another encoding than it says", part(SHEET, b"<worksheet>\xff\xfe</worksheet>"), DAMAGED),
    ("an encoding that nobody knows", part(SHEET, b"<?xml version='1.0' encoding='x-none'?><worksheet/>"), DAMAGED),
    ("entities of entities", part(SHEET, laughs(12)), "declares entities"),
    (
        "an entity that is a file",
        entity("<!DOCTYPE worksheet [<!ENTITY e0 SYSTEM 'file:///etc/passwd'>]>"),
        "declares entities",
    ),
    (
        "an entity that is an address",
        entity("<!DOCTYPE worksheet [<!ENTITY e0 SYSTEM 'http://127.0.0.1/'>]>"),
        "declares entities",
    ),
    ("a description elsewhere", entity("<!DOCTYPE worksheet SYSTEM 'http://127.0.0.1/x.dtd'>"), "declares entities"),
    (
        "parameter entities",
        entity("<!DOCTYPE worksheet [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>"),
        "declares entities",
    ),
    ("entities among the shared texts", part(TEXTS, laughs(3, "sst")), "declares entities"),
    ("entities in the styles", part("xl/styles.xml", laughs(3, "styleSheet")), "declares entities"),
    ("entities in the workbook", part(BOOK, laughs(3, "workbook")), "declares entities"),
    ("a part that unpacks to 4 MB of blanks", part(SHEET, b" " * 2**22), "more than 100 times its size"),
    ("tags within tags", nested(9_000_000), TOO_MUCH),
    ("one text in many cells", one_text_in_many_cells, "Unpacked, the file is larger than 200 MiB"),
    ("300 parts", lambda: changed(plain(), {f"xl/media/{n}.png": b"x" for n in range(300)}), "more than 200 parts"),
    ("10,000 sheets", names_of_sheets(10_000), "more than 200 parts"),
    (
        "10,000 parts",
        lambda: changed(plain(), {f"xl/worksheets/s{n}.xml": b"x" for n in range(10_000)}),
        "more than 200 parts",
    ),
    ("100,002 rows", rows_of_ones(100_002), "more than 100000 rows"),
    ("501 columns", lambda: sheet_of(f"<row>{'<c><v>1</v></c>' * 501}</row>"), "501 columns; 500 is the most"),
    ("a row that no sheet has", lambda: sheet_of("<row r='1048577'><c><v>1</v></c></row>"), DAMAGED),
    ("a column that no sheet has", lambda: sheet_of("<row r='1'><c r='XFE1'><v>1</v></c></row>"), DAMAGED),
    ("a row of many digits", lambda: sheet_of(f"<row r='{'9' * 5_000}'><c><v>1</v></c></row>"), DAMAGED),
    ("a cell that stands elsewhere", lambda: sheet_of("<row r='1'><c r='A7'><v>1</v></c></row>"), DAMAGED),
    ("a shared text that is not there", lambda: sheet_of("<row><c t='s'><v>9</v></c></row>"), DAMAGED),
    ("a shared text of many digits", lambda: sheet_of(f"<row><c t='s'><v>{'9' * 5_000}</v></c></row>"), DAMAGED),
    ("a heading without results", lambda: sheet_of("<row><c><f>A2</f></c></row>"), "The heading cannot be read"),
]


def test_there_are_enough() -> None:
    assert len(READ) + len(REFUSED) >= 60


@pytest.mark.parametrize(("make", "expected"), [one[1:] for one in READ], ids=[one[0] for one in READ])
def test_is_read(tmp_path: Path, make: Make, expected: list[list[str]]) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(make())
    source = importers["xlsx"].open(path)
    assert [row.cells for row in source.rows()] == expected


@pytest.mark.parametrize(("make", "says"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_is_refused(tmp_path: Path, make: Make, says: str) -> None:
    path = tmp_path / "deals.xlsx"  # whatever it is: it is called so
    path.write_bytes(make())
    with pytest.raises(Refused, match=says) as refused:
        importers["xlsx"].open(path)
    assert [problem.at for problem in refused.value.problems] == ["/file"]
