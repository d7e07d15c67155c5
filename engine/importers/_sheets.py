"""The parts of a workbook, read as a stream: its sheets by name, and the rows of one with the text of each cell."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.parsers import expat

from engine.importers._number_formats import kind_of_format, shown
from engine.importers._packages import MAX_PARTS, damaged, refused, too_many
from engine.text import Text, _

MAX_TAGS = 10_000_000  # of one part: empty cells take time, too
MAX_NAME = 255  # characters of a sheet's name; spreadsheet programs know 31

_CHUNK = 2**16
_LETTERS = re.compile("[A-Z]{1,3}")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # a character that XML cannot hold
_PART = "/relationships/"
_NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class SheetRow(NamedTuple):
    """What a row holds: texts by the number of their column, from 1. `trouble`: why one of them is not known."""

    line: int
    cells: dict[int, str]
    trouble: Text | None


@dataclass
class Workbook:
    """`sheets`: where those that people see lie in the archive, by name, in their order."""

    archive: zipfile.ZipFile
    sheets: dict[str, str] = field(default_factory=dict)
    from_1904: bool = False
    _texts: str | None = None
    _styles: str | None = None

    def rows(self, name: str) -> Iterator[SheetRow]:
        """The rows of a sheet that hold anything. Only the texts that cells share are held in memory."""
        reader = _RowReader(_texts(self.archive, self._texts), _kinds(self.archive, self._styles), self.from_1904)
        for _piece in _parsed(self.archive, self.sheets[name], reader.start, reader.end, reader.text):
            yield from reader.rows
            reader.rows.clear()


def workbook_in(archive: zipfile.ZipFile) -> Workbook:
    """Raises Refused when the parts do not make a workbook."""
    book = Workbook(archive)
    targets: dict[str, str] = {}

    def of_relations(_name: str, said: dict[str, str]) -> None:
        target, kind = said.get("Target", ""), said.get("Type", "").rpartition(_PART)[2]
        if said.get("TargetMode") == "External" or kind not in ("worksheet", "sharedStrings", "styles"):
            return
        place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if kind == "worksheet":
            targets[said.get("Id", "")] = place
        elif kind == "sharedStrings":
            book._texts = place
        else:
            book._styles = place

    def of_book(name: str, said: dict[str, str]) -> None:
        if name == "workbookPr":
            book.from_1904 = said.get("date1904") in ("1", "true")
        elif name == "sheet" and said.get("state", "visible") == "visible":
            place = next(
                (targets[value] for key, value in said.items() if key[-3:] == ":id" and value in targets), None
            )
            if place:  # a chart of its own is no worksheet
                book.sheets[said.get("name", "")[:MAX_NAME]] = place
            if len(book.sheets) > MAX_PARTS:
                raise too_many()

    _read(archive, "xl/_rels/workbook.xml.rels", of_relations)
    _read(archive, "xl/workbook.xml", of_book)
    return book


class _RowReader:
    def __init__(self, texts: list[str], kinds: list[str], from_1904: bool) -> None:
        self.rows: list[SheetRow] = []
        self._texts = texts
        self._kinds = kinds
        self._from_1904 = from_1904
        self._line = self._column = 0
        self._written_line = "0"
        self._columns: dict[str, int] = {}  # numbers of columns by their letters
        self._cells: dict[int, str] = {}
        self._said: dict[str, str] = {}
        self._pieces: list[str] = []
        self._listens = self._has_formula = self._has_value = self._is_phonetic = False
        self._trouble: Text | None = None

    def start(self, name: str, said: dict[str, str]) -> None:
        if name == "c":
            self._said, self._pieces = said, []
            self._has_formula = self._has_value = False
            self._column = self._place(said["r"]) if "r" in said else self._column + 1
        elif name == "v" or (name == "t" and not self._is_phonetic):
            self._listens = self._has_value = True
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._is_phonetic = True
        elif name == "row":
            self._line = int(said.get("r", self._line + 1))
            self._column = 0
            self._cells, self._trouble = {}, None
            self._written_line = str(self._line)
            if not 0 < self._line <= _LAST_ROW:
                raise refused(damaged(), "damaged")

    def text(self, piece: str) -> None:
        if self._listens:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._listens = False
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "c":
            if self._has_formula and not self._has_value:
                self._trouble = _(
                    "The formula in column {column} has no result yet. Open the file in a spreadsheet and save it.",
                    column=letters(self._column),
                )
            if text := self._cell("".join(self._pieces)):
                self._cells[self._column] = text
        elif name == "row" and (self._cells or self._trouble):
            self.rows.append(SheetRow(self._line, self._cells, self._trouble))

    def _place(self, reference: str) -> int:
        named = reference.rstrip("0123456789")
        if reference[len(named) :] != self._written_line:
            raise refused(damaged(), "damaged")
        column = self._columns.get(named)
        if column is None:
            column = self._columns[named] = _column(named)
        return column

    def _cell(self, written: str) -> str:
        if not written:
            return ""
        match self._said.get("t", "n"):
            case "n":
                style = int(self._said.get("s", 0))
                kind = self._kinds[style] if 0 <= style < len(self._kinds) else ""
                return shown(written, kind, from_1904=self._from_1904)
            case "s" if written.isdecimal():
                return self._texts[int(written)]
            case "b":
                return "yes" if written == "1" else "no"
            case _:
                return _unescaped(written)


def _column(letters: str) -> int:
    column = 0
    for letter in letters if _LETTERS.fullmatch(letters) else "":
        column = column * 26 + ord(letter) - 64
    if not 0 < column <= _LAST_COLUMN:
        raise refused(damaged(), "damaged")
    return column


def letters(column: int) -> str:
    """The name of a column as a spreadsheet shows it: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _texts(archive: zipfile.ZipFile, place: str | None) -> list[str]:
    """The texts that cells name by number; how Japanese ones are pronounced is left out."""
    texts: list[str] = []
    pieces: list[str] = []
    depth = {"t": 0, "rPh": 0}

    def start(name: str, _said: dict[str, str]) -> None:
        if name in depth:
            depth[name] += 1

    def text(piece: str) -> None:
        if depth["t"] and not depth["rPh"]:
            pieces.append(piece)

    def end(name: str) -> None:
        if name in depth:
            depth[name] -= 1
        elif name == "si":
            texts.append(_unescaped("".join(pieces)))
            pieces.clear()

    if place and place in archive.NameToInfo:
        _read(archive, place, start, end, text)
    return texts


