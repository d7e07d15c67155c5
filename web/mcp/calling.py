"""One call of a tool by somebody: the arguments looked through, the tool carried out, and what was refused told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.shape import said
from engine.errors import FormworkError, Problem, Refused
from engine.storage.session import again
from engine.text import _
from web.api.answering import check_size
from web.api.callers import Caller
from web.api.errors import ApiRefusal, body_of
from web.mcp.tools import Tool, all_tools

log = logging.getLogger("formwork.mcp")


@dataclass(frozen=True)
class Answer:
    """What a tool gave, or (`failed`) the error object that the API would answer."""

    facts: dict[str, Any]
    failed: bool = False


def call(caller: Caller, name: str, arguments: Mapping[str, Any]) -> Answer:
    """Let a caller use a tool. Nothing that is refused is raised."""
    try:
        check_size(dict(arguments))
        tool = all_tools().get(name)
        if tool is None:
            raise Refused([Problem("", _("There is no tool {name}.", name=name), "argument", name)])
        _check(tool, arguments)
        return Answer(again(lambda: tool.act(caller, arguments)))
    except ApiRefusal as error:
        return Answer(error.body, failed=True)
    except FormworkError as error:
        return refused(error)


def refused(error: FormworkError) -> Answer:
    """What the engine refused; what is the machine's fault is also noted."""
    if error.status >= 500:
        log.error("%s", error, exc_info=error)
    return Answer(body_of(error), failed=True)


def _check(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raises `Refused` with everything that is wrong with the arguments, each at its place."""
    from jsonschema import Draft202012Validator  # its 3 MB are taken only by who calls tools

    found = Draft202012Validator(tool.schema).iter_errors(arguments)
    problems = [Problem(one.at, one.says, "argument") for error in found for one in said(error)]
    if problems:
        raise Refused(problems)
