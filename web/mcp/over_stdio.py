"""The command `formwork mcp`: the protocol on standard input and output, for an assistant on the same machine.

This process only speaks. Each call of a tool is a command of its own (`call-tool`), so that it goes to the server
while one runs, and the data folder is free again after it where none does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.cli.here import HERE, WITH_STORES, FileName, Here, WithStores
from engine.errors import FormworkError, Misconfigured, SignInNeeded
from engine.text import _

if TYPE_CHECKING:
    from web.mcp.calling import Answer


def mcp(*, token_file: FileName = "", here: Here = HERE) -> None:
    """Let an assistant work with the records, as the Model Context Protocol says, on standard input and output.

    It acts with an API token: for the person who made it, and no further than the token goes. An assistant's program
    starts this command; what to write into its settings stands in the README. Over a network it uses the address /mcp
    of the server instead.

    For example:

        FORMWORK_TOKEN=fwk_... formwork mcp
        formwork mcp --token-file ~/formwork.token

    Parameters
    ----------
    token_file
        A file with the token in its first line. Without: the setting FORMWORK_TOKEN.
    """
    token = (here.text(token_file).strip().splitlines() or [""])[0] if token_file else here.settings.token
    if not token:
        raise Misconfigured(_("Set FORMWORK_TOKEN to an API token. `formwork token create` makes one."))

    import anyio

    anyio.run(_speak, _Asking(token, here))


def call_tool(*, here: WithStores = WITH_STORES) -> None:
    """Carry out one call: `{"token", "tool", "arguments"}` on standard input; answers `{"facts", "failed"}`."""
    from web.api.answering import caller_with
    from web.mcp.calling import call, refused
    from web.site import Site

    asked = here.read_json("-")
    try:
        answer = call(
            caller_with(Site.of(here.settings, here.stores), asked["token"]), asked["tool"], asked["arguments"]
        )
    except SignInNeeded as error:
        answer = refused(error)
    here.document({"facts": answer.facts, "failed": answer.failed})


async def _speak(asking: _Asking) -> None:
    from anyio import CapacityLimiter, to_thread
    from mcp.server.stdio import stdio_server

    from web.mcp.speaking import server_of

    one_by_one = CapacityLimiter(1)  # where no server runs, each opens the data folder for itself

    async def call(name: str, arguments: dict[str, Any]) -> Answer:
        return await to_thread.run_sync(asking.call, name, arguments, limiter=one_by_one)

    async with stdio_server() as (reading, writing):
        server = server_of(call)
        await server.run(reading, writing, server.create_initialization_options())


class _Asking:
    """Carries out calls of tools with a token, as often as the API would be asked."""

    def __init__(self, token: str, here: Here) -> None:
        from web.site import api_rate

        self._token = token
        self._here = here
        self._rate = api_rate(here.settings)

    def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        """What a tool answers; nothing is raised that the engine refuses."""
        from engine.cli import answered
        from web.command import add_commands
        from web.mcp.calling import Answer, refused

        if self._rate is not None and not self._rate.allows(self._token):
            says = "Too many requests. Wait a second, then ask again"
            return Answer({"error": {"type": "RATE_LIMIT_REACHED", "message": says}}, failed=True)
        asked = {"token": self._token, "tool": name, "arguments": arguments}
        terminal = _Apart(json.dumps(asked).encode())
        try:
            code = answered(["call-tool"], terminal, add_commands)
        except FormworkError as error:
            return refused(error)
        if code:
            return refused(FormworkError(terminal.said.strip().removeprefix("formwork: ")))
        found = json.loads(terminal.printed)
        return Answer(found["facts"], found["failed"])


@dataclass
class _Apart:
    """A terminal for one call: standard input and output of this process belong to the protocol."""

    given: bytes
    printed: str = ""
    said: str = ""
    interactive: bool = field(default=False, init=False)

    def out(self, text: str) -> None:
        self.printed += text

    def write(self, data: bytes) -> None:
        self.printed += data.decode()

    def err(self, text: str) -> None:
        self.said += text

    def read(self, _path: str) -> bytes:
        return self.given

    def pieces(self, path: str) -> Iterator[bytes]:
        yield self.read(path)

    def ask(self, question: str) -> str:
        raise FormworkError(question)
