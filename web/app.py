"""The web application: pages and API found in their folders, the same headers on every answer."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

from engine.errors import Misconfigured
from engine.settings import Settings, is_loopback
from engine.storage.stores import Stores
from engine.text import _
from web import api, errors, pages
from web.api.answering import Operation
from web.api.paths import Paths
from web.api.routing import Routes
from web.mcp import over_http
from web.origins import Origins
from web.routes import PageRouter
from web.security import BodyLimit, Crashes, Headers
from web.site import Site


def create_app(settings: Settings, stores: Stores | None = None) -> FastAPI:
    """The ASGI application. Opens the stores (and closes them at the end) unless they are given.

    Raises `Misconfigured` when people would open it over plain http from another machine.
    """
    _check_address(settings.public_url)
    own = stores is None
    stores = stores or Stores(settings.data, settings.database_url, settings.time_zone, settings.language)
    site = Site.of(settings, stores)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=site.templates.read_all, name="read page files", daemon=True).start()
        yield
        site.background.close()
        site.threads.shutdown()
        if own:
            site.stores.close()

    app = FastAPI(
        title="Formwork",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would ask with each request
        routes=[Mount(site.statics.at, site.statics, name="static"), *_routes()],
        middleware=[
            Middleware(Origins, settings=settings),
            Middleware(Headers, settings=settings),
            Middleware(Crashes, answer=errors.crashed),
            Middleware(BodyLimit, settings=settings),
            Middleware(Paths),
        ],
    )
    app.state.site = site
    errors.install(app)
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """All pages and the API. Applications of one process share them: they take long to be made."""
    of_pages = [route for module in _modules(pages) for route in _guarded(module).routes]
    of_api = [route for module in _modules(api) for route in module.router.routes]
    of_api.sort(key=_place)
    # Routes are tried one after the other, and programs ask more often than people do.
    return (Mount(errors.API, Routes(of_api), name="api"), *over_http.routes, *of_pages)


def _guarded(module: ModuleType) -> PageRouter:
    """The router of a module of pages. Raises `TypeError` for any other, which nothing would guard."""
    if not isinstance(module.router, PageRouter):
        raise TypeError(f"{module.__name__}.router must be a PageRouter (web/routes.py)")
    return module.router


def _place(route: Route) -> tuple[bool, list[int]]:
    """Records are asked for most often. What is named comes before what may be anything: `groups` is no record."""
    is_of_app = isinstance(route, Operation) and route.is_of_app
    return not is_of_app, [_how_general(part) for part in route.path.split("/")]


def _how_general(part: str) -> int:
    return 2 if part.endswith(":path}") else 1 if part.startswith("{") else 0


def _modules(package: Any) -> Iterator[ModuleType]:
    """The modules of a folder that have a router: one file per noun in the URL, listed nowhere else."""
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        if hasattr(module, "router"):
            yield module


def _check_address(public_url: str) -> None:
    parts = urlsplit(public_url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        # Whoever listens on the way would have the session's cookie.
        raise Misconfigured(
            _(
                "FORMWORK_PUBLIC_URL must begin with https://, because {host} is reached over a network.",
                host=parts.hostname,
            )
        )
