"""The home of a workspace: its apps."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import apps
from web.dependencies import In
from web.render import page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}")


@router.get("")
def show(request: Request, place: In) -> Response:
    """The apps as tiles; without any, the way to the catalog."""
    with place.read() as session:
        installed = apps.installed(session)
    return page(request, "home/home.html", apps=installed)
