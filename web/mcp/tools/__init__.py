"""What is offered to assistants. Each file is a group of tools and lists them as `TOOLS`; nothing else lists them.

What they say is English, since a model reads it; what is refused is worded by the engine.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from web.api.callers import Caller

Arguments = Mapping[str, Any]
Facts = dict[str, Any]

APP = {"type": "string", "description": "Key of the app, as list_apps gives it."}
TABLE = {"type": "string", "description": "Id or name of the table, as list_apps gives it."}
RECORD = {"type": "string", "description": "Id of a record, such as rec0000000000000a."}


@dataclass(frozen=True)
class Tool:
    """One thing that can be done. `takes` has the JSON Schema of each argument, `needs` names those that must be there.

    `act` raises what an endpoint of the API raises.
    """

    name: str
    says: str
    act: Callable[[Caller, Arguments], Facts]
    takes: Mapping[str, Mapping[str, Any]]
    needs: tuple[str, ...] = ()
    writes: bool = False
    overwrites: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of all its arguments."""
        return {
            "type": "object",
            "properties": dict(self.takes),
            "required": list(self.needs),
            "additionalProperties": False,
        }


@cache
def all_tools() -> Mapping[str, Tool]:
    """Every tool by its name."""
    found = (importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__))
    return {tool.name: tool for module in found for tool in module.TOOLS}
