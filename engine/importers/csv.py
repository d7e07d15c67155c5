"""CSV: rows of text with a separator between cells, in whatever encoding and dialect a spreadsheet wrote it."""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, TextIO

from engine.errors import Problem, Refused
from engine.importers import MAX_BYTES, MAX_COLUMNS, Importer, Row, Source
from engine.importers._encodings import ENCODINGS, MARK, MARKS, Survey, survey
from engine.importers._headings import column_names
from engine.text import Text, _

MAX_CELL = 100_000  # characters, as much as a long text holds
MAX_RECORD = 2_000_000  # characters of one row; also bounds how far an unclosed quotation mark is followed
DELIMITERS = (",", ";", "\t", "|")

_SAMPLE_LINES = 200
_SHOWN = 1_000  # characters of a line that could not be taken apart
_OTHER_KINDS = (
    b"PK\x03\x04",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"SQLite",
)
# What was exported with a `'` in front, so that no spreadsheet takes it for a formula.
_KEPT_FROM_RUNNING = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
_UNPRINTABLE = re.compile(f"\0|{MARKS.pattern}")

csv.field_size_limit(MAX_RECORD)  # Python stops at 131,072 characters otherwise, and loses its place in the file


class Csv(Importer):
    """Text files with one row a line; quoted cells may hold separators and line breaks."""

    label = _("Text table (CSV)")
    extensions = (".csv", ".tsv", ".tab", ".txt")
    options_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "encoding": {"type": "string", "enum": list(ENCODINGS)},
            "delimiter": {"type": "string", "enum": list(DELIMITERS)},
        },
        "additionalProperties": False,
    }

    def sniff(self, head: bytes, filename: str) -> bool:
        """By the name's ending, unless the first bytes are those of an archive, a picture or another such file."""
        return filename.lower().endswith(self.extensions) and not head.startswith(_OTHER_KINDS)

    def open(self, path: Path, options: Mapping[str, str] | None = None) -> Source:
        """Find encoding and delimiter where `options` do not give them, and read the heading."""
        chosen = dict(options or {})
        self._check(path, chosen)
        found = survey(path, chosen.get("encoding"))
        with _text(path, found.encoding) as file:
            sample = list(itertools.islice(_lines(file), _SAMPLE_LINES))
        first = sample[0].strip() if sample else ""
        declared = first[4] if len(first) == 5 and first.startswith("sep=") else None  # Excel's own first line
        delimiter = chosen.get("delimiter") or declared or _delimiter_of(sample)
        return _CsvSource(path, found, delimiter, skip=1 if declared else 0, padded=_is_padded(sample, delimiter))

    def _check(self, path: Path, options: Mapping[str, str]) -> None:
        problems = [
            Problem(f"/{name}", _("{value} cannot be chosen here.", value=value), "unknown_option", value)
            for name, value in options.items()
            if value not in self.options_schema["properties"].get(name, {"enum": ()})["enum"]
        ]
        size = path.stat().st_size
        if size > MAX_BYTES:
            limit = MAX_BYTES // 2**20
            problems.append(
                Problem("/file", _("The file is larger than {limit} MiB. Split it.", limit=limit), "too_big")
            )
        if problems:
            raise Refused(problems)


class _CsvSource(Source):
    def __init__(self, path: Path, found: Survey, delimiter: str, *, skip: int, padded: bool) -> None:
        self._path = path
        self._found = found
        self._delimiter = delimiter
        self._skip = skip
        self._padded = padded
        with _text(path, found.encoding) as file:
            heading = next(self._records(file), None)
        self.columns = _named(heading)
        self.details = {
            "encoding": found.encoding,
            "delimiter": delimiter,
            "line_count": found.lines,
            "size": path.stat().st_size,
        }

    def rows(self) -> Iterator[Row]:
        with _text(self._path, self._found.encoding) as file:
            records = self._records(file)
            next(records, None)
            for row in records:
                yield row if row.trouble else self._fitted(row)

    def _records(self, file: TextIO) -> Iterator[Row]:
        lines = itertools.islice(_lines(file), self._skip, None)
        return _records(lines, self._delimiter, self._padded, line=self._skip, clean=self._found.spotless)

    def _fitted(self, row: Row) -> Row:
        """The row if it has one cell for each column, else with the reason why nobody can tell which is which."""
        width = len(self.columns)
        if len(row.cells) == width:
            return row
        if len(row.cells) > width and not any(row.cells[width:]):
            return Row(row.line, row.cells[:width])
        says = _("This line has {found} cells, the heading has {expected}.", found=len(row.cells), expected=width)
        return Row(row.line, row.cells, says)


def _text(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=ENCODINGS[encoding], errors=MARK, newline="")


