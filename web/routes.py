"""The routes of pages, each guarded and begun anew where that helps."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from engine.errors import Forbidden
from engine.storage.session import again
from engine.text import _
from web import csrf
from web.visit import visit_of

R = TypeVar("R")

# FastAPI would load it, 3 MB, only to see of each argument that it is no such model.
sys.modules.setdefault("pydantic.v1", cast("Any", None))


async def guard(request: Request) -> AsyncIterator[None]:
    """On every page: a write must come from our own form. Raises `Forbidden`. Files that came are closed at the end."""
    visit = visit_of(request)
    try:
        if request.method not in csrf.SAFE:
            secret = await run_in_threadpool(lambda: visit.secret)
            await csrf.check(request, visit.site.settings.public_url, secret)
        yield
    finally:
        await request.close()


async def public_guard(request: Request) -> AsyncIterator[None]:
    """On public forms: no cookie is read, and the token is one that we signed for this form today."""
    visit = visit_of(request)
    visit.public = True
    try:
        if request.method not in csrf.SAFE:
            token = str((await request.form()).get(csrf.FIELD, ""))
            if not csrf.came_from_us(request, visit.site.settings.public_url) or not visit.public_token_is_good(token):
                raise Forbidden(_("This page is too old. Reload it, then try again."))
        yield
    finally:
        await request.close()


def _once_more(page: Callable[..., R]) -> Callable[..., R]:
    """The page, begun anew when the transactions of others were in the way of what it writes."""

    @wraps(page)
    def patient(**given: Any) -> R:
        def begin() -> R:
            for form in given.values():
                if isinstance(form, FormData):
                    _rewind(form)
            return page(**given)

        return again(begin)

    return patient


def _rewind(form: FormData) -> None:
    """Files that came are read from their beginning."""
    for _name, value in form.multi_items():
        if isinstance(value, UploadFile):
            value.file.seek(0)


class PageRouter(APIRouter):
    """The pages of one noun, below a prefix.

    The application takes their routes as they are: to include a router makes each of them a second time, which takes
    as much memory again.
    """

    def __init__(self, prefix: str = "", guard: Callable[[Request], AsyncIterator[None]] = guard) -> None:
        super().__init__(prefix=prefix, dependencies=[Depends(guard)])

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **told: Any) -> None:
        """A page at a path; it begins anew when the transactions of others were in the way of what it writes."""
        super().add_api_route(path, _once_more(endpoint), **told)
