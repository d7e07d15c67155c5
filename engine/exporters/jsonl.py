"""JSON Lines: one record a line, as an object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from engine.exporters import Column, Exporter, Pages
from engine.text import _


class JsonLines(Exporter):
    """What is empty is there as null, so that every line has the same members."""

    label = _("JSON Lines")
    extension = ".jsonl"
    media_type = "application/jsonl; charset=utf-8"

    def write(self, columns: Sequence[Column], pages: Pages) -> Iterator[bytes]:
        names = [one.name for one in columns]
        for records in pages:
            lines = (dict(zip(names, each, strict=True)) for each in records)
            yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in lines)
