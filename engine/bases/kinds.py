"""Field types of the other service: which of ours each becomes, and how its cells are written for an import.

What is worked out over there and cannot be here comes as the value that it had (`frozen`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.bases.answers import Field
from engine.bases.words import ICONS, SYMBOLS, colour_of
from engine.field_types import join_list
from engine.field_types.rating import ICONS as OUR_ICONS
from engine.field_types.rollup import FUNCTIONS
from engine.importers import key_for

Definition = dict[str, Any]
Options = Mapping[str, Any]

MOST_CHOICES = 500

_ICON_OF = {theirs: ours for ours, theirs in ICONS.items()}
_CHOICE = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
# What every record of ours has: when and by whom it was made.
SYSTEM = {"createdTime": "created_at", "createdBy": "created_by"}
CHANGED = ("lastModifiedTime", "lastModifiedBy")  # over there; ours tell when and by whom it was changed here
COMPUTED = ("formula", "rollup", "count", "multipleLookupValues", "lookup")
OF_PEOPLE = ("singleCollaborator", "multipleCollaborators", "createdBy", "lastModifiedBy")
WITH_CHOICES = ("singleSelect", "multipleSelects", "externalSyncSource")
LINK = "multipleRecordLinks"
FILES = "multipleAttachments"


@dataclass(frozen=True)
class Kind:
    """`define` makes our field of their options; `cell` is the text of a value as an import reads it."""

    define: Callable[[Options], Definition]
    cell: Callable[[Any], str]


def kind_of(of: Field) -> Kind | None:
    """How a field comes that is not worked out and leads nowhere; None where it cannot."""
    return _KINDS.get(of.type)


def frozen(of: Field) -> Kind:
    """How the values of a computed field come that is not worked out here."""
    result = of.options.get("result")
    result = result if isinstance(result, Mapping) else {}
    kind, options = result.get("type"), result.get("options")
    known = _KINDS.get(kind) if isinstance(kind, str) and kind in _STAYS else None
    if known is None:
        return Kind(_plain("long_text"), in_words)
    made = known.define(options if isinstance(options, Mapping) else {})
    return Kind(lambda _options: dict(made), lambda value: known.cell(_single(value)))


def in_words(value: Any) -> str:
    """A value as a text, whatever it is; an error is nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return spelled(value)
    if isinstance(value, list):
        return ", ".join(filter(None, map(in_words, value)))
    if isinstance(value, Mapping) and not {"error", "specialValue"} & value.keys():
        named = next((value[name] for name in _NAMED_BY if isinstance(value.get(name), str)), None)
        return named if named is not None else json.dumps(value, ensure_ascii=False)
    return ""


def spelled(number: float) -> str:
    """A number in digits."""
    return f"{Decimal(repr(number)):f}"


def people_in(value: Any) -> list[Mapping[str, Any]]:
    """The people that a cell names."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]


def ids_in(value: Any) -> list[str]:
    """The ids of records that a cell leads to."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def labels_in(value: Any) -> list[str]:
    """The choices of a cell, by what they are called."""
    return [text for one in (value if isinstance(value, list) else [value]) if (text := in_words(one).strip())]


def link(options: Options, to: str, *, many: bool) -> Definition:
    """A link to the records of our table `to`."""
    return {"type": "link", "to": to, "many": many}


def rolled_up(options: Options) -> str | None:
    """What a rollup does, if that is told; the other service does not tell it, other servers that speak so do."""
    function = options.get("function")
    return function if isinstance(function, str) and function in FUNCTIONS else None


_NAMED_BY = ("name", "text", "label", "value", "filename", "url", "email", "id")


