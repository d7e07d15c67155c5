"""Language and theme: kept with the account, or in the browser of a visitor."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import accounts
from engine.errors import Problem, Refused
from engine.settings import LANGUAGES
from engine.text import _
from web.addresses import own_path
from web.dependencies import SiteHere
from web.render import redirect
from web.routes import PageRouter
from web.visit import LANGUAGE, THEME, visit_of

router = PageRouter()


@router.post("/preferences")
def choose(
    request: Request,
    site: SiteHere,
    language: Annotated[str | None, Form()] = None,
    theme: Annotated[str | None, Form()] = None,
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Set the one that is given and go back."""
    if language not in (None, "", *LANGUAGES) or theme not in (None, "", *accounts.THEMES):
        raise Refused([Problem("/language", _("Choose one of the list."), "unknown")])
    visit = visit_of(request)
    response = redirect(request, own_path(next))
    for word, value in ((LANGUAGE, language), (THEME, theme)):
        if value is not None:
            visit.remember(response, word, value)
    if visit.session:
        person = visit.session.person
        accounts.change_person(
            site.stores,
            person.id,
            name=person.name,
            language=person.language if language is None else language,
            theme=person.theme if theme is None else theme,
        )
    return response
