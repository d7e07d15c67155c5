"""What a share shows, to whoever has its address: a view or a record, to be read only.

No cookie of a session is read. A share with a password lets in whoever has the cookie that typing it left: signed
for this share and this password, so that it opens nothing else and dies with either. Whatever is wrong with a link,
the answer is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, RedirectResponse, Response

from engine import feeds, files, pictures, records, shares
from engine.access.principals import Principal
from engine.definitions.language import Table
from engine.errors import Forbidden, NotFound, Problem, Refused, TooOften, Unavailable
from engine.shares import Opened
from engine.storage.session import Session
from engine.text import _
from web.addresses import At, SharedAt
from web.api import edges
from web.asked import Asked, read
from web.dependencies import FormHere, SiteHere
from web.fields import shown_fields
from web.handing_over import handed_over
from web.lines import lines_to_read
from web.names import names_of
from web.pages.files import PRIVATE
from web.rate import told
from web.render import asks_for, is_htmx, page
from web.routes import PageRouter, public_guard
from web.site import Site
from web.views import Looking, drawings, kanban, looking
from web.visit import visit_of
from web.whole_numbers import Number

router = PageRouter(prefix="/s/{token}", guard=public_guard)

UNLOCKED = 12 * 3600  # seconds that a typed password counts
NOINDEX = {"X-Robots-Tag": "noindex"}


@dataclass(frozen=True)
class Here:
    """What the link leads to, seen by whoever has it."""

    share: Opened
    at: SharedAt

    @property
    def principal(self) -> Principal:
        """The share itself."""
        return self.share.principal

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads. What the person who made the share may not see (any more) leads nowhere."""
        try:
            with self.share.store.read(self.principal) as session:
                yield session
        except (NotFound, Forbidden):
            raise _nowhere() from None

    def looking(self, session: Session, asked: Asked) -> Looking:
        """The view, with the search, the order, the page and the days of the address; nothing else may be asked."""
        app, _dot, table = self.share.shared.table.partition(".")
        asks = Asked(search=asked.search, sort=asked.sort, page=asked.page, day=asked.day, span=asked.span)
        return looking(session, self, app, table, self.share.shared.view, asks)


def here(request: Request, site: SiteHere, token: str) -> Here:
    """Raises `NotFound`, also for an address with what PostgreSQL takes in no text."""
    if "\0" in request.url.path or any("\0" in part for pair in request.query_params.multi_items() for part in pair):
        raise _nowhere()
    found = shares.opened(site.stores, token)
    return Here(found, SharedAt(found.store.id, At.share(token), found.shared.table))


HereByLink = Annotated[Here, Depends(here)]


@router.get("")
def show(request: Request, site: SiteHere, of: HereByLink, record: str = "") -> Response:
    """The view, with the record that is open over it, or the one record; or the question for the password."""
    if not _is_unlocked(request, site, of):
        return _answer(request, "shares/password.html", of=of, wrong=None)
    if of.share.shared.record:
        return _one(request, site, of)
    with of.read() as session:
        at = of.looking(session, read(request.query_params))
        sheet = _sheet(at, record, alone=False) if record else None
        context = {"of": of, "at": of.at, "sheet": sheet, "looking": at, "asked": at.asked}
        if not asks_for(request, "panel"):
            context |= _context(at)
    return _counted(request, site, of, _answer(request, "shares/view.html", **context))


@router.post("")
def unlock(request: Request, site: SiteHere, of: HereByLink, form: FormHere) -> Response:
    """The password that was typed; if it is right, this browser sees what is shown until the day is over."""
    wrong: Refused | None = None
    if of.share.password_hash is not None:
        address = visit_of(request).device.address
        try:
            if not shares.unlock(site.stores, of.share, str(form.get("password", "")), address):
                wrong = Refused([Problem("/password", _("This is not the password."), "wrong")])
        except TooOften as too_often:
            wrong = too_often
    if wrong is not None:
        answer = _answer(request, "shares/password.html", status=422, of=of, wrong=wrong.problems[0])
        return told(answer, wrong)
    response = RedirectResponse(of.at.of, 303, headers=NOINDEX)
    signed = site.signer.token(_purpose(of.share))
    site.cookies.write(response, _cookie(of.share), signed, UNLOCKED)
    return response


@router.get("/stacks")
def stacks(request: Request, site: SiteHere, of: HereByLink, stack: str = "", start: Number = 0) -> Response:
    """More cards of one stack."""
    _check_unlocked(request, site, of)
    with of.read() as session:
        at = of.looking(session, read(request.query_params))
        if at.view.type != "kanban":
            raise _nowhere()
        context = kanban.more_cards(at, stack, start)
    block = "cards" if is_htmx(request) else None
    return _answer(request, "shares/cards.html", block=block, of=of, at=of.at, looking=at, **context)


