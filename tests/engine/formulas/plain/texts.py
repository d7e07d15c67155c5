"""What the functions of texts mean."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from typing import Any

from engine.formulas.typed import Constant
from tests.engine.formulas.plain.meaning import Call, Failed, means, spaces_off, text_of


def _count(number: Decimal, least: int) -> int:
    if number < least:
        raise Failed
    return int(number)


means("&")(lambda call: "".join(call.filled))
means("LEN")(lambda call: Decimal(len(call.filled[0])))
means("UPPER")(lambda call: call.filled[0].upper())
means("LOWER")(lambda call: call.filled[0].lower())
means("TRIM")(lambda call: spaces_off(call.filled[0]))
means("EXACT")(lambda call: call.filled[0] == call.filled[1])
means("VALUE")(lambda call: call.values[0])


@means("T")
def _t(call: Call) -> Any:
    (value,) = call.values
    return value if call.given[0].type.name == "text" else None


@means("CONCATENATE")
def _concatenate(call: Call) -> str:
    texts = []
    for node, value in zip(call.given, call.values, strict=True):
        kind = node.type.item or node.type
        texts += [text_of(one, kind, call.world) or "" for one in (value if isinstance(value, list) else [value])]
    return "".join(texts)


@means("LEFT")
def _left(call: Call) -> str:
    text, *count = call.filled
    return str(text[: _count(count[0], 0) if count else 1])


@means("RIGHT")
def _right(call: Call) -> str:
    text, *count = call.filled
    many = _count(count[0], 0) if count else 1
    return str(text[max(len(text) - many, 0) :])


@means("MID")
def _mid(call: Call) -> str:
    text, start, count = call.filled
    first, many = _count(start, 1) - 1, _count(count, 0)
    return str(text[first : first + many])


@means("REPLACE")
def _replace(call: Call) -> str:
    text, start, count, new = call.filled
    first, many = _count(start, 1) - 1, _count(count, 0)
    return f"{text[:first]}{new}{text[first + many :]}"


@means("SUBSTITUTE")
def _substitute(call: Call) -> str:
    text, old, new, *which = call.filled
    wanted = _count(which[0], 1) if which else None
    if not old:
        return str(text)
    pieces = text.split(old)
    if wanted is None:
        return str(new.join(pieces))
    if wanted >= len(pieces):
        return str(text)
    return str(old.join(pieces[:wanted]) + new + old.join(pieces[wanted:]))


def _found(part: str, text: str, start: list[Decimal]) -> Decimal:
    first = max(int(start[0]), 1) if start else 1
    rest = text[first - 1 :]
    return Decimal(first + rest.find(part)) if part in rest else Decimal(0)


@means("FIND")
def _find(call: Call) -> Decimal:
    part, text, *start = call.filled
    return _found(part, text, start)


@means("SEARCH")
def _search(call: Call) -> Decimal | None:
    part, text, *start = call.filled
    return _found(part.lower(), text.lower(), start) or None


@means("PROPER")
def _proper(call: Call) -> str:
    text = ""
    for is_word, run in itertools.groupby(call.filled[0], str.isalnum):
        word = "".join(run)
        text += word[0].title() + word.lower()[len(word[0].lower()) :] if is_word else word
    return text


@means("REPT")
def _rept(call: Call) -> str:
    text, times = call.filled
    if len(text) * _count(times, 0) > 100_000:
        raise Failed
    return str(text * int(times))


@means("ENCODE_URL_COMPONENT")
def _encoded(call: Call) -> str:
    safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
    return "".join(one if one in safe else "".join(f"%{byte:02X}" for byte in one.encode()) for one in call.filled[0])


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace("$", r"\Z"), re.ASCII)


means("REGEX_MATCH")(lambda call: _pattern(call.filled[1]).search(call.filled[0]) is not None)


@means("REGEX_EXTRACT")
def _extract(call: Call) -> str:
    found = _pattern(call.filled[1]).search(call.filled[0])
    if found is None:
        raise Failed
    return found[0]


@means("REGEX_REPLACE")
def _replaced(call: Call) -> str:
    text, pattern, new = call.filled
    is_template = isinstance(call.given[2], Constant)  # what is worked out is put in as it is

    def put(found: re.Match[str]) -> str:
        return re.sub(r"\$(\d)", lambda group: found[int(group[1])] or "", new) if is_template else str(new)

    return _pattern(pattern).sub(put, text)
