"""An app as one portable file: its definition, its records, the files that they hold, and who is named in them.

A zip of JSON: `archive.json` (what is in it and what is not), `definition.json`, `records/<table>.jsonl` (a record a
line: its id and what it holds, computed fields left out), `files.jsonl`, `files/<id>`, `people.json`,
`departments.json`; where wanted `history.jsonl`, `comments.jsonl`, `holders.jsonl`; `calendar.json` where the app
counts working days. Alike records make alike files, whichever database held them. Written and read piece by piece, so
memory stays flat.
"""

from __future__ import annotations

from engine.archives.bringing import Brought, Wishes, bring, set_aside
from engine.archives.leaving import counted, sorts, told
from engine.archives.packing import MEDIA_TYPE, note, pack, size
from engine.archives.parts import Tell, Wanted
from engine.archives.unpacking import MAX_PACKED, Archive, opened

__all__ = [
    "MAX_PACKED",
    "MEDIA_TYPE",
    "Archive",
    "Brought",
    "Tell",
    "Wanted",
    "Wishes",
    "bring",
    "counted",
    "note",
    "opened",
    "pack",
    "set_aside",
    "size",
    "sorts",
    "told",
]
