"""Which characters the bytes of a file stand for, decided over the whole file."""

from __future__ import annotations

import codecs
import io
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ENCODINGS = {  # the word that people choose: Python's codec, the widest variant that real files use
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "big5": "cp950",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
}
MARK = "formwork-mark"  # error handler: an undecodable byte b becomes the character U+DC00 + b, which no text holds
MARKS = re.compile("[\udc00-\udcff]")

_CHUNK = 2**18
_LOOKED_AT = 20_000  # characters beyond ASCII that are weighed; the rest of the file is only decoded
_GOOD_TO_BAD = 4  # so many well-formed characters for each bad byte make it a damaged file of that encoding
_COMMON_ENOUGH = (
    0.6  # share of everyday characters that tells Chinese or Japanese from other bytes that happen to decode
)
_WIDE = re.compile(r"[^\x00-\x7f]+")


class Survey(NamedTuple):
    """A file decoded from end to end: its physical lines, NULs, undecodable bytes, and characters beyond ASCII."""

    encoding: str
    lines: int
    nuls: int
    undecodable: int
    beyond_ascii: int  # at most about _LOOKED_AT are counted
    common: int  # of them: everyday characters of the encoding's language that stand beside another one

    @property
    def spotless(self) -> bool:
        return not self.nuls and not self.undecodable


def survey(path: Path, encoding: str | None = None) -> Survey:
    """Read all of `path` in `encoding`, or in the one it is most likely written in. Memory stays flat."""
    if encoding:
        return _surveyed(path, encoding)
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return _surveyed(path, "utf-16")
    found = _surveyed(path, "utf-8")
    if not found.undecodable or found.beyond_ascii >= _GOOD_TO_BAD * found.undecodable:
        return found
    eastern = [_surveyed(path, each) for each in _EVERYDAY]
    best = max(eastern, key=_likeness)
    return best if _likeness(best) >= _COMMON_ENOUGH else _surveyed(path, "windows-1252")


def _likeness(found: Survey) -> float:
    return found.common / (found.beyond_ascii + found.undecodable or 1)


def _surveyed(path: Path, encoding: str) -> Survey:
    bytes_to_text = codecs.getincrementaldecoder(ENCODINGS[encoding])(MARK)
    decoder = io.IncrementalNewlineDecoder(bytes_to_text, translate=True)
    everyday = _everyday(encoding)
    lines = nuls = undecodable = beyond_ascii = common = 0
    last = ""
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            lines += text.count("\n")
            nuls += text.count("\0")
            last = text or last
            if not text.isascii():
                undecodable += len(MARKS.findall(text))
                if beyond_ascii < _LOOKED_AT:
                    runs = _WIDE.findall(MARKS.sub(" ", text))
                    beyond_ascii += sum(map(len, runs))
                    # One lone wide character between ASCII is more likely a degree sign of another encoding.
                    common += sum(sum(map(everyday.__contains__, run)) for run in runs if len(run) > 1)
            if not chunk:
                break
    if last and not last.endswith("\n"):
        lines += 1
    return Survey(encoding, lines, nuls, undecodable, beyond_ascii, common)


# Blocks of (first lead byte, last lead byte) whose characters make up almost all of an everyday text: the first of the
# two levels by which GB 2312, Big5 and JIS X 0208 sort their ideographs, and the punctuation and letters beside them.
_EVERYDAY = {
    "gb18030": ((0xB0, 0xD7), (0xA1, 0xA1), (0xA3, 0xA3)),
    "big5": ((0xA4, 0xC6), (0xA1, 0xA1)),
    "shift_jis": ((0x88, 0x97), (0x81, 0x83)),
}


@cache
def _everyday(encoding: str) -> frozenset[str]:
    trails = range(0xA1, 0xFF) if encoding == "gb18030" else range(0x40, 0xFF)
    return frozenset(
        bytes([lead, trail]).decode(ENCODINGS[encoding], "ignore")
        for first, last in _EVERYDAY.get(encoding, ())
        for lead in range(first, last + 1)
        for trail in trails
    ) - {""}


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(MARK, _mark)
