"""Apps as one file: taken along with their records and files, and brought in from such a file, in the background.

Each has an address of its own, so a page can be left and come back to; it asks again every second while it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from engine import apps, archives, people
from engine.archives import Wanted, Wishes, transfers
from engine.archives.leaving import SORTS, WHERE_WANTED
from engine.archives.transfers import Transfer
from engine.errors import Problem, Refused
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere, check_proof
from web.handing_over import from_disk
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}")

PIECE = 2**18
MOST_TOLD = 30  # problems that the page shows


@router.get("/apps/{app}/-/archives/new")
def ask_out(request: Request, place: In, app: str) -> Response:
    """What comes along and what stays behind."""
    with place.read() as session:
        of = apps.get(session, app)
        counted = archives.counted(session, app)
    sorts = {key: (says, counted.get(key, 0)) for key, says in SORTS.items()}
    wanted = {key: one for key, one in sorts.items() if key in WHERE_WANTED}
    left = [one for key, one in sorts.items() if key not in WHERE_WANTED and one[1]]
    return page(request, "archives/take.html", app=of, wanted=wanted, left=left)


@router.post("/apps/{app}/-/archives")
def take(request: Request, place: In, site: SiteHere, form: FormHere, app: str) -> Response:
    """Make the archive; its page then offers it."""
    check_proof(request, place.at.inside(app, "archives", "new"))
    with place.write() as session:
        held = transfers.start_out(session, app, Wanted(**{one: form.get(one) == "yes" for one in WHERE_WANTED}))
    return _begin(request, place, site, held)


@router.get("/archives")
def show(request: Request, place: In) -> Response:
    """What was taken along and brought in lately."""
    with place.read() as session:
        found, names = transfers.listed(session), people.names(session)
    return page(request, "archives/list.html", transfers=found, names=names)


@router.get("/archives/new")
def ask_in(request: Request, place: In) -> Response:
    """Which file, and under which key."""
    place.only("owner", "builder")
    return page(request, "archives/new.html", wishes=Wishes(), errors={})


@router.post("/archives")
def bring(request: Request, place: In, site: SiteHere, form: FormHere) -> Response:
    """Keep the file and begin to bring its app in."""
    place.only("owner", "builder")
    file, wishes = form.get("file"), _wishes(form)
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused([Problem("/file", _("Choose a file first."), "required")])
        held = transfers.start_in(place.store, place.principal, _pieces(file.file), file.filename, wishes)
    except Refused as refused:
        errors = {"file": [one.says for one in refused.problems]}
        return page(request, "archives/new.html", status=422, wishes=wishes, errors=errors)
    return _begin(request, place, site, held)


@router.get("/archives/{archive}")
def show_one(request: Request, place: In, site: SiteHere, archive: str) -> Response:
    """How far it is, what came of it, or what is in the way."""
    job = site.background.under_way(archive)
    with place.read() as session:
        held = transfers.get(session, archive)
        app = session.layout.apps.get(held.app) if held.state == "done" else None
        at_key = [one for one in held.problems if one.at == "/key"]
        context: dict[str, Any] = {"app": app, "wishes": held.wishes, "key_wrong": at_key[0].says if at_key else ""}
    problems = [one for one in held.problems if one.at != "/key"]
    told, more = problems[:MOST_TOLD], max(0, len(problems) - MOST_TOLD)
    left = list(archives.set_aside(held.brought) if held.way == "in" else ())
    context |= {"problems": [(_place_of(one), one.says) for one in told], "more": more, "left": left}
    failure = site.background.failure(archive) if held.state == "waiting" else ""
    return page(request, "archives/transfer.html", held=held, job=job, failure=failure, **context)


@router.post("/archives/{archive}/runs")
def run(request: Request, place: In, site: SiteHere, form: FormHere, archive: str) -> Response:
    """Begin, or begin anew, with what is wished for now."""
    with place.write() as session:
        held = transfers.get(session, archive)
        if held.way == "in":
            held = transfers.change_wishes(session, archive, _wishes(form))
    return _begin(request, place, site, held)


@router.post("/archives/{archive}/cancellation")
def cancel(request: Request, place: In, archive: str) -> Response:
    """Stop what goes on; nothing of it is kept."""
    with place.read() as session:
        transfers.cancel(session, archive)
    return redirect(request, place.at.page("archives", archive), Toast(_("It stops. Nothing is changed.")))


@router.post("/archives/{archive}/deletion")
def discard(request: Request, place: In, archive: str) -> Response:
    """Forget it, and its file; an app that it brought stays."""
    with place.write() as session:
        held = transfers.discard(session, archive)
    return redirect(request, place.at.page("archives"), Toast(_("Discarded {name}.", name=held.name)))


@router.post("/archives/{archive}/undo")
def undo(request: Request, place: In, archive: str) -> Response:
    """Take the app out again that was brought in."""
    with place.write() as session:
        held = transfers.undo(session, archive)
    says = _("{app} is out again. It is in the trash, with its records.", app=held.label)
    return redirect(request, place.at.page("archives", archive), Toast(says))


@router.get("/archives/{archive}/file")
def fetch(request: Request, place: In, archive: str) -> Response:
    """The archive that was made."""
    check_proof(request, place.at.page("archives", archive))
    with place.read() as session:
        held = transfers.get(session, archive)
        path = transfers.file_of(session, archive)
    return from_disk(path, held.name, archives.MEDIA_TYPE)


def _begin(request: Request, place: Place, site: Site, held: Transfer) -> Response:
    def act() -> Transfer:
        return transfers.carry_out(place.store, place.principal, held.id, site.file_limits)

    site.background.start(held.id, held.way, act)
    return redirect(request, place.at.page("archives", held.id))


def _wishes(form: FormData) -> Wishes:
    key = str(form.get("key") or "").strip()
    return Wishes(key, holders=form.get("holders") == "yes", despite_rules=form.get("despite_rules") == "yes")


def _place_of(problem: Problem) -> str:
    """Where it stands, for people: `orders / rec… / amount`."""
    return " / ".join(problem.at.removeprefix("/records").strip("/").split("/"))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)  # it may begin anew, when somebody was in the way
    while piece := file.read(PIECE):
        yield piece
