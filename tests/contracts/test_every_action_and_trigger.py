"""What holds for each file in engine/actions and engine/triggers, also for one that is added tomorrow."""

from __future__ import annotations

import re
import sys

import jsonschema
import pytest

from engine.actions import Action, actions
from engine.definitions.schema import app_schema
from engine.text import Text
from engine.triggers import Trigger, triggers

KINDS = [pytest.param(kind, id=name) for name, kind in [*actions.items(), *triggers.items()]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is(kind: Action | Trigger) -> None:
    assert isinstance(kind.label, Text)
    assert re.fullmatch(r"[a-z0-9-]+", kind.icon)
    module = sys.modules[type(kind).__module__]
    assert module.__doc__
    assert module.__name__.rpartition(".")[2] == kind.name
    assert type(kind).__name__ == "".join(word.title() for word in kind.name.split("_"))


@pytest.mark.parametrize("kind", KINDS)
def test_options_are_a_json_schema(kind: Action | Trigger) -> None:
    assert set(kind.required) <= set(kind.options)
    whole = {"type": "object", "properties": dict(kind.options), "required": list(kind.required)}
    jsonschema.Draft202012Validator.check_schema({**whole, "$defs": app_schema()["$defs"]})
    for reference in re.findall(r"#/\$defs/(\w+)", str(kind.options)):
        assert reference in app_schema()["$defs"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_knows_no_session_and_no_web(kind: Action | Trigger) -> None:
    for name in vars(sys.modules[type(kind).__module__]):
        assert name not in {"sqlalchemy", "fastapi", "socket", "Session", "Connection"}


@pytest.mark.parametrize("name", list(actions))
def test_an_action_that_is_not_external_prepares_nothing(name: str) -> None:
    if not actions[name].external:
        assert type(actions[name]).prepare is Action.prepare


@pytest.mark.parametrize("name", list(triggers))
def test_a_trigger_looks_at_changes_of_a_table(name: str) -> None:
    assert triggers[name].watches <= {"created", "updated", "deleted"}
    assert triggers[name].watches
    assert "table" in triggers[name].required
