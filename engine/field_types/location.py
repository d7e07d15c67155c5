"""A place: what it is called, where on earth it is, or both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.field_types import FieldType, Input, InvalidValue, Options, Value, clean_text
from engine.numbers import accept_number
from engine.text import _

MAX_LABEL = 500  # characters
DECIMALS = 6  # of a degree: ten centimetres
_DEGREES = r"([-−+]?\d{1,3}(?:\.\d+)?)\s*°?\s*[,;]\s*([-−+]?\d{1,3}(?:\.\d+)?)\s*°?"
_PLACE = re.compile(rf"(?:(?P<label>.*?)\s*\(\s*{_DEGREES}\s*\)|{_DEGREES}(?:\s+(?P<after>\S.*))?)", re.DOTALL)


class Location(FieldType):
    label = _("Location")
    icon = "map-pin"
    holds = "json"
    reading = "text"
    said_by = (("label",), ("lat", "lng"))
    can_be_unique = False

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                "lat": {"type": "number", "minimum": -90, "maximum": 90},
                "lng": {"type": "number", "minimum": -180, "maximum": 180},
                "label": {"type": "string", "maxLength": MAX_LABEL},
            },
            "dependentRequired": {"lat": ["lng"], "lng": ["lat"]},
            "minProperties": 1,
            "additionalProperties": False,
        }

    def accept(self, value: Value, options: Options) -> Value:
        if isinstance(value, str):
            return self.read(value, options)
        if not isinstance(value, Mapping) or not value or not value.keys() <= {"lat", "lng", "label"}:
            raise InvalidValue(_("must be a place: `lat` and `lng`, `label`, or all three"))
        place: dict[str, Any] = {}
        if "lat" in value or "lng" in value:
            place["lat"] = accept_number(value.get("lat"), DECIMALS)
            place["lng"] = accept_number(value.get("lng"), DECIMALS)
            if abs(place["lat"]) > 90 or abs(place["lng"]) > 180:
                raise InvalidValue(_("must be on the globe: latitude from -90 to 90, longitude from -180 to 180"))
        label = value.get("label")
        if label is not None and not isinstance(label, str):
            raise InvalidValue(_("must have a text as its label"))
        label = " ".join(clean_text(label or "").encode("utf-8", "ignore").decode().split())
        if len(label) > MAX_LABEL:
            raise InvalidValue(
                _("may have at most {longest} characters, not {count}", longest=MAX_LABEL, count=len(label))
            )
        if label:
            place["label"] = label
        if not place:
            raise InvalidValue(_("must be a place: `lat` and `lng`, `label`, or all three"))
        return place

    def read(self, text: str, options: Options) -> Value:
        found = _PLACE.fullmatch(text.strip())
        if found is None:
            return self.accept({"label": text}, options)
        lat, lng = (one.replace("−", "-") for one in found.groups() if one and re.fullmatch(r"[-−+]?[\d.]+", one))
        label = found["label"] or found["after"]
        return self.accept({"lat": float(lat), "lng": float(lng), "label": label}, options)

    def typed(self, value: Value, options: Options) -> str:
        return spelled(value)

    def display(self, value: Value, options: Options, language: str) -> str:
        return spelled(value)

    def input(self, options: Options) -> Input:
        return Input("location")


def spelled(value: Mapping[str, Any]) -> str:
    """`Helsinki (60.17, 24.94)`, or the one of the two that there is."""
    if "lat" not in value:
        return str(value.get("label", ""))
    degrees = f"{value['lat']}, {value['lng']}"
    return f"{value['label']} ({degrees})" if "label" in value else degrees
