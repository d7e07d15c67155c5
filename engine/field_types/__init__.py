"""Field types: one file is one type, its name is the word in a definition's `"type"`.

A type says what its values are (JSON in Python, on both databases), how a typed text becomes one, how it
reads, and which input enters it. It knows no session, no request and no HTML.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from engine.registry import Registry
from engine.text import Text, _

Options = Mapping[str, Any]
Value = Any  # a JSON value: str, int, float, bool, None, or a list of str

Holds = Literal[
    "text",
    "number",
    "boolean",
    "date",
    "date_time",
    "select",
    "user",
    "department",
    "selects",
    "time",
    "json",
    "users",
    "record",
    "parent",
    "any_record",
    "records",
    "any_records",
    "files",
    "signature",
    "computed",
]


class InvalidValue(ValueError):
    """The value cannot be held by the field; `says` tells why, in words for people."""

    def __init__(self, says: Text) -> None:
        super().__init__(says)
        self.says = says


@dataclass(frozen=True)
class Input:
    """How a form asks for the value: `web/html/inputs/<kind>.html` draws it."""

    kind: str
    choices: Mapping[str, Mapping[str, Any]] | None = None
    attributes: Mapping[str, Any] | None = None
    in_lines: bool = True  # whether the cell of a grid has room for it
    offers: str = ""  # what one chooses from by id, a key of `engine.named.KINDS`


class FieldType:
    """What every field type answers. Subclasses override what differs from a plain text."""

    name: str
    label: ClassVar[Text]
    icon: ClassVar[str]
    holds: ClassVar[Holds] = "text"
    holds_many: ClassVar[Holds] = "records"  # what it holds where it leads to many
    options: ClassVar[Mapping[str, Any]] = {}  # option -> its JSON Schema
    required_options: ClassVar[tuple[str, ...]] = ()
    computed: ClassVar[bool] = False  # kept by the engine, never written by people
    system: ClassVar[bool] = False  # kept by every write itself: who and when
    drawn: ClassVar[bool] = False  # a number that the engine draws for a new record, unless the record brings one
    tree: ClassVar[bool] = False  # a link to the same table in which no record lies under itself
    of_any_table: ClassVar[bool] = False  # a link whose record may be of any of several tables
    copied: ClassVar[bool] = False  # copied from a linked record when the link is set, and kept
    over_link: ClassVar[bool] = False  # worked out over the records of the link that the option `through` names
    expressed_in: ClassVar[str] = ""  # the option with the expression that it is worked out by
    groups: ClassVar[bool] = False  # few values, so a kanban or a group by it makes sense
    listed: ClassVar[bool] = False  # its value is a list that lies in the record itself
    names: ClassVar[Literal["", "choices", "people", "departments"]] = ""  # what its values are keys or ids of
    reading: ClassVar[str] = ""  # how imports read its cells, where that does not follow from what it holds
    said_by: ClassVar[
        tuple[tuple[str, ...], ...]
    ] = ()  # the members that name an object: the first of these that it has
    can_be_unique: ClassVar[bool] = True  # its values can be told from each other by an index

    def expression(self, options: Options) -> str | None:
        """The expression that its values are worked out by; None where there is none."""
        return str(options[self.expressed_in]).removeprefix("=") if self.expressed_in else None

    def value_schema(self, options: Options) -> dict[str, Any]:
        """The JSON Schema (2020-12) of a value that is not empty."""
        return {"type": "string"}

    def accept(self, value: Value, options: Options) -> Value:
        """The value as it is stored; raises `InvalidValue`. `value` is JSON and not empty."""
        if not isinstance(value, str):
            raise InvalidValue(_("must be a text"))
        return clean_text(value)

    def read(self, text: str, options: Options) -> Value:
        """The value that a person typed as `text` (not empty); raises `InvalidValue`."""
        return self.accept(text, options)

    def typed(self, value: Value, options: Options) -> str:
        """What a person would type for the value, which `read` takes back: what the editor of a cell begins with."""
        return str(value)

    def in_file(self, value: Value, options: Options) -> str | int | float:
        """The value in a file that people take along: numbers and truths as such, else a text that `read` takes."""
        return value if isinstance(value, str | int | float) else self.display(value, options, "en")

    def display(self, value: Value, options: Options, language: str) -> str:
        """The value as a person reads it, where there is only plain text (mails, CSV, titles)."""
        return str(value)

    def in_words(self, value: Value, options: Options, language: str) -> str:
        """What a text says in place of the value once the field becomes one: as people see it, no digit left out."""
        return self.typed(value, options)

    def input(self, options: Options) -> Input:
        """The input of a form."""
        return Input(self.name)

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        """What is wrong with options that their schemas accept: (option, what to say); `fields`: the table's keys."""
        yield from ()

    def leads_to(self, options: Options, table: str) -> Sequence[str]:
        """The tables whose records the values are, as a definition names them; none if they are no records.

        `table` is the key of the field's own table.
        """
        return ()

    def leads_to_many(self, options: Options) -> bool:
        """Whether a value is a list of records."""
        return False

    def leads_back_by(self, options: Options) -> str | None:
        """The link of that table whose other side this field is; None if it is no other side."""
        return None

    def ordered_by(self, options: Options) -> str | None:
        """The number field of the linked records that keeps their order."""
        return None

    def repeats(self, options: Options) -> bool:
        """Whether the values are those of the field `field` behind the link `through`, so that they look alike."""
        return False

    def empty(self) -> Value:
        """What an empty field holds."""
        return None

    def refused(self, before: Value, value: Value, options: Options) -> Text | None:
        """Why `value` may not follow `before` (None: a new record, or nothing was there); None when it may."""
        return None

    def needs(self, before: Value, value: Value, options: Options) -> Collection[str]:
        """The keys of the fields that must be filled where this one holds `value` and held `before`."""
        return ()

    def for_roles(self, options: Options, roles: Collection[str]) -> Options:
        """The options for somebody who has these roles: without what is for others only."""
        return options

    def names_roles(self, options: Options) -> Iterator[tuple[str, str]]:
        """The roles of its app that the options name, each with its place in them."""
        yield from ()

    def offered(self, value: Value, options: Options) -> Mapping[str, Mapping[str, Any]] | None:
        """The choices that a record which holds `value` may be given; None where its value makes no difference."""
        return None