@router.get("/calendar.ics")
def feed(request: Request, site: SiteHere, of: HereByLink) -> Response:
    """A calendar for programs that fetch it by themselves. One with a password has none: they would not type it."""
    _check_unlocked(request, site, of)
    with of.read() as session:
        body = feeds.of_share(session, of.share)
    tag = edges.tag_of(body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", **NOINDEX}
    if edges.names(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return _counted(request, site, of, Response(body, headers=headers, media_type="text/calendar; charset=utf-8"))


@router.get("/files/{file}")
def download(request: Request, site: SiteHere, of: HereByLink, file: str) -> Response:
    """A file that a record holds in a field that is shown."""
    _check_unlocked(request, site, of)
    with of.read() as session:
        found = shares.file(session, file)
    return handed_over(found, files.path_of(of.share.store, found.id))


@router.get("/files/{file}/{size}")
def picture(request: Request, site: SiteHere, of: HereByLink, file: str, size: str) -> Response:
    """A small picture of it."""
    _check_unlocked(request, site, of)
    with of.read() as session:
        found = shares.file(session, file)
    if size not in found.small:
        raise _nowhere()
    path = files.path_of(of.share.store, found.id, size)
    return FileResponse(path, media_type=pictures.type_of(path), headers={"Cache-Control": PRIVATE})


def _one(request: Request, site: Site, of: Here) -> Response:
    with of.read() as session:
        at = of.looking(session, Asked())
        sheet = _sheet(at, of.share.shared.record, alone=True)
    answer = _answer(request, "shares/record.html", of=of, at=of.at, sheet=sheet, looking=at)
    return _counted(request, site, of, answer)


def _sheet(at: Looking, record: str, *, alone: bool) -> dict[str, Any]:
    """A record with the fields that are shown, the title apart; of a view also the ways to those beside it."""
    found = records.get(at.session, at.table.address, record)
    shown = [replace(one, editable=False) for one in shown_fields(at.session.layout, at.table, _keys(at.table))]
    before, after = ("", "") if alone else drawings[at.view.type].neighbours(at, record)
    return {
        "record": found,
        "title": next(one for one in shown if one.key == at.table.title),
        "fields": [one for one in shown if one.key != at.table.title],
        "names": names_of(at.session, at.place.at, at.table, _keys(at.table), [found.values]),
        "lines": lines_to_read(at.session, at.place.at, at.table, record),
        "before": before,
        "after": after,
        "close": at.address(),
    }


def _keys(table: Table) -> list[str]:
    return list(table.fields)


def _context(at: Looking) -> dict[str, Any]:
    return {
        "app": at.session.layout.apps[at.table.app],
        "table": at.table,
        "view": at.view,
        "fields": at.shown,
        "filters": at.filters,
        "icons": {at.view.key: "table"},
        "may_write": False,
        "may_create": False,
        "may_delete": False,
        "offered": {},
    } | drawings[at.view.type].content(at)


def _answer(request: Request, template: str, **context: Any) -> Response:
    response = page(request, template, **context)
    response.headers.update(NOINDEX)
    return response


def _counted(request: Request, site: Site, of: Here, answer: Response) -> Response:
    """Count an opening, unless it is the same visitor within a minute or a way further into the page.

    It is counted once the answer is on its way, so that nobody waits for those who write meanwhile.
    """
    client = visit_of(request).device.address
    if not is_htmx(request) and site.share_openings.allows(f"{of.share.id} {client}"):
        answer.background = BackgroundTask(_count, of.share)
    return answer


def _count(share: Opened) -> None:
    with suppress(Unavailable):
        shares.count_opening(share)


def _is_unlocked(request: Request, site: Site, of: Here) -> bool:
    if of.share.password_hash is None:
        return True
    cookie = site.cookies.read(request, _cookie(of.share))
    return site.signer.read(_purpose(of.share), cookie, UNLOCKED) is not None


def _check_unlocked(request: Request, site: Site, of: Here) -> None:
    if not _is_unlocked(request, site, of):
        raise _nowhere()


def _cookie(share: Opened) -> str:
    return f"share-{share.id}"


def _purpose(share: Opened) -> str:
    return f"share {share.id} {share.password_hash}"


def _nowhere() -> NotFound:
    return NotFound(_("This link does not lead anywhere (any more)."))
