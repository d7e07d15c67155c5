"""Commands about forms: which there are, when strangers may send the public ones, and links to correct what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import forms, sendings
from engine.cli.here import IN_WORKSPACE, InWorkspace, WrongUse
from engine.text import _

ANY = "any"  # of an option: no limit


def list_forms(table: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the forms of a table, with what strangers can do with them now.

    For example:

        formwork form list crm.leads

    Parameters
    ----------
    table
        Address of the table, such as crm.leads.
    """
    with here.read() as session:
        of = session.layout.table(table)
        rows = []
        for one in of.forms.values():
            shut = sendings.closed(session, of, one) if one.public else None
            corrections = one.corrections.days if one.corrections else None
            state = _("inside only") if not one.public else shut.says if shut else _("open to everybody")
            facts = {"opens": one.opens, "closes": one.closes, "most": one.most, "corrections": corrections}
            rows.append({"form": one.key, "state": str(state), "public": one.public, **facts})
    headings = {"form": "Form", "state": "State", "opens": "Opens", "closes": "Closes", "most": "Most"}
    headings |= {"corrections": "Days to correct"}
    here.table(rows, headings, _("This table has no form of its own."))


def change(
    form: str,
    /,
    *,
    public: bool = False,
    inside: bool = False,
    opens: str = "",
    closes: str = "",
    most: str = "",
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Open a form to everybody or close it, and say when and how often strangers may send it. What is not said stays.

    For example:

        formwork form change crm.leads.enquiry --public --opens 2026-12-01T08:00 --closes 2026-12-31T17:00
        formwork form change crm.leads.enquiry --most 200 --closes any

    Parameters
    ----------
    form
        Address of the form: app, table, form.
    public
        Everybody with its link may send it.
    inside
        Nobody but people of the workspace may send it.
    opens
        From when on, in the workspace's time, such as 2026-12-01T08:00; any: at once.
    closes
        Until when; any: without an end.
    most
        How many records may come by it; any: without a limit.
    """
    table, _dot, key = form.rpartition(".")
    if table.count(".") != 1:
        raise WrongUse(_("Name the form with its app and table, such as crm.leads.enquiry."))
    options: dict[str, Any] = {"public": public} if public or inside else {}
    options |= _limits({"opens": opens, "closes": closes, "most": most})
    with here.write() as session:
        forms.change(session, table, key, options)
    here.say(_("Saved."), form=form)


def end_correction(table: str, record: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take back the link by which whoever sent a record by a public form may correct it.

    For example:

        formwork form end-correction crm.leads rec0NqXk3hQe7ZbC

    Parameters
    ----------
    table
        Address of the table.
    record
        Id of the record that came by the form.
    """
    with here.write() as session:
        sendings.revoke(session, table, record)
    here.say(_("The link leads nowhere any more."), record=record)


def _limits(said: Mapping[str, str]) -> dict[str, Any]:
    """What was said as options of the form; what is no number is refused by the definition's schema, at its place."""
    found: dict[str, Any] = {key: None if one == ANY else one for key, one in said.items() if one}
    most = found.get("most")
    return found | ({"most": int(most)} if most and most.isdecimal() and len(most) < 10 else {})
