"""Texts: cutting, searching, replacing, changing case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import lists, sql, texts
from engine.formulas.conversions import convert
from engine.formulas.functions import Family, Parameter
from engine.formulas.part import Part
from engine.formulas.types import BOOLEAN, NUMBER, TEXT
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Texts"))

_TEXT = Parameter("text", "text")
_COUNT = Parameter("count", "number", optional=True)
MOST = 10**9


def _count(c: Compiling, count: Part | None, lowest: int, otherwise: int) -> sql.Element:
    """An SQL integer of at least `lowest`; less is an error."""
    if count is None:
        return sql.integer(otherwise)
    number = c.number(count)
    if count.known_number is None or count.known_number < lowest:
        number = c.once(number)
        c.fail_when(number < sql.number(lowest), "out_of_range")
    return c.whole(number, lowest, MOST)


@family.function(
    "CONCATENATE",
    Parameter("text", "texts", repeated=True),
    gives=TEXT,
    about=_("All values one after the other."),
    example='CONCATENATE("Order ", 42) is "Order 42"',
)
def concatenate(c: Compiling, *values: Part) -> sql.Element:
    return sql.joined([c.text(convert_to_text(c, one)) for one in values])


def convert_to_text(c: Compiling, part: Part) -> Part:
    """Anything as a text; the items of a list stand without a comma between them."""
    if part.type.is_list:
        return part.with_value(
            lists.join_items(part.value, part.type.item, sql.EMPTY, c.time_zone), TEXT, nullable=True
        )
    return part if part.type == TEXT else convert(c, part, TEXT)


@family.function("LEN", _TEXT, gives=NUMBER, about=_("How many characters the text has."), example='LEN("你好") is 2')
def length(c: Compiling, text: Part) -> sql.Element:
    return texts.length(c.text(text))


@family.function(
    "LEFT", _TEXT, _COUNT, gives=TEXT, about=_("The first characters."), example='LEFT("Order", 2) is "Or"', risky=True
)
def left(c: Compiling, text: Part, count: Part | None) -> sql.Element:
    return texts.left(c.text(text), _count(c, count, 0, 1))


@family.function(
    "RIGHT", _TEXT, _COUNT, gives=TEXT, about=_("The last characters."), example='RIGHT("Order", 2) is "er"', risky=True
)
def right(c: Compiling, text: Part, count: Part | None) -> sql.Element:
    return texts.right(c.text(text), _count(c, count, 0, 1))


@family.function(
    "MID",
    _TEXT,
    Parameter("start", "number"),
    Parameter("count", "number"),
    gives=TEXT,
    about=_("So many characters from a place, counted from 1."),
    example='MID("Order", 2, 3) is "rde"',
    risky=True,
)
def mid(c: Compiling, text: Part, start: Part, count: Part) -> sql.Element:
    return texts.middle(c.text(text), _count(c, start, 1, 1), _count(c, count, 0, 0))


@family.function(
    "REPLACE",
    _TEXT,
    Parameter("start", "number"),
    Parameter("count", "number"),
    Parameter("new", "text"),
    gives=TEXT,
    about=_("With the characters from a place replaced by others."),
    example='REPLACE("database", 2, 5, "o") is "dose"',
    risky=True,
)
def replace(c: Compiling, text: Part, start: Part, count: Part, new: Part) -> sql.Element:
    value, first, many = c.once(c.text(text)), _count(c, start, 1, 1), _count(c, count, 0, 0)
    before = sql.alike("substr({0}, 1, {1} - 1)", value, first)
    behind = texts.after(value, sql.alike("({0} + {1})", first, many))
    return sql.joined([before, c.text(new), behind])


@family.function(
    "SUBSTITUTE",
    _TEXT,
    Parameter("old", "text"),
    Parameter("new", "text"),
    Parameter("which", "number", optional=True),
    gives=TEXT,
    about=_("With every old part (or just the first, second ...) replaced by the new one."),
    example='SUBSTITUTE("a-b-c", "-", "/") is "a/b/c"',
    risky=True,
)
def substitute(c: Compiling, text: Part, old: Part, new: Part, which: Part | None) -> sql.Element:
    if which is None:
        return texts.replaced(c.text(text), c.text(old), c.text(new))
    return texts.replaced_once(c.text(text), c.once(c.text(old)), c.text(new), _count(c, which, 1, 1))


_FIND = (Parameter("part", "text"), Parameter("text", "text"), Parameter("start", "number", optional=True))


@family.function(
    "FIND",
    *_FIND,
    gives=NUMBER,
    about=_("Where the text has the part, counted from 1; 0 if nowhere."),
    example='FIND("b", "abc") is 2',
)
def find(c: Compiling, part: Part, text: Part, start: Part | None) -> sql.Element:
    return _found(c, c.text(part), c.text(text), start)


@family.function(
    "SEARCH",
    *_FIND,
    gives=NUMBER,
    about=_("As FIND, but capitals and small letters are alike, and blank if nowhere."),
    example='SEARCH("B", "abc") is 2',
    blank=True,
)
def search(c: Compiling, part: Part, text: Part, start: Part | None) -> sql.Element:
    found = _found(c, sql.lower(c.text(part)), sql.lower(c.text(text)), start)
    return sa.func.nullif(found, sql.number(0), type_=sql.NUMBER)


def _found(c: Compiling, part: sql.Element, text: sql.Element, start: Part | None) -> sql.Element:
    if start is None:
        return sql.position(part, text)
    first = c.whole(c.number(start), 1, MOST)
    found = c.once(sql.position(part, texts.after(text, first)))
    return sa.case(
        (found == sql.number(0), sql.number(0)), else_=sql.alike("({0} + {1} - 1)", found, first, type_=sql.NUMBER)
    )


@family.function("UPPER", _TEXT, gives=TEXT, about=_("In capitals."), example='UPPER("Hà Nội") is "HÀ NỘI"')
def upper(c: Compiling, text: Part) -> sql.Element:
    return sql.upper(c.text(text))


@family.function("LOWER", _TEXT, gives=TEXT, about=_("In small letters."), example='LOWER("Order") is "order"')
def lower(c: Compiling, text: Part) -> sql.Element:
    return sql.lower(c.text(text))


@family.function(
    "PROPER", _TEXT, gives=TEXT, about=_("Every word with a capital."), example='PROPER("ann LEE") is "Ann Lee"'
)
def proper(c: Compiling, text: Part) -> sql.Element:
    return texts.proper(c.text(text))


@family.function("TRIM", _TEXT, gives=TEXT, about=_("Without spaces at its ends."), example='TRIM(" a ") is "a"')
def trim(c: Compiling, text: Part) -> sql.Element:
    return texts.trimmed(c.text(text))


@family.function(
    "REPT",
    _TEXT,
    Parameter("times", "number"),
    gives=TEXT,
    about=_("The text so many times."),
    example='REPT("ab", 3) is "ababab"',
    risky=True,
)
def rept(c: Compiling, text: Part, times: Part) -> sql.Element:
    value, count = c.once(c.text(text)), _count(c, times, 0, 0)
    size = sql.times(texts.length(value), sql.numeric(count))
    if (
        text.constant is None
        or times.known_number is None
        or len(str(text.constant)) * times.known_number > texts.LONGEST
    ):
        size = c.once(size)
        too_long = size > sql.number(texts.LONGEST)
        c.fail_when(too_long, "out_of_range")
        count = sa.case((too_long, sql.integer(0)), else_=count)
    return texts.repeated(value, count)


@family.function(
    "EXACT",
    _TEXT,
    Parameter("other", "text"),
    gives=BOOLEAN,
    about=_("Whether two texts are the same."),
    example='EXACT("a", "A") is false',
)
def exact(c: Compiling, one: Part, other: Part) -> sql.Element:
    return c.text(one) == c.text(other)


@family.function(
    "T",
    Parameter("value", "any"),
    gives=TEXT,
    about=_("The value if it is a text, else blank."),
    example='T("a") is "a"',
    blank=True,
)
def t(c: Compiling, value: Part) -> sql.Element:
    return value.value if value.type == TEXT else sql.typed_null(TEXT)


@family.function(
    "VALUE",
    Parameter("text", "number"),
    gives=NUMBER,
    about=_("The number that a text says."),
    example='VALUE("1,234.5") is 1234.5',
    blank=True,
)
def value(c: Compiling, number: Part) -> sql.Element:
    return number.value


@family.function(
    "ENCODE_URL_COMPONENT",
    _TEXT,
    gives=TEXT,
    about=_("The text as a part of a web address."),
    example='ENCODE_URL_COMPONENT("a b") is "a%20b"',
)
def encode_url_component(c: Compiling, text: Part) -> sql.Element:
    return texts.url_component(c.text(text))
