"""The protocol: which tools there are, and calls of them, by the official library.

Importing it takes 33 MB, so only who is spoken to does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import orjson
from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as Offered

from web.mcp.calling import Answer
from web.mcp.tools import Tool, all_tools

Call = Callable[[str, dict[str, Any]], Awaitable[Answer]]

INSTRUCTIONS = (
    "Formwork holds an organisation's apps: tables of records that link to each other. Begin with list_apps, then "
    "describe_table. You see and may do what the person may whose token you have, and less if the token says so. "
    "Names of fields, tables and choices may be written as people see them or as ids. What is refused comes with "
    "every problem at its place."
)


def server_of(call: Call) -> Server[Any]:
    """A server of the protocol that lets `call` carry out what its client asks for."""

    async def list_tools(_context: Any, _asked: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_offered(one) for one in all_tools().values()])

    async def call_tool(_context: Any, asked: CallToolRequestParams) -> CallToolResult:
        answer = await call(asked.name, asked.arguments or {})
        text = TextContent(type="text", text=orjson.dumps(answer.facts).decode())
        return CallToolResult(content=[text], structured_content=answer.facts, is_error=answer.failed)

    return Server(
        "formwork",
        title="Formwork",
        version=version("formwork"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _offered(tool: Tool) -> Offered:
    hints = ToolAnnotations(
        read_only_hint=not tool.writes, destructive_hint=tool.overwrites, idempotent_hint=tool.overwrites or None,
        open_world_hint=False,
    )  # fmt: skip
    return Offered(name=tool.name, description=tool.says, input_schema=tool.schema, annotations=hints)
