"""The command about the business calendar."""

from __future__ import annotations

from dataclasses import asdict

from engine import business_calendar
from engine.business_calendar import Day, Document
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace
from engine.errors import Problem, Refused
from engine.text import _


def calendar(file: FileName | None = None, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Print the working hours and holidays as JSON; with a file, set them. Computed fields that use them follow.

    For example:

        formwork calendar > calendar.json
        formwork calendar calendar.json

    Parameters
    ----------
    file
        JSON: "hours" by weekday, such as {"monday": "09:00-12:00, 13:00-17:00"}, and "days" that differ, such as
        {"day": "2026-10-01", "hours": "", "label": "National Day"}.
    """
    if file is None:
        with here.read() as session:
            here.document(asdict(business_calendar.get(session)))
        return
    given = here.read_json(file)
    try:
        hours = {str(key): str(value) for key, value in given["hours"].items()}
        days = business_calendar.shown_days(Document(hours, [Day(**one) for one in given.get("days", [])]))
    except (TypeError, KeyError, AttributeError):
        says = _('This must be {"hours": {"monday": "09:00-17:00", ...}, "days": [{"day": "2026-10-01", ...}]}.')
        raise Refused([Problem("", says, "shape")]) from None
    with here.write() as session:
        business_calendar.change(session, hours, days)
    here.say(_("The calendar is changed."))
