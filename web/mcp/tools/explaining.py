"""What a view shows and what an automation does, in the words that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import automations, named
from engine.definitions.language import Table, View
from engine.storage.session import Session
from engine.text import Text, _, label_in
from engine.view_types import grouped_field, keys_in, view_types
from web.api.callers import Caller
from web.api.naming import app_named, said, table_named, view_named
from web.conditions import Said, Speaker
from web.mcp.tools import APP, TABLE, Arguments, Facts, Tool
from web.pages.automations import StepSaid, speaker_of, step_said
from web.texts import said_in


def _explain_view(caller: Caller, given: Arguments) -> Facts:
    with caller.read() as session:
        table = table_named(session.layout, given["app"], given["table"])
        view, language = view_named(table, given["view"]), session.workspace.language
        lines = [said_in(one, language) for one in _of_view(session, table, view, language)]
        return {"view": said(view.label, language, view.key), "says": lines, "options": dict(view.options)}


def _of_view(session: Session, table: Table, view: View, language: str) -> Iterator[Text]:
    kind = view_types[view.type]
    yield _("{kind} of {table}.", kind=kind.label, table=table.plural or table.label)
    shown = ", ".join(said(one.label, language, one.key) for one in table.shown_in(view))
    yield _("It shows: {fields}.", fields=shown)
    names = {one: name for each in named.KINDS for one, name in named.names(session, each).items()}
    speaker = Speaker(session.layout, session.layout.apps[table.app], table, language, names)
    held = speaker.condition(view.filter)
    if held is not None:
        yield _("Only records for which this holds: {condition}.", condition=_line(held, language))
    by = keys_in(view.options.get(kind.grouped_by or ""))
    if by:
        yield _("Grouped by {fields}.", fields=", ".join(speaker.wording.spoken(grouped_field(one)) for one in by))
    if view.sort:
        yield _("Sorted by {fields}.", fields=", ".join(_way(one, speaker, language) for one in view.sort))


def _way(one: str, speaker: Speaker, language: str) -> str:
    name = speaker.wording.spoken(one.removeprefix("-"))
    return said_in(_("{field}, descending", field=name), language) if one.startswith("-") else name


def _explain_automation(caller: Caller, given: Arguments) -> Facts:
    with caller.read() as session:
        language = session.workspace.language
        app = app_named(session.layout, given["app"])
        standing = automations.get(session, f"{app.key}.{given['automation']}")
        held, speaker = standing.automation, speaker_of(session, standing.automation, language)
        when, *then = automations.sentences(session.layout, held, language)
        only_if = [speaker.condition(one) for one in (held.trigger.get("where"), held.conditions)] if speaker else []
        steps = [step_said(session, held, key, says, speaker) for key, says in zip(held.steps, then, strict=True)]
        return {
            "automation": said(held.label, language, held.key),
            "on": standing.is_on,
            "when": said_in(when, language),
            "onlyIf": [_line(one, language) for one in only_if if one is not None],
            "steps": [_told(one, language) for one in steps],
            "actsAs": held.acts_as,
            "runs": automations.counts(session, app.key).get(held.address, {}),
            "lastRunAt": standing.last_run_at,
        }


def _told(step: StepSaid, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {"says": said_in(step.says, language)}
    if step.condition is not None:
        told["onlyIf"] = _line(step.condition, language)
    if step.values:
        told["sets"] = {label_in(label, language): value for label, value in step.values}
    rest = {name: value for name, value in step.rest.items() if name != "label"}  # which `says` has said
    if rest:
        told["options"] = rest
    return told


def _line(held: Said, language: str) -> str:
    """A condition on one line: `Status is New · (Owner is empty or Owner is me)`."""
    if not held.join:
        return said_in(held.says, language) if isinstance(held.says, Text) else held.says
    joint = " · " if held.join == "all" else f" {said_in(_('or'), language)} "
    return joint.join(f"({_line(one, language)})" if one.join else _line(one, language) for one in held.parts)


_AUTOMATION: Mapping[str, Any] = {"type": "string", "description": "Key of the automation."}


def _list_automations(caller: Caller, given: Arguments) -> Facts:
    with caller.read() as session:
        language = session.workspace.language
        app = app_named(session.layout, given["app"])
        return {
            "automations": [
                {
                    "id": one.automation.key,
                    "name": said(one.automation.label, language, one.automation.key),
                    "on": one.is_on,
                }
                for one in automations.standings(session, app.key)
            ]
        }


TOOLS = (
    Tool(
        "explain_view",
        "Say in words what a view shows: its fields, its filter, its groups and its order.",
        _explain_view,
        {"app": APP, "table": TABLE, "view": {"type": "string", "description": "Id or name of the view."}},
        ("app", "table", "view"),
    ),
    Tool(
        "list_automations",
        "List the automations of an app. For owners and builders.",
        _list_automations,
        {"app": APP},
        ("app",),
    ),
    Tool(
        "explain_automation",
        "Say in words when an automation starts, what its steps do, and what came of its runs. For owners and "
        "builders.",
        _explain_automation,
        {"app": APP, "automation": _AUTOMATION},
        ("app", "automation"),
    ),
)
