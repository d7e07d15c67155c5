"""The state that a record is in, with the ways that lead from one state to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.field_types import Options, Value
from engine.field_types.select import COLORS, Select
from engine.text import Label, Text, _

_KEY = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_]{0,39}$"}


class Status(Select):
    label = _("Status")
    icon = "progress-check"
    options = {
        "choices": {
            "type": "object",
            "description": "The states, in the order in which people see them.",
            "minProperties": 1,
            "maxProperties": 100,
            "propertyNames": _KEY,
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "label": {"$ref": "#/$defs/label"},
                    "color": {"enum": list(COLORS)},
                    "kind": {
                        "enum": ["open", "done", "cancelled"],
                        "description": "Whether there is still something to do, or how it ended.",
                    },
                    "needs": {"$ref": "#/$defs/keys", "description": "Fields that must be filled in this state."},
                },
                "required": ["label"],
                "additionalProperties": False,
            },
        },
        "start": {
            "type": "array",
            "description": "The states that a new record may begin in; any when not said.",
            "items": _KEY,
            "minItems": 1,
            "uniqueItems": True,
        },
        "transitions": {
            "type": "object",
            "description": "For each state those that may follow it; a state not named here is final. All may follow "
            "each other when not said.",
            "propertyNames": _KEY,
            "additionalProperties": {
                "type": "array",
                "items": {
                    "anyOf": [
                        _KEY,
                        {
                            "type": "object",
                            "properties": {
                                "to": _KEY,
                                "needs": {
                                    "$ref": "#/$defs/keys",
                                    "description": "Fields that must be filled to go this way.",
                                },
                                "by": {
                                    "$ref": "#/$defs/keys",
                                    "description": "The roles of the app that may go this way; all when not said.",
                                },
                            },
                            "required": ["to"],
                            "additionalProperties": False,
                        },
                    ]
                },
            },
        },
    }

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        states = options["choices"]
        places: list[tuple[str, str]] = [(f"start/{n}", one) for n, one in enumerate(options.get("start", ()))]
        needed = [(f"choices/{key}/needs", one) for key, state in states.items() for one in state.get("needs", ())]
        for state, following in options.get("transitions", {}).items():
            places.append((f"transitions/{state}", state))
            places += [(f"transitions/{state}/{n}", _to(one)) for n, one in enumerate(following)]
            for n, one in enumerate(following):
                needed += [(f"transitions/{state}/{n}/needs", key) for key in _needs(one)]
        yield from ((at, _("There is no state `{state}`.", state=one)) for at, one in places if one not in states)
        yield from ((at, _("There is no field `{field}`.", field=one)) for at, one in needed if one not in fields)

    def refused(self, before: Value, value: Value, options: Options) -> Text | None:
        names: dict[str, Label] = {key: state["label"] for key, state in options["choices"].items()}
        if before is None:
            if value is None or value in options.get("start", names):
                return None
            begins = _listed([names[one] for one in options["start"]])
            return _("cannot begin as {state}, only as {states}", state=names[value], states=begins)
        allowed = self._following(before, options)
        if value == before or (value in allowed if value is not None else "transitions" not in options):
            return None
        old = names.get(before) or before
        if not allowed:
            return _("is {state}, which is final", state=old)
        ways = _listed([names[one] for one in allowed])
        if value is None:
            return _("cannot be emptied: from {state} it can go to {states}", state=old, states=ways)
        return _("cannot go from {state} to {new}, only to {states}", state=old, new=names[value], states=ways)

    def needs(self, before: Value, value: Value, options: Options) -> Collection[str]:
        needed = list(options["choices"].get(value, {}).get("needs", ()))
        if before != value:
            for one in options.get("transitions", {}).get(before, ()):
                needed += _needs(one) if _to(one) == value else ()
        return list(dict.fromkeys(needed))

    def names_roles(self, options: Options) -> Iterator[tuple[str, str]]:
        for state, following in options.get("transitions", {}).items():
            for number, one in enumerate(following):
                yield from ((f"transitions/{state}/{number}/by", role) for role in _by(one) or ())

    def for_roles(self, options: Options, roles: Collection[str]) -> Options:
        if "transitions" not in options:
            return options
        ways = {
            state: [one for one in following if _by(one) is None or set(_by(one) or ()) & set(roles)]
            for state, following in options["transitions"].items()
        }
        return {**options, "transitions": ways}

    def offered(self, value: Value, options: Options) -> Mapping[str, Mapping[str, Any]] | None:
        states: Mapping[str, Mapping[str, Any]] = options["choices"]
        if value not in states:
            return {key: one for key, one in states.items() if key in options.get("start", states)}
        allowed = {value, *self._following(value, options)}
        return {key: one for key, one in states.items() if key in allowed}

    def _following(self, state: str, options: Options) -> list[str]:
        states = options["choices"]
        if "transitions" not in options or state not in states:
            return list(states)
        return [_to(one) for one in options["transitions"].get(state, ())]


def _to(one: Any) -> str:
    return one if isinstance(one, str) else str(one["to"])


def _needs(one: Any) -> list[str]:
    return [] if isinstance(one, str) else list(one.get("needs", ()))


def _by(one: Any) -> list[str] | None:
    return None if isinstance(one, str) or "by" not in one else list(one["by"])


def _listed(labels: list[Label]) -> Text:
    """The labels with commas between them, each in the reader's language."""
    values = {f"label_{number}": label for number, label in enumerate(labels)}
    return Text(", ".join(f"{{{name}}}" for name in values), values)