def _kinds(archive: zipfile.ZipFile, place: str | None) -> list[str]:
    """What the numbers of each style are."""
    kinds: list[str] = []
    codes: dict[int, str] = {}
    within: list[str] = []

    def start(name: str, said: dict[str, str]) -> None:
        if within[-1:] == ["numFmts"] and name == "numFmt":
            codes[int(said["numFmtId"])] = said["formatCode"]
        elif within[-1:] == ["cellXfs"] and name == "xf":
            number = int(said.get("numFmtId", 0))
            kinds.append(kind_of_format(number, codes.get(number)))
        within.append(name)

    def end(_name: str) -> None:
        within.pop()

    if place and place in archive.NameToInfo:
        _read(archive, place, start, end)
    return kinds


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return match[0] if 0xD800 <= code < 0xE000 else chr(code)

    return _ESCAPED.sub(character, text) if "_x" in text else text


def _read(archive: zipfile.ZipFile, place: str, start: Start, end: End | None = None, text: Any = None) -> None:
    for _piece in _parsed(archive, place, start, end, text):
        pass


def _parsed(
    archive: zipfile.ZipFile, place: str, start: Start, end: End | None = None, text: Any = None
) -> Iterator[None]:
    """Feed a part to handlers, which are given names without prefixes; stops after each piece."""

    def refuse(*_declared: object) -> None:
        raise refused(_("This file declares entities, which no spreadsheet does. It is not read."), "entities")

    def first(name: str, said: dict[str, str]) -> None:
        """The names of a part have all one prefix or, so that nothing is to be done for each of them, none."""
        prefix = name[: name.find(":") + 1]
        parser.StartElementHandler = (lambda name, said: start(name.removeprefix(prefix), said)) if prefix else start
        if prefix and end:
            parser.EndElementHandler = lambda name: end(name.removeprefix(prefix))
        parser.StartElementHandler(name, said)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = first
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        with archive.open(place) as part:
            tags = 0
            while piece := part.read(_CHUNK):
                tags += piece.count(b"<")
                if tags > MAX_TAGS:
                    says = _("This file holds too much to be read at once. Split it, or save it as CSV.")
                    raise refused(says, "too_big")
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
            yield
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, expat.ExpatError) and error.code == _NO_MEMORY:
            raise MemoryError from error
        raise refused(damaged(), "damaged") from error
