"""Whoever sends slowly is given up after a while: else a few hundred such senders would take all connections there are.

Uvicorn's protocol waits for a head as long as it takes, however large it becomes; this one does not. Bodies are seen to
by `security.py`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.security import HEAD_BYTES

HEAD_SECONDS = 20.0  # until it is said what is wanted
PIECES = 4  # a head that is this many times too large is not waited for; what is too large by less gets an answer
_GIVEN_UP = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """One connection: uvicorn's, with an end to its patience."""

    _unfinished: int | None = None  # bytes of a head that is not whole yet
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connects."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._head_is_whole()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """They send something."""
        waiting = self._unfinished is not None
        super().data_received(data)
        if waiting and self._unfinished is not None:
            self._unfinished += len(data)
            if self._unfinished > PIECES * HEAD_BYTES:
                self._give_up()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        """It is said what is wanted."""
        self._head_is_whole()
        super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._head_is_whole()
        self._unfinished = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _head_is_whole(self) -> None:
        self._unfinished = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        transport: Any = self.transport
        if not transport.is_closing():
            transport.write(_GIVEN_UP)
            transport.close()
