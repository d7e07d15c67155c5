"""JSON: one document, a list of objects. What only some of them have is empty in the others."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from engine.errors import Problem, Refused
from engine.importers import Importer, Source
from engine.importers._objects import opened, wordy
from engine.text import Text, _

MAX_ITEM = 2_000_000  # characters of one object
_PIECE = 2**16
_SPACES = " \t\r\n"


class Json(Importer):
    """UTF-8, as the format says. A document that is broken anywhere is refused as a whole."""

    label = _("JSON")
    extensions = (".json",)
    options_schema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}

    def sniff(self, head: bytes, filename: str) -> bool:
        """By the name's ending."""
        return filename.lower().endswith(self.extensions)

    def open(self, path: Path, options: Mapping[str, str] | None = None) -> Source:
        """Read all of it once, for the names of all members."""
        return opened(path, options, _objects)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any] | Text]]:
    for line, found in _items(path):
        yield line, found if isinstance(found, dict) else _("What begins on this line is no JSON object.")


def _items(path: Path) -> Iterator[tuple[int, Any]]:
    """Each item of the list, with the line that it begins on. Raises `Refused` where the document is broken."""
    reader = _Reader(path)
    if reader.next_sign() != "[":
        raise _refused(_("A list of objects is needed: [ at the beginning, ] at the end."), "json")
    reader.take()
    if reader.next_sign() == "]":
        reader.take()
    else:
        while True:
            reader.next_sign()
            yield reader.line, reader.value()
            sign = reader.next_sign()
            reader.take()
            if sign == "]":
                break
            if sign != ",":
                raise reader.broken()
    if reader.next_sign():
        raise reader.broken()


class _Reader:
    """A document read piece by piece: at most one item and what was read beyond it are in memory."""

    def __init__(self, path: Path) -> None:
        self.line = 1
        self._pieces = _texts(path)
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=wordy)

    def next_sign(self) -> str:
        """The next character that is no space, which stays there to be read; "" at the end."""
        while True:
            start = self._at
            while self._at < len(self._text) and self._text[self._at] in _SPACES:
                self._at += 1
            self.line += self._text.count("\n", start, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> None:
        """That character is read."""
        self._at += 1

    def value(self) -> Any:
        """The value that begins here, its numbers spelled as they were."""
        wanted = _PIECE
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                # It may only be cut off. Twice as much each time, so that all of it is read a few times at most.
                if isinstance(error, RecursionError) or len(self._text) - self._at > MAX_ITEM or not self._more(wanted):
                    raise self.broken() from error
                wanted *= 2
                continue
            if end - self._at > MAX_ITEM:
                raise self.broken()
            if end == len(self._text) and self._more():  # a number may go on
                continue
            self.line += self._text.count("\n", self._at, end)
            self._at = end
            return found

    def broken(self) -> Refused:
        """That what stands here is wrong."""
        says = _("The file is no JSON that we take: what begins on line {line} is broken or too long.", line=self.line)
        return _refused(says, "json")

    def _more(self, wanted: int = _PIECE) -> bool:
        pieces, length = [self._text[self._at :]], 0
        while length < wanted and (piece := next(self._pieces, "")):
            pieces.append(piece)
            length += len(piece)
        if not length:
            return False
        self._text, self._at = "".join(pieces), 0
        return True


def _texts(path: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _refused(_("The file is no UTF-8 text."), "encoding") from error
            if text:
                yield text
            if not piece:
                return


def _refused(says: Text, code: str) -> Refused:
    return Refused([Problem("/file", says, code)])
