"""Search over the whole workspace: a page, and the list in the finder (Ctrl-K)."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import search
from web.dependencies import In
from web.render import page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/search")


@router.get("")
def show(request: Request, place: In, q: str = "") -> Response:
    """What was found, tables first."""
    with place.read() as session:
        found = search.everywhere(session, q[:200])
    return page(request, "search/search.html", q=q, results=found)
