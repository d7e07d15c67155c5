"""A short word after an act, with Undo where there is one: in this answer, or on the page that a redirect leads to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from web.cookies import Cookies
from web.signing import Signer

COOKIE = "toast"
LIFE = 60  # seconds that a toast waits for its page


@dataclass(frozen=True)
class Toast:
    """`undo` is an address of ours that takes a POST and takes the act back."""

    says: str
    undo: str = ""
    kind: Literal["done", "failed"] = "done"


def keep(response: Response, toast: Toast, cookies: Cookies, signer: Signer) -> None:
    """Show `toast`, whose words are in the reader's language already, on the next page that this browser opens."""
    kept = asdict(toast)
    cookies.write(response, COOKIE, signer.sign(COOKIE, json.dumps(kept).encode()), LIFE)


def kept_for(request: Request, cookies: Cookies, signer: Signer) -> Toast | None:
    """The toast that waits for this page."""
    value = cookies.read(request, COOKIE)
    payload = signer.read(COOKIE, value, LIFE) if value else None
    return Toast(**json.loads(payload)) if payload else None
