"""A running number in words of its own, such as SO-2026-0042; the engine draws it when a record is made."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.field_types import InvalidValue, Options, Value, clean_text
from engine.field_types._drawn import Drawn
from engine.text import Text, _

MAX_LENGTH = 100
_PART = re.compile(r"\{([^{}]*)\}")
_DATES: Mapping[str, str] = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
_DATE_PART = re.compile("|".join(_DATES))


class Sequence(Drawn):
    label = _("Sequence")
    icon = "list-numbers"
    options = {
        "number": {
            "type": "string",
            "minLength": 1,
            "maxLength": 60,
            "description": (
                "How a number is written: `SO-{YYYY}-{####}`. {YYYY} {YY} {MM} {DD} are the day in the workspace's time"
                " zone, also together as in {YYYYMM}; one {####} is the number itself, with zeros before it."
            ),
        },
        "restart": {
            "enum": ["never", "year", "month"],
            "description": "When counting begins anew; the number must then name the year, or the year and the month.",
        },
        "start": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10**12,
            "description": "The first number; 1 if not said.",
        },
    }
    required_options = ("number",)

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        parts = _PART.findall(options["number"])
        known = [one for one in parts if one and not _DATE_PART.sub("", one)]
        counting = [one for one in parts if one and not one.strip("#")]
        strange = [one for one in parts if one not in known and one not in counting]
        if strange or set(_PART.sub("", options["number"])) & set("{}"):
            says = _(
                "There is no part `{part}`. There are {parts}.", part=(strange or ["{"])[0], parts="YYYY YY MM DD ####"
            )
            yield "number", says
        if len(counting) != 1:
            yield "number", _("There must be one part such as {part} for the number itself.", part="{####}")
        named = set(_DATE_PART.findall(" ".join(known)))
        restart = options.get("restart", "never")
        if restart != "never" and not named & {"YYYY", "YY"}:
            yield (
                "restart",
                _("Counting anew each year needs {part} in the number, or numbers come twice.", part="{YYYY}"),
            )
        if restart == "month" and "MM" not in named:
            yield (
                "restart",
                _("Counting anew each month needs {part} in the number, or numbers come twice.", part="{MM}"),
            )

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_LENGTH}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str):
            raise InvalidValue(_("must be a text"))
        text = clean_text(value).strip()
        if len(text) > MAX_LENGTH:
            raise InvalidValue(_("may have at most {most} characters", most=MAX_LENGTH))
        return text

    def period_of(self, options: Options, day: datetime.date) -> str:
        return {"year": f"{day:%Y}", "month": f"{day:%Y-%m}"}.get(options.get("restart", "never"), "")

    def spelled(self, options: Options, number: int, day: datetime.date) -> Value:
        def part(match: re.Match[str]) -> str:
            word = match[1]
            if not word.strip("#"):
                return str(number).zfill(len(word))
            return _DATE_PART.sub(lambda one: day.strftime(_DATES[one[0]]), word)

        return _PART.sub(part, options["number"])

    def parsed(self, options: Options, value: Value) -> tuple[str, int] | None:
        found = _spelling(options["number"]).fullmatch(value)
        if found is None:
            return None
        given = found.groupdict()
        year = given.get("YYYY") or (f"20{given['YY']}" if given.get("YY") else "")
        month = given.get("MM", "")
        period = {"year": year, "month": f"{year}-{month}"}.get(options.get("restart", "never"), "")
        return period, int(given["number"])


def _spelling(number: str) -> re.Pattern[str]:
    pieces, at = [], 0
    seen: set[str] = set()

    def group(one: re.Match[str]) -> str:
        digits = rf"\d{{{len(one[0])}}}"
        if one[0] in seen:
            return digits
        seen.add(one[0])
        return f"(?P<{one[0]}>{digits})"

    for part in _PART.finditer(number):
        pieces.append(re.escape(number[at : part.start()]))
        pieces.append(_DATE_PART.sub(group, part[1]) if part[1].strip("#") else r"(?P<number>\d{1,18})")
        at = part.end()
    return re.compile("".join([*pieces, re.escape(number[at:])]), re.ASCII)