class FileFacts(Protocol):
    """What a field type may know of a file. `kind` is a key of `engine.content_types.KINDS`."""

    @property
    def filename(self) -> str: ...

    @property
    def kind(self) -> str: ...


@runtime_checkable
class TakesFiles(Protocol):
    """A field type whose values are lists of ids of files, and which may refuse some."""

    def judge(self, files: Sequence[FileFacts], options: Options) -> None: ...


def clean_text(text: str) -> str:
    """NFC, without the characters that no text needs and databases refuse."""
    return unicodedata.normalize("NFC", text.replace("\x00", ""))


def split_list(text: str) -> list[str]:
    """The items that a text lists: by lines, and by semicolons or else by commas; `"a, b"` is one item."""
    separator = ";" if ";" in text else ","
    lines = csv.reader(text.splitlines(), delimiter=separator, skipinitialspace=True)
    try:
        return [item.strip() for line in lines for item in line if item.strip()]
    except csv.Error:  # a quoted item of more than 131,072 characters
        return [text]


def join_list(items: Iterable[str]) -> str:
    """Items as one text that `split_list` takes apart again."""
    quoted = [f'"{one.replace(chr(34), chr(34) * 2)}"' if set(one) & set(',;"\n') else one for one in items]
    return ("; " if any(";" in one for one in quoted) else ", ").join(quoted)


field_types: Registry[FieldType] = Registry("engine.field_types", FieldType)
