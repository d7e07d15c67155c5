"""What formulas can do: every function with what it takes, what it does and an example, from its own declaration."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine.formulas.functions import families
from web.dependencies import In
from web.render import page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/functions")


@router.get("")
def show(request: Request, place: In) -> Response:
    """All functions by family."""
    return page(request, "formulas/functions.html", families=families())
