"""JSON: one document, a list of records as objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from engine.exporters import Column, Exporter, Pages
from engine.text import _


class Json(Exporter):
    """The list is written while it is read: nobody holds all of it."""

    label = _("JSON")
    extension = ".json"
    media_type = "application/json; charset=utf-8"

    def write(self, columns: Sequence[Column], pages: Pages) -> Iterator[bytes]:
        names, before = [one.name for one in columns], b"[\n"
        for records in pages:
            for each in records:
                yield before + orjson.dumps(dict(zip(names, each, strict=True)))
                before = b",\n"
        yield b"[]\n" if before == b"[\n" else b"\n]\n"
