"""A CSV file is read as its owner sees it, whatever wrote it; what cannot be read costs its own line and no other.

T-BAD-04.
"""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Refused
from engine.importers import MAX_BYTES, MAX_COLUMNS, Row, Source, importer_for, importers
from engine.importers.csv import MAX_CELL, MAX_RECORD

Opened = Callable[..., Source]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Write bytes to a file and open it."""

    def write_and_open(content: bytes, **options: str) -> Source:
        path = tmp_path / "deals.csv"
        path.write_bytes(content)
        return importers["csv"].open(path, options)

    return write_and_open


def cells(source: Source) -> list[list[str]]:
    return [row.cells for row in source.rows() if not row.trouble]


def troubles(source: Source) -> list[tuple[int, str]]:
    return [(row.line, str(row.trouble)) for row in source.rows() if row.trouble]


def test_a_plain_file(opened: Opened) -> None:
    source = opened(b"name,amount\nAda,5\nBob,7\n")
    assert source.columns == ["name", "amount"]
    assert list(source.rows()) == [Row(2, ["Ada", "5"]), Row(3, ["Bob", "7"])]
    assert source.details == {"encoding": "utf-8", "delimiter": ",", "line_count": 3, "size": 24}


def test_rows_can_be_read_again_from_the_beginning(opened: Opened) -> None:
    source = opened(b"a\n1\n2\n")
    assert next(source.rows()).cells == next(source.rows()).cells == ["1"]


SPECTRUM = ("comma_in_quotes empty empty_crlf escaped_quotes json location_coordinates newlines newlines_crlf "
            "quotes_and_newlines simple simple_crlf utf8").split()  # fmt: skip


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum(shared_data: Path, name: str) -> None:
    source = importers["csv"].open(shared_data / "csv_spectrum" / "csvs" / f"{name}.csv")
    expected = json.loads((shared_data / "csv_spectrum" / "json" / f"{name}.json").read_text(encoding="utf-8"))
    read = [dict(zip(source.columns, row, strict=True)) for row in cells(source)]
    if name == "location_coordinates":  # its answer holds another telephone number than its question
        expected = [expected | {"Contact Phone Number": "2095257564"}]
        read = [{key: value for key, value in row.items() if key in expected[0]} for row in read]
    assert read == expected


@pytest.mark.parametrize(
    ("written_as", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
    ],
)
def test_chinese_files(opened: Opened, written_as: str, found: str) -> None:
    text = "姓名,城市,备注\n王小明,北京,已付款，请发货\n李雷,上海,\n韩梅梅,广州,VIP 客户\n"
    source = opened(text.encode(written_as))
    assert source.details["encoding"] == found
    assert source.columns == ["姓名", "城市", "备注"]
    assert cells(source)[0] == ["王小明", "北京", "已付款，请发货"]


def test_a_file_from_taiwan(opened: Opened) -> None:
    source = opened("姓名,城市\n陳怡君,臺北市信義區\n林志明,高雄市\n張雅婷,新竹縣竹北市\n".encode("big5"))
    assert source.details["encoding"] == "big5"
    assert cells(source)[1] == ["林志明", "高雄市"]


def test_a_file_from_japan(opened: Opened) -> None:
    text = "氏名,住所,メモ\n山田太郎,東京都千代田区,よろしくお願いします\n佐藤花子,大阪市,カタカナのテスト\n"
    source = opened(text.encode("shift_jis"))
    assert source.details["encoding"] == "shift_jis"
    assert cells(source)[0][2] == "よろしくお願いします"


@pytest.mark.parametrize(
    "text",
    [
        "name;stadt\nMüller;Köln\nGröße;Fußgängerübergang\n",
        "nom;ville\nGenève;Besançon\nÉlodie;Orléans\n",
        "place,temperature\nCellar,20°C\nAttic,31°C\n",
        "what,price\nTea,£5\nMilk,“about” €2\n",
        "name,city\nNiño,Coruña\nJosé,Málaga\n",
    ],
)
def test_western_files_of_an_old_spreadsheet(opened: Opened, text: str) -> None:
    source = opened(text.encode("cp1252"))
    assert source.details["encoding"] == "windows-1252"
    assert [source.columns, *cells(source)] == [line.replace(";", ",").split(",") for line in text.splitlines()]


def test_the_encoding_is_decided_over_the_whole_file(opened: Opened) -> None:
    source = opened(b"name\n" + b"plain\n" * 200_000 + "Müller\n".encode("cp1252"))
    assert source.details["encoding"] == "windows-1252"
    assert cells(source)[-1] == ["Müller"]


def test_a_damaged_byte_costs_its_line_only(opened: Opened) -> None:
    source = opened("name\nMüller\nJürgen\nGrün\nSüß\n".encode() + b"Sch\xfctz\n" + "Löw\n".encode())
    assert source.details["encoding"] == "utf-8"
    assert cells(source) == [["Müller"], ["Jürgen"], ["Grün"], ["Süß"], ["Löw"]]
    assert troubles(source) == [(6, "The byte 0xFC on this line is no character in the file's encoding.")]


def test_people_know_better_than_the_finding(opened: Opened) -> None:
    source = opened("név;város\nŐry;Győr\n".encode("cp1250"), encoding="windows-1250", delimiter=";")
    assert cells(source) == [["Őry", "Győr"]]
    one_column = opened(b"a;b\n1;2\n", delimiter=",")
    assert one_column.columns == ["a;b"]


def test_options_that_do_not_exist_are_refused(opened: Opened) -> None:
    with pytest.raises(Refused) as refused:
        opened(b"a\n", encoding="klingon", sheet="2")
    assert [problem.at for problem in refused.value.problems] == ["/encoding", "/sheet"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(opened: Opened, delimiter: str) -> None:
    rows = [["name", "price", "note"], ["Ada, Ltd" if delimiter != "," else "Ada", "1.5", "a"], ["Bob", "2", "b"]]
    source = opened("\n".join(delimiter.join(row) for row in rows).encode())
    assert source.details["delimiter"] == delimiter
    assert [source.columns, *cells(source)] == rows


def test_decimal_commas_do_not_pass_for_separators(opened: Opened) -> None:
    source = opened(b"name;price\nTea;1,50\nMilk;0,99\nJam;12,00\n")
    assert source.details["delimiter"] == ";"
    assert cells(source)[0] == ["Tea", "1,50"]


def test_excel_may_name_the_separator_on_the_first_line(opened: Opened) -> None:
    source = opened(b"sep=|\r\na|b,c\r\n1|2,3\r\n")
    assert source.columns == ["a", "b,c"]
    assert list(source.rows()) == [Row(3, ["1", "2,3"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(opened: Opened, end: str) -> None:
    source = opened(end.join(["a,b", "1,2", '"x', 'y",3', "4,5"]).encode())
    assert [row.line for row in source.rows()] == [2, 3, 5]
    assert cells(source) == [["1", "2"], [f"x{end}y", "3"], ["4", "5"]]
    assert source.details["line_count"] == 5


def test_mixed_line_ends(opened: Opened) -> None:
    source = opened(b"a,b\r\n1,2\n3,4\r5,6")
    assert cells(source) == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_blank_lines_are_no_rows_but_count_as_lines(opened: Opened) -> None:
    assert list(opened(b"\n\na,b\n\n1,2\n,\n\n3,4\n\n").rows()) == [Row(5, ["1", "2"]), Row(8, ["3", "4"])]


def test_quotes_inside_quotes_and_outside(opened: Opened) -> None:
    source = opened(b'a,b\n"say ""hi""",5" pipe\n"",""""\n')
    assert cells(source) == [['say "hi"', '5" pipe'], ["", '"']]


def test_spaces_before_quotes(opened: Opened) -> None:
    assert cells(opened(b'name, city\n1, "Smith, John"\n2, "Doe, Jane"\n'))[0] == ["1", "Smith, John"]


def test_a_ragged_line_is_refused_and_shifts_nothing(opened: Opened) -> None:
    source = opened(b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12,,\n13,14,15\n")
    assert cells(source) == [["1", "2", "3"], ["10", "11", "12"], ["13", "14", "15"]]
    assert troubles(source) == [
        (3, "This line has 2 cells, the heading has 3."),
        (4, "This line has 4 cells, the heading has 3."),
    ]
    assert next(row.cells for row in source.rows() if row.trouble) == ["4", "5"]


def test_a_quotation_mark_that_is_never_closed_costs_one_line(opened: Opened) -> None:
    source = opened(b'a,b\n1,2\n3,"oops\n4,5\n6,7\n')
    assert cells(source) == [["1", "2"], ["4", "5"], ["6", "7"]]
    assert troubles(source) == [(3, "A quotation mark is opened on this line and never closed.")]
    assert [row.cells for row in source.rows() if row.trouble] == [['3,"oops']]


def test_an_unclosed_quotation_mark_before_a_quoted_cell_costs_one_line(opened: Opened) -> None:
    source = opened(b'a,b\n3,"oops\n4,5\n6,"seven"\n8,9\n')
    assert cells(source) == [["4", "5"], ["6", "seven"], ["8", "9"]]
    assert [line for line, _says in troubles(source)] == [2]


def test_the_tail_of_a_broken_row_does_not_become_a_row(opened: Opened) -> None:
    source = opened(b'a,b\n1,"he said "hi" and\nleft",2\n3,4\n')
    assert cells(source) == [["3", "4"]]
    assert [line for line, _says in troubles(source)] == [2, 3]


def test_nul_is_refused_with_its_line(opened: Opened) -> None:
    source = opened(b"a,b\n1,2\n3,\x00\n4,5\n")
    assert cells(source) == [["1", "2"], ["4", "5"]]
    assert troubles(source) == [(3, "This line holds a NUL character, which no field can keep.")]


def test_a_long_cell_is_kept_and_one_that_is_too_long_is_refused(opened: Opened) -> None:
    longest = b"x" * MAX_CELL
    source = opened(b"a,b\n1," + longest + b"\n2," + b"y" * 200_000 + b'\n3,"' + longest + b'"\n')
    assert [len(row[1]) for row in cells(source)] == [MAX_CELL, MAX_CELL]
    assert troubles(source) == [(3, "Cell 2 has 200000 characters; 100000 is the most.")]


def test_a_line_that_never_ends_is_refused_and_the_next_is_read(opened: Opened) -> None:
    source = opened(b"a,b\n1,2\n" + b"z" * (3 * MAX_RECORD) + b"\n3,4\n")
    assert cells(source) == [["1", "2"], ["3", "4"]]
    assert [(line, "longer than" in says) for line, says in troubles(source)] == [(3, True)]


def test_names_of_columns(opened: Opened) -> None:
    source = opened(b"Name, ,Name,,Name (2),Name\n1,2,3,4,5,6\n")
    assert source.columns == ["Name", "Column 2", "Name (2)", "Column 4", "Name (2) (2)", "Name (3)"]


def test_a_heading_alone_is_a_table_without_rows(opened: Opened) -> None:
    source = opened(b"name,amount")
    assert (source.columns, list(source.rows())) == (["name", "amount"], [])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b",,\n"])
def test_an_empty_file_is_refused(opened: Opened, content: bytes) -> None:
    with pytest.raises(Refused, match="The file is empty"):
        opened(content)


def test_a_broken_heading_is_refused_with_the_reason(opened: Opened) -> None:
    with pytest.raises(Refused, match=r"The heading cannot be read\. A quotation mark is opened"):
        opened(b'name,"amount\n1,2\n')


def test_limits(opened: Opened, tmp_path: Path) -> None:
    widest = ",".join(f"c{n}" for n in range(MAX_COLUMNS))
    assert len(opened(f"{widest}\n{',' * (MAX_COLUMNS - 1)}x\n".encode()).columns) == MAX_COLUMNS
    with pytest.raises(Refused, match="5001 columns; 5000 is the most"):
        opened(f"{widest},more\n".encode())
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Refused, match="larger than 50 MiB"):
        importers["csv"].open(tmp_path / "huge.csv")


@pytest.mark.parametrize("text", ["😀,שלום\nمرحبا,🏳️‍🌈\n", "a,b\n\ufeff1,\u200e2\n", "a,b\n=1+1,-0\n1e5,NaN\n"])
def test_cells_are_left_as_they_are(opened: Opened, text: str) -> None:
    source = opened(text.encode())
    assert [source.columns, *cells(source)] == [line.split(",") for line in text.splitlines()]


def test_a_hundred_thousand_rows_stream(opened: Opened) -> None:
    def lines() -> Iterable[bytes]:
        yield b"id,name,amount,date,note\n"
        for n in range(100_000):
            yield b'%d,Customer %d,%d.50,2026-01-%02d,"a, b"\n' % (n, n % 977, n % 9000, n % 28 + 1)

    source = opened(b"".join(lines()))
    tracemalloc.start()
    count = sum(1 for _row in source.rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 1_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=3, max_size=3)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(opened: Opened, rows: list[list[str]], delimiter: str, end: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([["a", "b", "c"], *rows])
    source = opened(text.getvalue().encode(), encoding="utf-8", delimiter=delimiter)
    assert cells(source) == [row for row in rows if any(row)]
    assert not troubles(source)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(opened: Opened, content: bytes) -> None:
    try:
        source = opened(content)
    except Refused:
        return
    rows = list(source.rows())
    assert all(len(row.cells) == len(source.columns) for row in rows if not row.trouble)
    assert [row.line for row in rows] == sorted(row.line for row in rows)


@pytest.mark.parametrize(
    ("head", "name", "known"),
    [
        (b"a,b\n", "deals.csv", True),
        (b"a\tb\n", "DEALS.TSV", True),
        (b"", "notes.txt", True),
        (b"PK\x03\x04rest", "deals.csv", False),
        (b"%PDF-1.7", "deals.csv", False),
        (b"a,b\n", "deals.pdf", False),
    ],
)
def test_files_are_recognised(head: bytes, name: str, known: bool) -> None:
    assert importers["csv"].sniff(head, name) is known
    if not known:
        with pytest.raises(Refused, match=f"{name} is no file that can be imported"):
            importer_for(head, name)
