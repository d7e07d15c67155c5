"""Fields to be made, as clients describe them (`{"name", "type": "singleSelect", "options"}`) and as we define them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.bases.words import ICONS, SYMBOLS, colour_of
from engine.building import NewField
from engine.field_types.rollup import FUNCTIONS
from engine.importers import key_for
from web.api.answering import Body
from web.api.errors import ApiRefusal, wrong_request

Definition = dict[str, Any]
Options = Mapping[str, Any]

_ICON_OF = {theirs: ours for ours, theirs in ICONS.items()}


def field_in(given: Any) -> NewField:
    """The field that a body describes. Raises `ApiRefusal`."""
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not isinstance(given.get("type"), str):
        raise ApiRefusal(422, "INVALID_REQUEST_MISSING_FIELDS", "Each field needs a name and a type")
    kind, options = given["type"], given.get("options") or {}
    if not isinstance(options, dict):
        raise wrong_request("the options of a field are an object")
    make = _KINDS.get(kind)
    if make is None:
        says = f"Creating fields of the type {kind} is not supported"
        raise ApiRefusal(422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", says)
    return NewField(given["name"], make(options), _text(given, "description"))


def name_and_description(body: Body) -> tuple[str | None, str | None]:
    """What a table or a field is to be called, and what is said of it; None for what stays. Raises `ApiRefusal`."""
    found = [body.get(name) for name in ("name", "description")]
    if not all(one is None or isinstance(one, str) for one in found):
        raise wrong_request("name and description are texts")
    return found[0], found[1]


def _plain(kind: str) -> Callable[[Options], Definition]:
    return lambda _options: {"type": kind}


def _number(options: Options) -> Definition:
    return {"type": "number", "decimals": _precision(options)}


def _percent(options: Options) -> Definition:
    return {"type": "percent", "decimals": _precision(options)}


def _currency(options: Options) -> Definition:
    symbol = options.get("symbol", "$")
    code = SYMBOLS.get(symbol, symbol) if isinstance(symbol, str) else ""
    if not re.fullmatch("[A-Z]{3}", code):
        raise _wrong("symbol", "is no sign or code of a currency that we know")
    return {"type": "currency", "currency": code, "decimals": _precision(options, 2)}


def _rating(options: Options) -> Definition:
    icon = str(options.get("icon", "star"))
    most = options.get("max", 5)
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 10:
        raise _wrong("max", "is a whole number from 1 to 10")
    return {"type": "rating", "max": most, "icon": _ICON_OF.get(icon, icon)}


def _duration(options: Options) -> Definition:
    spelled = str(options.get("durationFormat", "h:mm"))
    return {"type": "duration", "format": "h:mm" if spelled == "h:mm" else "h:mm:ss"}


def _date_time(options: Options) -> Definition:
    zone = options.get("timeZone", "client")
    if zone == "client":
        return {"type": "date_time"}
    return {"type": "date_time", "time_zone": "UTC" if zone == "utc" else str(zone)}


def _choices(kind: str) -> Callable[[Options], Definition]:
    def make(options: Options) -> Definition:
        listed = options.get("choices")
        if not isinstance(listed, list) or not listed:
            raise _wrong("choices", "is a list of at least one choice")
        choices: dict[str, Any] = {}
        for number, one in enumerate(listed):
            name = one.get("name") if isinstance(one, dict) else None
            if not isinstance(name, str) or not name.strip():
                raise _wrong("choices", "each need a name")
            key = key_for(name, choices, (), f"choice_{number + 1}", prefix="")
            choices[key] = {"label": name.strip(), "color": colour_of(one.get("color"), number)}
        return {"type": kind, "choices": choices}

    return make


def _link(options: Options) -> Definition:
    to = options.get("linkedTableId")
    if not isinstance(to, str):
        raise _wrong("linkedTableId", "is the id of a table of this base")
    return {"type": "link", "to": to, "many": not options.get("prefersSingleRecordLink", False)}


def _formula(options: Options) -> Definition:
    return {"type": "formula", "formula": _needed(options, "formula")}


def _count(options: Options) -> Definition:
    return {"type": "count", "through": _needed(options, "recordLinkFieldId")}


def _lookup(options: Options) -> Definition:
    through, field = _needed(options, "recordLinkFieldId"), _needed(options, "fieldIdInLinkedTable")
    return {"type": "lookup", "through": through, "field": field}


def _rollup(options: Options) -> Definition:
    """`function` says what is made of the values; clients that know no such word get the sum."""
    function = options.get("function", "sum")
    if function not in FUNCTIONS:
        raise _wrong("function", f"is one of {', '.join(FUNCTIONS)}")
    return {**_lookup(options), "type": "rollup", "function": function}


def _needed(options: Options, name: str) -> str:
    value = options.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(name, "is needed")
    return value


def _precision(options: Options, otherwise: int = 0) -> int:
    value = options.get("precision", otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 8:
        raise _wrong("precision", "is a whole number from 0 to 8")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise wrong_request(f"{name} must be a text")
    return value or ""


def _wrong(option: str, why: str) -> ApiRefusal:
    return ApiRefusal(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", f"Invalid options for field: {option} {why}")


_KINDS: Mapping[str, Callable[[Options], Definition]] = {
    "singleLineText": _plain("text"),
    "multilineText": _plain("long_text"),
    "richText": _plain("rich_text"),
    "email": _plain("email"),
    "url": _plain("url"),
    "phoneNumber": _plain("phone"),
    "barcode": _plain("barcode"),
    "autoNumber": _plain("autonumber"),
    "checkbox": _plain("checkbox"),
    "date": _plain("date"),
    "singleCollaborator": _plain("user"),
    "multipleCollaborators": _plain("users"),
    "multipleAttachments": _plain("attachment"),
    "number": _number,
    "percent": _percent,
    "currency": _currency,
    "rating": _rating,
    "duration": _duration,
    "dateTime": _date_time,
    "singleSelect": _choices("select"),
    "multipleSelects": _choices("multi_select"),
    "multipleRecordLinks": _link,
    "formula": _formula,
    "count": _count,
    "multipleLookupValues": _lookup,
    "rollup": _rollup,
}
MAKEABLE = tuple(_KINDS)  # the types of which fields can be made
