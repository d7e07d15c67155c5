"""The cookies: on https bound to this very host (`__Host-`); on loopback without TLS under other names."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Cookies:
    """Names and attributes that follow from the address people open."""

    secure: bool

    @classmethod
    def of(cls, public_url: str) -> Cookies:
        """For this public address."""
        return cls(public_url.startswith("https:"))

    def name(self, word: str) -> str:
        """`__Host-sid` over TLS, else `formwork-sid`."""
        return f"__Host-{word}" if self.secure else f"formwork-{word}"

    def read(self, request: Request, word: str) -> str:
        """The cookie's value, empty when the browser sent none."""
        return request.cookies.get(self.name(word), "")

    def write(self, response: Response, word: str, value: str, seconds: int | None = None) -> None:
        """Set it: for `seconds`, or until the browser closes."""
        response.set_cookie(
            self.name(word), value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response, word: str) -> None:
        """Take it away."""
        response.delete_cookie(self.name(word), path="/", secure=self.secure, httponly=True, samesite="lax")
