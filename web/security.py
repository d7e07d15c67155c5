"""What every answer carries so that a browser does only what these pages mean it to do.

The policy was measured with every library that the pages use (no inline script, no inline style, no eval). Scripts
run only with this answer's nonce, so that HTML that somebody smuggles in cannot even name one of our own files.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.settings import Settings

log = logging.getLogger("formwork.web")

ADDRESS_BYTES = 16_384  # what is longer, such as a long formula, is sent to /listRecords
HEAD_BYTES = 16_384  # of all header fields of a request
FORM_BYTES = 1_048_576
BODY_SECONDS = 30.0  # that a body may take, and more the longer it is:
SLOWEST = 4_096  # bytes a second that a body comes at least
MEGABYTE = 1_048_576
IMPORT_MB = 20  # what a file to import may have

POLICY = (
    "default-src 'none'; script-src 'nonce-{script}'; style-src 'self' 'nonce-{style}'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types default htmx svelte-trusted-html"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


class Headers:
    """Puts the security headers on every answer, whatever made it; a header that is there already stays."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        headers = {**HEADERS, "Cache-Control": "no-store"}
        if settings.public_url.startswith("https:"):
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        script, style = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        scope.setdefault("state", {}).update(script_nonce=script, style_nonce=style)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", POLICY.format(script=script, style=style).encode())
                there = {name for name, _value in message["headers"]}
                own = [one for one in (*self.headers, policy) if one[0] not in there]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class Crashes:
    """Turns what nobody foresaw into an answer without a stack trace; the trace goes to the log."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Awaitable[Response]]) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def watching(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watching)
        except Exception as error:
            if started:  # too late for another answer: the connection breaks, which the browser notices
                raise
            response = await self.answer(Request(scope, receive), error)
            await response(scope, receive, send)


class TooLong(HTTPException):
    """The address is longer than addresses may be."""

    def __init__(self) -> None:
        super().__init__(414)


class TooManyHeaders(HTTPException):
    """The head of the request is longer than heads may be."""

    def __init__(self) -> None:
        super().__init__(431)


class TooSlow(HTTPException):
    """The body came so slowly that nobody waits for the rest."""

    def __init__(self) -> None:
        super().__init__(408, headers={"Connection": "close"})


class TooLarge(HTTPException):
    """The body is longer than such a body may be."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """Stops reading a body that is too long, said beforehand or not, or that comes too slowly.

    It refuses an address and a head that are too long.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        # A file, and the other fields of its form.
        self.upload = max(settings.upload_mb, IMPORT_MB) * MEGABYTE + 65_536

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if len(scope["path"]) + len(scope["query_string"]) > ADDRESS_BYTES:
            raise TooLong
        if sum([len(name) + len(value) for name, value in scope["headers"]]) > HEAD_BYTES:
            raise TooManyHeaders
        headers = dict(scope["headers"])
        limit = self.upload if headers.get(b"content-type", b"").startswith(b"multipart/") else FORM_BYTES
        if scope["path"].endswith(("/uploadAttachment", "/mails", "/meta/files")):
            limit = self.upload * 4 // 3 + 65_536  # base64
        said = headers.get(b"content-length", b"0")
        if not said.isdigit() or int(said) > limit:
            raise TooLarge
        if said == b"0" and b"transfer-encoding" not in headers:  # no body comes
            return await self.app(scope, receive, send)
        read, is_whole, clock = 0, False, asyncio.get_running_loop().time
        began = clock()

        async def counting() -> Message:
            nonlocal read, is_whole
            if is_whole:  # what is waited for is that somebody hangs up
                return await receive()
            try:
                async with asyncio.timeout_at(began + BODY_SECONDS + read / SLOWEST):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            read += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if read > limit:
                raise TooLarge
            return message

        await self.app(scope, counting, send)
