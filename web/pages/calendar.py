"""The business calendar of a workspace: the hours of the week, holidays, days worked instead."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import business_calendar
from engine.errors import Problem, Refused
from engine.formulas.calendar import WEEKDAYS
from engine.text import _
from web.dependencies import FormHere, In
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/calendar")


@router.get("")
def show(request: Request, place: In) -> Response:
    """The calendar; owners and builders may change it."""
    with place.read() as session:
        document = business_calendar.get(session)
    days = business_calendar.shown_days(document)
    may_change = place.membership.role in ("owner", "builder")
    return page(
        request, "calendar/calendar.html", hours=document.hours, days=days, errors={}, wrong=[], may_change=may_change
    )


@router.post("")
def change(request: Request, place: In, form: FormHere) -> Response:
    """Set it. What is wrong comes back beside what was typed."""
    hours = {weekday: str(form.get(weekday, "")) for weekday in WEEKDAYS}
    days = str(form.get("days", ""))
    try:
        with place.write() as session:
            business_calendar.change(session, hours, days)
    except Refused as refused:
        errors = {one.at.rpartition("/")[2]: one.says for one in refused.problems if one.at.startswith("/hours/")}
        wrong = [(_line_of(one), one.says) for one in refused.problems if one.at.startswith("/days")]
        return page(
            request, "calendar/calendar.html", status=422, hours=hours, days=days, errors=errors, wrong=wrong,
            may_change=True,
        )  # fmt: skip
    return redirect(request, place.at.page("calendar"), Toast(_("The calendar is changed.")))


def _line_of(problem: Problem) -> int | None:
    """The line that the problem is about, as people count lines."""
    at = problem.at.removeprefix("/days").removeprefix("/")
    return int(at) + 1 if at else None
