"""Field types as clients of the API know them: `{"type": "singleSelect", "options": {...}}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.bases.words import COLOURS, ICONS
from engine.definitions.language import Field
from engine.field_types.rating import MOST
from engine.shown import shown_as
from engine.storage.layout import Layout
from web.api.naming import said
from web.formats import currency_symbol

Config = dict[str, Any]
Options = Mapping[str, Any]

_DATE_FORMAT = {"name": "iso", "format": "YYYY-MM-DD"}
_TIME_FORMAT = {"name": "24hour", "format": "HH:mm"}


def field_config(layout: Layout, field: Field, language: str) -> Config:
    """The `type` and `options` of a field."""
    if field.is_link:
        return _link(field)
    if field.kind.computed:
        return _computed(layout, field, language)
    return _config(field.type, field.options, language)


def type_named(name: str) -> str:
    """What clients call a field type of ours."""
    return _OTHERS.get(name) or _KINDS.get(name, ("singleLineText", None))[0]


# What clients call the types of fields that lead to records, or are worked out over them.
_OTHERS = {
    "link": "multipleRecordLinks",
    "any_link": "multipleRecordLinks",
    "parent": "multipleRecordLinks",
    "line_items": "multipleRecordLinks",
    "count": "count",
    "lookup": "multipleLookupValues",
    "rollup": "rollup",
    "formula": "formula",
}


def _config(name: str, options: Options, language: str) -> Config:
    kind, make = _KINDS.get(name, ("singleLineText", None))
    return {"type": kind} if make is None else {"type": kind, "options": make(options, language)}


def _link(field: Field) -> Config:
    inverse = field.inverse_of or field.inverse_key
    tables = [address.partition(".")[2] for address in field.targets]
    options: Config = {
        "linkedTableId": tables[0],
        **({"linkedTableIds": tables} if field.kind.of_any_table else {}),
        "isReversed": field.inverse_of is not None,
        "prefersSingleRecordLink": not field.many,
    }
    return {"type": "multipleRecordLinks", "options": options | ({"inverseLinkFieldId": inverse} if inverse else {})}


def _computed(layout: Layout, field: Field, language: str) -> Config:
    name, shown = shown_as(layout, field)
    result = _config(name, shown, language)
    through = {"recordLinkFieldId": str(field.options.get("through", "")).partition(".")[0] or None, "isValid": True}
    inner = {"fieldIdInLinkedTable": field.options.get("field"), "result": result}
    match field.type:
        case "count":
            return {"type": "count", "options": through}
        case "lookup":
            return {"type": "multipleLookupValues", "options": through | inner}
        case "rollup":
            function = field.options.get("function")
            options = through | inner | {"referencedFieldIds": [], "function": function}
            return {"type": "rollup", "options": options}
        case _:
            table = layout.table(field.table)
            read = (layout.apps.step(table, path[0])[0] for path in layout.types.inputs(field))
            used = sorted({one.key for one in read if one is not None})
            options = {"formula": field.options.get("formula", ""), "isValid": True, "referencedFieldIds": used}
            return {"type": "formula", "options": options | {"result": result}}


def _choices(options: Options, language: str) -> Config:
    return {
        "choices": [
            {"id": key, "name": said(one["label"], language, key), "color": _colour(one.get("color", "gray"))}
            for key, one in options["choices"].items()
        ]
    }


def _colour(name: str) -> str:
    return f"{COLOURS.get(name, name)}Light2"


def _precision(options: Options, _language: str) -> Config:
    decimals = options.get("decimals", 0)
    return {"precision": 8 if decimals is None else min(decimals, 8)}


def _money(options: Options, language: str) -> Config:
    currency = str(options.get("currency", "USD"))
    return {"precision": min(options.get("decimals", 2), 7), "symbol": currency_symbol(currency)}


def _date(_options: Options, _language: str) -> Config:
    return {"dateFormat": _DATE_FORMAT}


def _date_time(options: Options, _language: str) -> Config:
    return {"timeZone": options.get("time_zone", "utc"), "dateFormat": _DATE_FORMAT, "timeFormat": _TIME_FORMAT}


def _modified(options: Options, language: str) -> Config:
    result = {"type": "dateTime", "options": _date_time(options, language)}
    return {"isValid": True, "referencedFieldIds": [], "result": result}


def _rating(options: Options, _language: str) -> Config:
    icon = options.get("icon", "star")
    return {"icon": ICONS.get(icon, icon), "max": options.get("max", MOST), "color": "yellowBright"}


def _duration(options: Options, _language: str) -> Config:
    return {"durationFormat": options.get("format", "h:mm")}


def _attachments(_options: Options, _language: str) -> Config:
    return {"isReversed": False}


def _tick(_options: Options, _language: str) -> Config:
    return {"icon": "check", "color": "greenBright"}


_KINDS: Mapping[str, tuple[str, Callable[[Options, str], Config] | None]] = {
    "text": ("singleLineText", None),
    "long_text": ("multilineText", None),
    "rich_text": ("richText", None),
    "barcode": ("barcode", None),
    "autonumber": ("autoNumber", None),
    "button": ("button", None),
    "record_id": ("singleLineText", None),
    "sequence": ("singleLineText", None),
    "time": ("singleLineText", None),
    "location": ("singleLineText", None),
    "number": ("number", _precision),
    "currency": ("currency", _money),
    "percent": ("percent", _precision),
    "count": ("number", _precision),
    "checkbox": ("checkbox", _tick),
    "rating": ("rating", _rating),
    "progress": ("percent", _precision),
    "duration": ("duration", _duration),
    "json": ("multilineText", None),
    "date": ("date", _date),
    "date_time": ("dateTime", _date_time),
    "select": ("singleSelect", _choices),
    "multi_select": ("multipleSelects", _choices),
    "status": ("singleSelect", _choices),
    "signature": ("multilineText", None),
    "attachment": ("multipleAttachments", _attachments),
    "email": ("email", None),
    "phone": ("phoneNumber", None),
    "url": ("url", None),
    "department": ("singleCollaborator", None),
    "user": ("singleCollaborator", None),
    "users": ("multipleCollaborators", None),
    "created_at": ("createdTime", None),
    "created_by": ("createdBy", None),
    "updated_at": ("lastModifiedTime", _modified),
    "updated_by": ("lastModifiedBy", None),
}
