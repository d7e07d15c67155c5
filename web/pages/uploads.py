"""Files that are uploaded while a form is being filled in: kept, and shown in the form before it is saved."""

from __future__ import annotations

from starlette.responses import JSONResponse

from engine.errors import Problem, Refused
from engine.text import _
from web.attached import attached
from web.dependencies import FormHere, In, SiteHere
from web.formats import size
from web.routes import PageRouter
from web.texts import say
from web.uploads import keep, uploads_in

router = PageRouter(prefix="/w/{workspace}/uploads")


@router.post("")
def upload(place: In, site: SiteHere, form: FormHere) -> JSONResponse:
    """Keep one file; what it is now known as, for the script that draws it. 422: why it was not taken."""
    try:
        given = uploads_in(form)
        if len(given) != 1:
            raise Refused([Problem("/file", _("Choose a file first."), "required")])
        file = attached(place.at, keep(site, place.store, place.principal, given[0]))
    except Refused as refused:
        return JSONResponse({"problem": say(refused.problems[0].says)}, 422)
    return JSONResponse(
        {"id": file.id, "name": file.title, "href": file.href, "small": file.small, "icon": file.icon,
         "size": size(file.size)}
    )  # fmt: skip