def _single(value: Any) -> Any:
    """The one value in a list, as lookups over one link give it."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _plain(kind: str) -> Callable[[Options], Definition]:
    return lambda _options: {"type": kind}


def _precise(kind: str) -> Callable[[Options], Definition]:
    return lambda options: {"type": kind, "decimals": _precision(options)}


def _currency(options: Options) -> Definition:
    symbol = options.get("symbol", "$")
    code = SYMBOLS.get(symbol, symbol) if isinstance(symbol, str) else ""
    if not re.fullmatch("[A-Z]{3}", code):  # a sign that we do not know stays beside the number
        prefix = f"{symbol} " if isinstance(symbol, str) and 0 < len(symbol) <= 8 else ""
        return {"type": "number", "decimals": _precision(options), **({"prefix": prefix} if prefix else {})}
    return {"type": "currency", "currency": code, "decimals": _precision(options)}


def _rating(options: Options) -> Definition:
    most, icon = options.get("max"), options.get("icon")
    known = _ICON_OF.get(icon, icon) if isinstance(icon, str) else "star"
    count = most if isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= 10 else 5
    return {"type": "rating", "max": count, "icon": known if known in OUR_ICONS else "star"}


def _duration(options: Options) -> Definition:
    return {"type": "duration", "format": "h:mm" if options.get("durationFormat") == "h:mm" else "h:mm:ss"}


def _date_time(options: Options) -> Definition:
    zone = options.get("timeZone")
    if not isinstance(zone, str) or zone == "client":
        return {"type": "date_time"}
    return {"type": "date_time", "time_zone": "UTC" if zone == "utc" else zone[:40]}


def _choices(kind: str) -> Callable[[Options], Definition]:
    def make(options: Options) -> Definition:
        listed = options.get("choices")
        choices: dict[str, Any] = {}
        seen: set[str] = set()
        for one in listed if isinstance(listed, list) else []:
            label = in_words(one).strip()[:200]
            if not label or label in seen or len(choices) >= MOST_CHOICES:
                continue
            seen.add(label)
            number = len(choices)
            there = one.get("id") if isinstance(one, Mapping) else None
            if isinstance(there, str) and _CHOICE.fullmatch(there) and there not in choices:
                key = there  # of an app of ours, which comes back as it was
            else:
                key = key_for(label, choices, (), f"choice_{number + 1}", prefix="")
            choices[key] = {
                "label": label,
                "color": colour_of(one.get("color") if isinstance(one, Mapping) else None, number),
            }
        return {"type": kind, "choices": choices}

    return make


def _precision(options: Options) -> int:
    value = options.get("precision", 0)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 8 else 0


def _person(value: Any) -> str:
    """By the address, which is nobody else's."""
    return join_list(str(one.get("email") or one.get("name") or "") for one in people_in(value))


def _seconds(value: Any) -> str:
    return f"{spelled(value)}s" if isinstance(value, int | float) and not isinstance(value, bool) else in_words(value)


def _listed(value: Any) -> str:
    return join_list(labels_in(value))


_KINDS: Mapping[str, Kind] = {
    "singleLineText": Kind(_plain("text"), in_words),
    "multilineText": Kind(_plain("long_text"), in_words),
    "richText": Kind(_plain("rich_text"), in_words),
    "aiText": Kind(_plain("long_text"), in_words),
    "email": Kind(_plain("email"), in_words),
    "url": Kind(_plain("url"), in_words),
    "phoneNumber": Kind(_plain("phone"), in_words),
    "barcode": Kind(_plain("barcode"), in_words),
    "autoNumber": Kind(_plain("autonumber"), in_words),
    "checkbox": Kind(_plain("checkbox"), in_words),
    "date": Kind(_plain("date"), in_words),
    "dateTime": Kind(_date_time, in_words),
    "number": Kind(_precise("number"), in_words),
    "percent": Kind(_precise("percent"), in_words),
    "currency": Kind(_currency, in_words),
    "rating": Kind(_rating, in_words),
    "duration": Kind(_duration, _seconds),
    "singleSelect": Kind(_choices("select"), in_words),
    "externalSyncSource": Kind(_choices("select"), in_words),
    "multipleSelects": Kind(_choices("multi_select"), _listed),
    "singleCollaborator": Kind(_plain("user"), _person),
    "lastModifiedBy": Kind(_plain("user"), _person),
    "lastModifiedTime": Kind(_plain("date_time"), in_words),
    "multipleCollaborators": Kind(_plain("users"), _person),
}
# What a computed field may give that is kept as such; the rest becomes a text.
_STAYS = frozenset(
    {"number", "percent", "currency", "duration", "date", "dateTime", "checkbox", "rating", "singleSelect"}
    | {"multipleSelects", "singleLineText", "email", "url"}
)
