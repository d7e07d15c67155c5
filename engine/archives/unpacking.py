"""Looking into an archive that somebody brings: nothing is unpacked before all of it is known to be harmless.

No name in it becomes a path: what is wanted is asked for by the names that an archive has, and a file is kept under
an id of the right form.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from engine.errors import Problem, Refused
from engine.text import Text, _

MAX_PACKED = 2**31  # bytes
MAX_UNPACKED = 2**33
MAX_RATIO = 200  # of one entry, unless it is small: lines of records are much alike
MAX_ENTRIES = 60_000
MAX_CONTENTS = 2**25  # bytes of its list of contents, which is read into memory
MAX_LINE = 2_000_000  # bytes of one record
MAX_DOCUMENT = 20_000_000  # bytes of what is read as a whole

_SMALL = 2**20
_ENTRY = re.compile(
    r"(archive|definition|people|departments|calendar)\.json|(files|history|comments|holders)\.jsonl"
    r"|records/[a-z][a-z0-9_]{0,62}\.jsonl|files/att[0-9A-Za-z]{14}"
)
_NEEDED = ("archive.json", "definition.json", "people.json", "departments.json", "files.jsonl")
_FORMATS = (1, 2)  # the first had neither history nor comments


class Archive:
    """An archive whose entries are known to be harmless.

    `records` by table, and `count`, of files, changes and comments too, as it says itself; `left`: the sorts of things
    that are not in it, keys of `leaving.SORTS`.
    """

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._names = set(packed.namelist())
        about = self.document("archive.json")
        if not isinstance(about, Mapping) or about.get("format") not in _FORMATS:
            raise refused(_("This archive is of another version of Formwork, which this one does not read."), "version")
        records = about.get("records")
        self.records = records if isinstance(records, dict) else {}
        held = [*(records.values() if isinstance(records, dict) else ()), *about.values()]
        self.count = sum(one for one in held if isinstance(one, int)) - about["format"]
        left = about.get("left")
        self.left = [one for one in left if isinstance(one, str)] if isinstance(left, list) else []
        self.definition = self.document("definition.json")
        if not isinstance(self.definition, dict) or not isinstance(self.definition.get("tables"), dict):
            raise damaged()

    def has(self, name: str) -> bool:
        """Whether this part is in it."""
        return name in self._names

    def document(self, name: str) -> Any:
        """A JSON document in it. Raises `Refused`."""
        if self._packed.getinfo(name).file_size > MAX_DOCUMENT:
            raise refused(_("{name} in this archive is too long.", name=name), "too_big")
        try:
            return json.loads(self._packed.read(name))
        except (ValueError, RecursionError) as error:
            raise damaged() from error

    def lines(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The objects of a part with one on each line, by their numbers; none if it is not there. Raises `Refused`."""
        if name not in self._names:
            return
        with self._packed.open(name) as part:
            number = 0
            while line := part.readline(MAX_LINE + 1):
                number += 1
                says = _("{name}, line {line}, is no record that we take.", name=name, line=number)
                try:
                    found = json.loads(line) if len(line) <= MAX_LINE else None
                except (ValueError, RecursionError) as error:
                    raise refused(says, "json") from error
                if not isinstance(found, dict) or not isinstance(found.get("id"), str):
                    raise refused(says, "json")
                yield number, found

    def file(self, file_id: str) -> BinaryIO:
        """The bytes of a file. Raises `Refused` when they are not in it."""
        if f"files/{file_id}" not in self._names:
            raise damaged()
        return cast("BinaryIO", self._packed.open(f"files/{file_id}"))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path`. Raises `Refused`, also when reading it inside finds damage."""
    try:
        if path.stat().st_size > MAX_PACKED:
            raise refused(_("The file is larger than {limit} MiB.", limit=MAX_PACKED // 2**20), "too_big")
        _check_end(path)
        with zipfile.ZipFile(path) as packed:
            _check(packed.infolist(), path.stat().st_size)
            yield Archive(packed)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, KeyError) as error:
        raise damaged() from error


def refused(says: Text, code: str) -> Refused:
    """The whole archive is refused."""
    return Refused([Problem("/file", says, code)])


def damaged() -> Refused:
    """It cannot be read."""
    return refused(_("This is no archive of an app, or it is damaged."), "damaged")


def _check_end(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2**16 - 22))
        tail = file.read()
    end = tail[tail.rfind(b"PK\5\6") :]
    if not end.startswith(b"PK\5\6") or int.from_bytes(end[12:16], "little") > MAX_CONTENTS:
        raise damaged()


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    names = [one.filename for one in entries]
    if len(names) > MAX_ENTRIES:
        raise refused(_("This archive has more than {limit} entries.", limit=MAX_ENTRIES), "too_big")
    strange = next((one for one in names if not _ENTRY.fullmatch(one)), None)
    if strange is not None:
        raise refused(_("An archive of an app has no entry {name}.", name=strange[:100]), "strange")
    if len(set(names)) < len(names) or any(one.flag_bits & 1 for one in entries):
        raise damaged()
    if not set(_NEEDED) <= set(names) or sum(one.compress_size for one in entries) > size:  # some would lie in others
        raise damaged()
    if sum(one.file_size for one in entries) > MAX_UNPACKED:
        raise refused(_("Unpacked, the file is larger than {limit} MiB.", limit=MAX_UNPACKED // 2**20), "too_big")
    if any(one.file_size > max(_SMALL, MAX_RATIO * one.compress_size) for one in entries):
        raise refused(_("This file unpacks to more than {limit} times its size.", limit=MAX_RATIO), "too_big")
