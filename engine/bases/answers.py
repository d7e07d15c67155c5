"""What the other service answers, taken apart: only what has the right shape and size is taken from it.

Nobody there is trusted: an id becomes part of no path, a name no markup, a list ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import FormworkError
from engine.field_types import clean_text
from engine.text import _

MOST_TABLES = 200
MOST_FIELDS = 450  # of a table: ours has a few of its own
MOST_VIEWS = 100
MOST_PAGES_OF_COMMENTS = 20
LONGEST_NAME = 200  # characters

_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
_LONGEST_OFFSET = 2_000


class OtherSide(FormworkError):
    """The other service does not answer, or not as it should."""

    status = 502
    code = "other_side"


def strange() -> OtherSide:
    """What came has no shape that we know."""
    return OtherSide(_("The other service sent something that we do not understand."))


@dataclass(frozen=True)
class Base:
    """A base that the token opens."""

    id: str
    name: str


@dataclass(frozen=True)
class Field:
    """A field as the other side has it."""

    id: str
    name: str
    type: str
    options: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True)
class View:
    """A view: what it is called, its type, and the fields that it shows, if that is told."""

    name: str
    type: str
    fields: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """A table with its fields and views; `primary` is the field by which records are called."""

    id: str
    name: str
    primary: str
    fields: Sequence[Field]
    views: Sequence[View]
    description: str = ""


@dataclass(frozen=True)
class Record:
    """A record: its cells by the id of their field. `comments`: how many there are."""

    id: str
    created: str
    cells: Mapping[str, Any] = field(repr=False)
    comments: int = 0


@dataclass(frozen=True)
class Remark:
    """A comment. `mentioned`: who is named in it by an id, as (name, address)."""

    id: str
    author: str
    email: str
    text: str
    created: str
    mentioned: Mapping[str, tuple[str, str]]


def bases(given: Any) -> tuple[list[Base], str]:
    """A page of the list of bases. Raises `OtherSide`."""
    found = [Base(_id(one), _name(one.get("name"), "?")) for one in _objects(given, "bases", 1_000)]
    return found, _offset(given)


def tables(given: Any) -> list[Table]:
    """All tables of a base. Raises `OtherSide`."""
    return [_table(one) for one in _objects(given, "tables", MOST_TABLES)]


def records(given: Any) -> tuple[list[Record], str]:
    """A page of records. Raises `OtherSide`."""
    return [record(one) for one in _objects(given, "records", 1_000)], _offset(given)


def record(given: Any) -> Record:
    """One record. Raises `OtherSide`."""
    cells = given.get("fields") if isinstance(given, Mapping) else None
    if not isinstance(cells, Mapping):
        raise strange()
    count = given.get("commentCount")
    comments = count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
    return Record(_id(given), _text(given.get("createdTime"), 40), cells, comments)


def remarks(given: Any) -> tuple[list[Remark], str]:
    """A page of comments. Raises `OtherSide`."""
    return [_remark(one) for one in _objects(given, "comments", 1_000)], _offset(given)


def files_in(cell: Any) -> Iterator[Mapping[str, Any]]:
    """The files of a cell, each with an `id`, `url`, `filename` and `size`."""
    for one in cell if isinstance(cell, list) else ():
        if not isinstance(one, Mapping) or not isinstance(one.get("url"), str):
            continue
        if isinstance(one.get("id"), str) and _ID.fullmatch(one["id"]):
            size = one.get("size")
            known = size if isinstance(size, int) and size >= 0 else 0
            name = _text(one.get("filename"), LONGEST_NAME) or "file"
            yield {"id": one["id"], "url": one["url"], "filename": name, "size": known}


def _table(given: Mapping[str, Any]) -> Table:
    fields = [_field(one) for one in _objects(given, "fields", MOST_FIELDS)]
    if not fields or len({one.id for one in fields}) < len(fields):
        raise strange()
    primary = given.get("primaryFieldId")
    known = primary if any(one.id == primary for one in fields) else fields[0].id
    views = given.get("views")
    listed = [one for one in views if isinstance(one, Mapping)][:MOST_VIEWS] if isinstance(views, list) else []
    name, about = _name(given.get("name"), "Table"), _text(given.get("description"), 2_000)
    return Table(_id(given), name, str(known), fields, [_view(one) for one in listed], about)


def _field(given: Mapping[str, Any]) -> Field:
    options = given.get("options")
    return Field(
        _id(given),
        _name(given.get("name"), "Field"),
        _text(given.get("type"), 60),
        options if isinstance(options, Mapping) else {},
        _text(given.get("description"), 2_000),
    )


def _view(given: Mapping[str, Any]) -> View:
    shown = given.get("visibleFieldIds")
    fields = [one for one in shown if isinstance(one, str)] if isinstance(shown, list) else []
    return View(_name(given.get("name"), "View"), _text(given.get("type"), 60), fields[: MOST_FIELDS + 10])


def _remark(given: Mapping[str, Any]) -> Remark:
    author = given.get("author")
    author = author if isinstance(author, Mapping) else {}
    named = given.get("mentioned")
    mentioned = {
        str(key): (_text(one.get("displayName"), LONGEST_NAME), _text(one.get("email"), 300))
        for key, one in (named.items() if isinstance(named, Mapping) else ())
        if isinstance(one, Mapping) and _ID.fullmatch(str(key))
    }
    name, email = _text(author.get("name"), LONGEST_NAME), _text(author.get("email"), 300)
    text, created = _text(given.get("text"), 10_000), _text(given.get("createdTime"), 40)
    return Remark(_id(given), name, email, text, created, mentioned)


def _objects(given: Any, name: str, most: int) -> list[Mapping[str, Any]]:
    found = given.get(name) if isinstance(given, Mapping) else None
    if not isinstance(found, list) or len(found) > most or not all(isinstance(one, Mapping) for one in found):
        raise strange()
    return found


def _offset(given: Mapping[str, Any]) -> str:
    found = given.get("offset") or ""
    if not isinstance(found, str) or len(found) > _LONGEST_OFFSET:
        raise strange()
    return found


def _id(given: Any) -> str:
    found = given.get("id") if isinstance(given, Mapping) else None
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise strange()
    return found


def _name(given: Any, otherwise: str) -> str:
    """A name on one line."""
    return " ".join(_text(given, LONGEST_NAME).split()) or otherwise


def _text(given: Any, longest: int) -> str:
    return clean_text(given)[:longest].strip() if isinstance(given, str) else ""
