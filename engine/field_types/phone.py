"""A telephone number: kept as +493012345678 (E.164) where it is international or the field knows its country."""

from __future__ import annotations

import re
from typing import Any

from engine.field_types import FieldType, InvalidValue, Options, Value, clean_text
from engine.text import _

_WRITTEN = re.compile(r"\+?[0-9\s().\-/·]{3,40}?(?:\s*(?:x|ext\.?|#|转)\s*([0-9]{1,6}))?", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"\(0\)")  # +49 (0) 30: the zero that is dialled at home alone

# Where a number at home begins: country -> (its calling code, what is dialled before a number at home).
COUNTRIES = {
    "AT": ("43", "0"), "AU": ("61", "0"), "BE": ("32", "0"), "BR": ("55", "0"), "CA": ("1", "1"), "CH": ("41", "0"),
    "CN": ("86", "0"), "CZ": ("420", ""), "DE": ("49", "0"), "DK": ("45", ""), "ES": ("34", ""), "FI": ("358", "0"),
    "FR": ("33", "0"), "GB": ("44", "0"), "GR": ("30", ""), "HK": ("852", ""), "HU": ("36", "06"), "IE": ("353", "0"),
    "IL": ("972", "0"), "IN": ("91", "0"), "IT": ("39", ""), "JP": ("81", "0"), "KR": ("82", "0"), "MX": ("52", ""),
    "MY": ("60", "0"), "NL": ("31", "0"), "NO": ("47", ""), "NZ": ("64", "0"), "PH": ("63", "0"), "PL": ("48", ""),
    "PT": ("351", ""), "RO": ("40", "0"), "RU": ("7", "8"), "SE": ("46", "0"), "SG": ("65", ""), "TH": ("66", "0"),
    "TR": ("90", "0"), "TW": ("886", "0"), "UA": ("380", "0"), "US": ("1", "1"), "VN": ("84", "0"), "ZA": ("27", "0"),
}  # fmt: skip
# Every calling code of the world (ITU-T E.164): those of one and two digits, then those of three as stretches.
_SHORT = frozenset(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86"
    " 90 91 92 93 94 95 98".split()
)
_STRETCHES = (
    (211, 213), (216, 216), (218, 218), (220, 258), (260, 269), (290, 291), (297, 299), (350, 359), (370, 383),
    (385, 387), (389, 389), (420, 421), (423, 423), (500, 509), (590, 599), (670, 670), (672, 683), (685, 692),
    (800, 800), (808, 808), (850, 850), (852, 853), (855, 856), (870, 870), (878, 878), (880, 883), (886, 886),
    (888, 888), (960, 968), (970, 977), (979, 979), (992, 996), (998, 998),
)  # fmt: skip


class Phone(FieldType):
    label = _("Phone")
    icon = "phone"
    options = {
        "country": {
            "enum": list(COUNTRIES),
            "description": "Where numbers without a code are dialled; if not said they stay as they are typed.",
        },
    }

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "maxLength": 40}

    def accept(self, value: Value, options: Options) -> Value:
        number = clean_text(value).strip() if isinstance(value, str) else ""
        found = _WRITTEN.fullmatch(number)
        bare = number[: found.start(1)] if found and found[1] else number
        digits = re.sub(r"\D", "", bare)
        if found is None or len(digits) < 3 or len(number) > 40:
            raise InvalidValue(_("must be a telephone number such as +49 30 1234567"))
        extension = f" x{found[1]}" if found[1] else ""
        if number.startswith("+") or digits.startswith("00"):
            return _international(re.sub(r"\D", "", _NOT_DIALLED.sub("", bare)).removeprefix("00")) + extension
        code, before = COUNTRIES.get(options.get("country", ""), ("", ""))
        if not code:
            return " ".join(number.split())
        return _international(code + digits.removeprefix(before)) + extension

    def display(self, value: Value, options: Options, language: str) -> str:
        return spelled(value)


def spelled(number: str) -> str:
    """`+49 301 234 567` for `+49301234567`; another number as it is."""
    bare, _x, extension = number.partition(" x")
    code = _code_of(bare[1:]) if bare.startswith("+") and bare[1:].isdecimal() else ""
    if not code:
        return number
    rest = bare[1 + len(code) :]
    ends = len(rest) - 4 if len(rest) % 3 == 1 else len(rest) // 3 * 3 if len(rest) % 3 == 0 else len(rest) - 2
    groups = [rest[at : at + 3] for at in range(0, ends, 3)] + ([rest[ends:]] if rest[ends:] else [])
    return " ".join([f"+{code}", *groups, *([f"x{extension}"] if extension else [])])


def _international(digits: str) -> str:
    if not 7 <= len(digits) <= 15:
        raise InvalidValue(_("must be a telephone number such as +49 30 1234567"))
    if not _code_of(digits):
        raise InvalidValue(_("does not begin with the code of a country, such as +49"))
    return f"+{digits}"


def _code_of(digits: str) -> str:
    """The calling code that a number begins with, empty if there is none."""
    lengths = [length for length in (1, 2) if digits[:length] in _SHORT]
    if lengths:
        return digits[: lengths[0]]
    three = digits[:3]
    return three if any(first <= int(three) <= last for first, last in _STRETCHES) else ""
