"""The SQL of cutting, searching and changing texts. Characters are code points on both databases."""

from __future__ import annotations

import sqlalchemy as sa

from engine.formulas.dialects import BOOLEAN, NUMBER, TEXT, Element, alike, dialects

LONGEST = 100_000  # characters that a text may be multiplied to
# What is white space in Unicode, and the mark that some programs put before a text.
SPACES = " \t\n\v\f\r\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


def length(value: Element) -> Element:
    """How many characters."""
    return dialects("length({0})", "CAST(char_length({0}) AS NUMERIC)", value, type_=NUMBER)


def left(value: Element, count: Element) -> Element:
    """The first characters; `count` is an SQL integer."""
    return alike("substr({0}, 1, {1})", value, count)


def right(value: Element, count: Element) -> Element:
    """The last characters; `count` is an SQL integer."""
    return dialects("CASE WHEN {1} = 0 THEN '' ELSE substr({0}, -{1}) END", "right({0}, {1})", value, count)


def middle(value: Element, start: Element, count: Element) -> Element:
    """So many characters from a place, counted from 1; both are SQL integers."""
    return alike("substr({0}, {1}, {2})", value, start, count)


def after(value: Element, start: Element) -> Element:
    """All from a place on."""
    return alike("substr({0}, {1})", value, start)


def trimmed(value: Element) -> Element:
    """Without white space at both ends, also the ideographic and the no-break space."""
    codes = ", ".join(str(ord(one)) for one in SPACES)
    postgresql = " || ".join(f"chr({ord(one)})" for one in SPACES)
    return dialects(f"trim({{0}}, char({codes}))", f"btrim({{0}}, {postgresql})", value)


def proper(value: Element) -> Element:
    """Every word with one capital."""
    return dialects("proper_case({0})", '(initcap({0} COLLATE UNICODE) COLLATE "C")', value)


def replaced(value: Element, old: Element, new: Element) -> Element:
    """With every `old` as `new`; an empty `old` changes nothing."""
    return alike("replace({0}, {1}, {2})", value, old, new)


def replaced_once(value: Element, old: Element, new: Element, which: Element) -> Element:
    """With the `which`-th `old` as `new`; mentions `old` twice."""
    return dialects(
        "replace_once({0}, {1}, {2}, {3})",
        r"CASE WHEN {1} = '' THEN {0} ELSE regexp_replace({0},"
        r" regexp_replace({1}, '([\\.^$*+?()[\]{{}}|-])', '\\\1', 'g'), replace({2}, '\', '\\'), 1, {3}) END",
        value,
        old,
        new,
        which,
    )


def repeated(value: Element, count: Element) -> Element:
    """The text so many times; `count` is an SQL integer."""
    return dialects("replace(hex(zeroblob({1})), '00', {0})", "repeat({0}, {1})", value, count)


def url_component(value: Element) -> Element:
    """As a part of an address: all but letters, digits and -_.!~*'() as %XX of UTF-8."""
    return dialects(
        "url_component({0})",
        "(SELECT coalesce(string_agg(CASE WHEN c ~ '[A-Za-z0-9_.!~*''()-]' THEN c ELSE"
        r" regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END, '' ORDER BY n), '')"
        " FROM regexp_split_to_table({0}, '') WITH ORDINALITY AS t(c, n) WHERE c <> '')",
        value,
    )


def _patterned(sqlite: str, postgresql: str, value: Element, python: str, other: str, *more: Element) -> Element:
    """SQL over a text ({0}) and its pattern ({1} as Python, {2} as PostgreSQL spells it)."""
    both = (sa.literal(python, TEXT), sa.literal(other, TEXT))
    return dialects(sqlite, postgresql, value, *both, *more)


def matches(value: Element, python: str, postgresql: str) -> Element:
    """Whether a part of the text fits the pattern."""
    found = _patterned("regex_match({0}, {1})", '(({0} COLLATE "C") ~ {2})', value, python, postgresql)
    found.type = BOOLEAN
    return found


def extracted(value: Element, python: str, postgresql: str) -> Element:
    """The first part that fits the pattern, NULL if there is none."""
    return _patterned("regex_extract({0}, {1})", '(substring({0} COLLATE "C" FROM {2}))', value, python, postgresql)


def pattern_replaced(value: Element, python: str, postgresql: str, template: Element) -> Element:
    """With every part that fits replaced; in the template `\\1` stands for the first group, `\\&` for the part."""
    return _patterned(
        "regex_replace({0}, {1}, {3})",
        "regexp_replace({0} COLLATE \"C\", {2}, {3}, 'g')",
        value,
        python,
        postgresql,
        template,
    )