def _lines(file: TextIO) -> Iterator[str]:
    """Physical lines with their ends; of an overlong one only its first MAX_RECORD + 1 characters."""
    while line := file.readline(MAX_RECORD + 1):
        yield line
        while len(line) > MAX_RECORD and not line.endswith(("\r", "\n")):
            line = file.readline(MAX_RECORD + 1)


def _records(
    lines: Iterable[str], delimiter: str, padded: bool = False, *, line: int = 0, clean: bool = True
) -> Iterator[Row]:
    """Rows that are not blank. One that cannot be taken apart costs its first line; reading goes on with the next."""
    feed = _Feed(lines, line)
    reader = csv.reader(feed, delimiter=delimiter, skipinitialspace=padded, strict=True)
    after_trouble = False
    while True:
        start = feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            yield Row(start, [feed.first_line()], _said(error))
            feed.back_to_second_line()
            after_trouble = True
            continue
        if not any(cells):
            continue
        if any("'" in line for line in feed.taken):
            cells = [cell[1:] if _KEPT_FROM_RUNNING.match(cell) else cell for cell in cells]
        trouble = _too_long(cells) if feed.length > MAX_CELL else None
        trouble = trouble or (None if clean else _unprintable(feed.taken))
        if after_trouble:
            # The tail of a cell that was broken over lines would pass for a row of its own if its cells happen to fit.
            after_trouble = feed.quotes() % 2 == 1
            if after_trouble and not trouble:
                trouble = _("This line may belong to the broken one above it.")
        yield Row(start, cells, trouble)


class _TooLong(Exception):
    pass


class _Feed:
    """Lines for Python's reader, which remembers those of the row being read so that they can be read again."""

    def __init__(self, lines: Iterable[str], line: int) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._line = line
        self.taken: list[str] = []
        self.length = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._line += 1
        self.taken.append(line)
        self.length += len(line)
        if self.length > MAX_RECORD:
            raise _TooLong
        return line

    def begin(self) -> int:
        """A new row begins; the number of its first line."""
        self.taken.clear()
        self.length = 0
        return self._line + 1

    def first_line(self) -> str:
        return MARKS.sub("\ufffd", self.taken[0].rstrip("\r\n")[:_SHOWN]).replace("\0", "\ufffd")

    def back_to_second_line(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        self._line -= len(self.taken) - 1

    def quotes(self) -> int:
        return sum(line.count('"') for line in self.taken)


def _said(error: Exception) -> Text:
    if isinstance(error, _TooLong):
        return _("The row that begins here is longer than {limit} characters. Is a quotation mark missing?",
                 limit=MAX_RECORD)  # fmt: skip
    if "unexpected end" in str(error):
        return _("A quotation mark is opened on this line and never closed.")
    return _(
        "A quoted cell on this line goes on after its closing quotation mark. A quotation mark inside is written twice."
    )


def _too_long(cells: list[str]) -> Text | None:
    for number, cell in enumerate(cells, 1):
        if len(cell) > MAX_CELL:
            return _("Cell {number} has {length} characters; {limit} is the most.",
                     number=number, length=len(cell), limit=MAX_CELL)  # fmt: skip
    return None


def _unprintable(lines: list[str]) -> Text | None:
    for line in lines:
        if found := _UNPRINTABLE.search(line):
            if found[0] == "\0":
                return _("This line holds a NUL character, which no field can keep.")
            return _("The byte {byte} on this line is no character in the file's encoding.",
                     byte=f"0x{ord(found[0]) - 0xDC00:02X}")  # fmt: skip
    return None


def _delimiter_of(sample: list[str]) -> str:
    """The separator under which most rows are as wide as the heading; a comma when there is but one column."""

    def fitness(delimiter: str) -> tuple[float, int]:
        widths = [len(row.cells) for row in _records(sample, delimiter)]
        if not widths or widths[0] < 2:
            return (0, 0)
        return (widths.count(widths[0]) / len(widths), widths[0])

    return max(DELIMITERS, key=fitness)


def _is_padded(sample: list[str], delimiter: str) -> bool:
    """Whether quoted cells follow a space (`1, "Smith, John"`), which Python's reader must be told."""
    text = "".join(sample)
    return f'{delimiter} "' in text and f'{delimiter}"' not in text


def _named(heading: Row | None) -> list[str]:
    if heading is None:
        raise Refused([Problem("/file", _("The file is empty."), "empty")])
    if heading.trouble:
        raise Refused([Problem("/file", _("The heading cannot be read. {why}", why=heading.trouble), "bad_heading")])
    if len(heading.cells) > MAX_COLUMNS:
        says = _("The file has {found} columns; {limit} is the most.", found=len(heading.cells), limit=MAX_COLUMNS)
        raise Refused([Problem("/file", says, "too_wide")])
    return column_names(heading.cells)
