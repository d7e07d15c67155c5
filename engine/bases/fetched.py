"""What was fetched of a base, on the disk: its structure, its records a line each, and how far fetching has come.

Each page is on the disk before the place where the next one begins is noted, so whoever is broken off goes on there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.bases.answers import Field, Record, Remark, Table, View
from engine.storage.stores import Workspace


@dataclass
class Part:
    """How far one table is: bytes and records that count, and where the next page begins, "" at the beginning."""

    bytes: int = 0
    records: int = 0
    offset: str = ""
    done: bool = False


@dataclass
class Progress:
    """How far fetching is: by table, and then the comments. `told` is what there is to say besides."""

    parts: list[Part] = field(default_factory=list)
    comments: Part = field(default_factory=Part)
    unreadable_comments: bool = False


class Fetched:
    """The folder of one base."""

    def __init__(self, workspace: Workspace, import_id: str) -> None:
        self.folder = workspace.files / "bases" / import_id

    @property
    def begun(self) -> bool:
        """Whether the structure is there."""
        return (self.folder / "progress.json").is_file()

    @property
    def tables(self) -> list[Table]:
        """The tables as they were when fetching began."""
        given = json.loads((self.folder / "tables.json").read_text())
        return [
            Table(**{**one, "fields": [Field(**f) for f in one["fields"]], "views": [View(**v) for v in one["views"]]})
            for one in given
        ]

    @property
    def progress(self) -> Progress:
        """How far it is."""
        given = json.loads((self.folder / "progress.json").read_text())
        parts = [Part(**one) for one in given["parts"]]
        return Progress(parts, Part(**given["comments"]), given["unreadable_comments"])

    def begin(self, tables: Sequence[Table]) -> None:
        """Keep the structure; nothing of the records is there yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._keep("tables.json", [asdict(one) for one in tables])
        self.note(Progress([Part() for _one in tables]))

    def note(self, progress: Progress) -> None:
        """It is so far now."""
        self._keep("progress.json", asdict(progress))

    def add(self, number: int, part: Part, records: Sequence[Record]) -> None:
        """Put more records of a table behind those that count."""
        lines = [
            {"id": one.id, "created": one.created, "cells": one.cells, "comments": one.comments} for one in records
        ]
        self._add(f"{number}.jsonl", part, lines)

    def add_remarks(self, part: Part, table: int, record: str, remarks: Sequence[Remark]) -> None:
        """Put the comments of a record behind those that count."""
        self._add("comments.jsonl", part, [{"table": table, "record": record, **asdict(one)} for one in remarks])

    def records(self, number: int) -> Iterator[Record]:
        """The records of a table, in their order."""
        part = self.progress.parts[number]
        for one in self._lines(f"{number}.jsonl", part.bytes):
            yield Record(one["id"], one["created"], one["cells"], one["comments"])

    def remarks(self) -> Iterator[tuple[int, str, Remark]]:
        """The comments: of which table and record, and what."""
        for one in self._lines("comments.jsonl", self.progress.comments.bytes):
            table, record = one.pop("table"), one.pop("record")
            named = {key: (name, email) for key, (name, email) in one.pop("mentioned").items()}
            yield table, record, Remark(**one, mentioned=named)

    @property
    def files(self) -> dict[str, str]:
        """The files that were brought already: their ids there, and here ("" for one that cannot be had)."""
        path = self.folder / "files.jsonl"
        return dict(json.loads(line) for line in path.read_text().splitlines()) if path.is_file() else {}

    def add_file(self, there: str, here: str) -> None:
        """A file was brought."""
        with (self.folder / "files.jsonl").open("a") as kept:
            kept.write(json.dumps([there, here]) + "\n")

    def remove(self) -> None:
        """Nothing of it is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _add(self, name: str, part: Part, lines: Sequence[Mapping[str, Any]]) -> None:
        with (self.folder / name).open("ab") as kept:
            kept.truncate(part.bytes)  # what a broken off page may have left behind
            kept.write(b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in lines))
            kept.flush()
            os.fsync(kept.fileno())
            part.bytes = kept.tell()

    def _lines(self, name: str, most: int) -> Iterator[dict[str, Any]]:
        if not most:
            return
        with (self.folder / name).open("rb") as kept:
            while kept.tell() < most and (line := kept.readline()):
                yield json.loads(line)

    def _keep(self, name: str, value: Any) -> None:
        part = self.folder / f"{name}.part"
        with part.open("w") as kept:
            kept.write(json.dumps(value, ensure_ascii=False))
            kept.flush()
            os.fsync(kept.fileno())
        part.replace(self.folder / name)
