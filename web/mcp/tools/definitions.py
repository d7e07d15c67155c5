"""The definition of an app, and what a change of it would do. Nothing here changes one: that is for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine import apps
from engine.apps import Plan
from engine.definitions.alteration import Alteration
from engine.definitions.documents import merged
from engine.errors import Problem, Refused
from engine.text import _
from web.api.callers import Caller
from web.api.naming import app_named
from web.mcp.tools import APP, Arguments, Facts, Tool

MOST = 40_000  # characters of one answer
MOST_ALTERATIONS = 200

_DOCUMENT = {"type": "object", "description": "The whole definition of an app, new or changed."}
_CHANGES = {
    "type": "object",
    "description": "What is to be otherwise in the definition of `app`, merged into it by key; null takes away: "
    '{"tables": {"accounts": {"fields": {"vip": {"type": "checkbox", "label": "VIP"}, "fax": null}}}}.',
}


def _get_definition(caller: Caller, given: Arguments) -> Facts:
    at = given.get("at", "")
    with caller.read() as session:
        document = apps.export(session, app_named(session.layout, given["app"]).key)
    part = _part(document, at)
    if _length(part) <= MOST or not isinstance(part, Mapping):
        return {"at": at, "definition": part}
    return {
        "at": at,
        "tooLong": "This part is too long for one answer. Ask for a part of it with `at`.",
        "parts": {f"{at}/{key}": _length(one) for key, one in part.items()},
    }


def _part(document: Any, at: str) -> Any:
    found = document
    for key in at.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or key not in found:
            raise Refused([Problem("/at", _("There is nothing at {at} in this definition.", at=at), "unknown", at)])
        found = found[key]
    return found


def _length(part: Any) -> int:
    return len(orjson.dumps(part))


def _check(caller: Caller, given: Arguments) -> Facts:
    with caller.read() as session:
        return {"problems": _problems(apps.check(session, _wanted(caller, given)))}


def _plan(caller: Caller, given: Arguments) -> Facts:
    document = _wanted(caller, given)
    with caller.read() as session:
        return _told(apps.plan(session, document))


def _wanted(caller: Caller, given: Arguments) -> Any:
    """The document that is meant. Raises `Refused` unless it is given in one of the two ways."""
    if ("definition" in given) == ("changes" in given) or ("changes" in given and "app" not in given):
        says = _("Give either a definition, or an app with changes.")
        raise Refused([Problem("", says, "required")])
    if "definition" in given:
        return given["definition"]
    with caller.read() as session:
        return merged(apps.export(session, app_named(session.layout, given["app"]).key), given["changes"])


def _told(plan: Plan) -> Facts:
    listed = [_alteration(one) for one in plan.alterations[:MOST_ALTERATIONS]]
    left_off = len(plan.alterations) - len(listed)
    return {
        "possible": not plan.refused and not plan.broken,
        "alterations": listed,
        **({"leftOff": left_off} if left_off else {}),
        "lost": plan.lost,
        "problems": _problems(plan.problems),
        "brokenAccessTests": _problems(plan.broken),
        "applied": False,
    }


def _alteration(one: Alteration) -> dict[str, Any]:
    does = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(one).__name__).lower()
    return {"does": does, "says": str(one.says), "destroys": one.destroys, "lost": one.lost}


def _problems(found: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"at": one.at, "message": str(one.says), "code": one.code, "severity": one.severity} for one in found]


TOOLS = (
    Tool(
        "get_definition",
        "Read the definition of an app, or a part of it: the JSON document that says which tables, fields, views, "
        "forms, automations and roles it has.",
        _get_definition,
        {"app": APP, "at": {"type": "string", "description": "JSON pointer of a part, such as /tables/accounts."}},
        ("app",),
    ),
    Tool(
        "check_definition",
        "Tell every problem of a definition, each with its JSON pointer. Nothing is changed.",
        _check,
        {"app": APP, "definition": _DOCUMENT, "changes": _CHANGES},
    ),
    Tool(
        "plan_definition",
        "Say in words what a definition would change, and how many values and records it would take away, counted in "
        "the real ones. Nothing is changed: a person who may build applies it.",
        _plan,
        {"app": APP, "definition": _DOCUMENT, "changes": _CHANGES},
    ),
)
