"""Whether the server lives, and whether it can work: for whatever watches over it. Nobody signs in for these."""

from __future__ import annotations

from starlette.responses import JSONResponse

from web.dependencies import SiteHere
from web.routes import PageRouter

router = PageRouter()


@router.get("/health")
def health() -> JSONResponse:
    """The process answers. Nothing is looked at."""
    return JSONResponse({"status": "ok"})


@router.get("/ready")
def ready(site: SiteHere) -> JSONResponse:
    """The database answers, too; 503 if not."""
    works = site.readiness.works()
    return JSONResponse({"status": "ok" if works else "unavailable"}, 200 if works else 503)
