"""Commands about shares: links by which strangers see a view or a record."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from engine import feeds, people, shares
from engine.cli.accounts import read_password
from engine.cli.here import IN_WORKSPACE, FileName, Instants, InWorkspace
from engine.text import _


def create(
    table: str,
    /,
    *,
    view: str = "",
    record: str = "",
    name: str = "",
    days: int = 30,
    password_file: FileName = "",
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Make a link by which anybody sees a view, or one record, as the person sees it whom --as names.

    Standard output has the link alone. It is shown this once.

    For example:

        formwork share create crm.accounts --view open --days 7
        formwork share create crm.accounts --record rec0NqXk3hQe7ZbC --password-file - < password

    Parameters
    ----------
    table
        Address of the table, such as crm.accounts.
    view
        Key of the view. Without it: the table's first view.
    record
        Id of the one record that is shown, with the fields of the view.
    name
        To find it again in the list.
    days
        How long it counts; 0: until it is revoked.
    password_file
        File with a password that must be typed first, in its first line; - is standard input.
    """
    password = read_password(here, password_file) if password_file else ""
    with here.write() as session:
        chosen = view or next(iter(session.layout.table(table).views))
        made, token = shares.create(
            session, table, chosen, record=record, name=name, password=password, days=days or None
        )
        calendar = feeds.has_feed(session.layout.table(table).views[chosen]) and not (record or password)
    link = f"{here.settings.public_url}/s/{token}"
    feed = {"feed": f"{link}/calendar.ics"} if calendar else {}
    here.say(link, link=link, **feed, **vars(made))
    if feed:
        here.note(_("A calendar program subscribes to {feed}", **feed))
    until = here.told(made.expires_at) if made.expires_at else _("it is revoked")
    here.note(_("It is shown this once and counts until {until}. Whoever has it sees what it shows.", until=until))


def list_shares(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the links of the workspace for owners and builders, else one's own; newest first.

    For example:

        formwork share list
    """
    with here.read() as session:
        found = shares.belonging_to(session)
        names = people.names(session)
    rows = [{**vars(one), "maker": names.get(one.made_by, one.made_by)} for one in found]
    headings = {"id": "Id", "name": "Name", "table": "Table", "view": "View", "record": "Record", "maker": "From"}
    headings |= {"expires_at": Instants("Expires"), "last_opened_at": Instants("Last opened"), "openings": "Openings"}
    here.table(rows, headings, _("Nothing is shared by a link."))


def change(
    share: str,
    /,
    *,
    name: str | None = None,
    days: int | None = None,
    password_file: FileName = "",
    no_password: Annotated[bool, Parameter(negative="")] = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Give a link another name, end or password. What is not said stays.

    For example:

        formwork share change shr0NqXk3hQe7ZbC --days 30 --no-password

    Parameters
    ----------
    share
        Its id, as `formwork share list` prints it.
    name
        To find it again in the list.
    days
        How long it counts from now on; 0: until it is revoked.
    password_file
        File with the password that must be typed first, in its first line; - is standard input.
    no_password
        The link alone is enough.
    """
    password = read_password(here, password_file) if password_file else "" if no_password else None
    with here.write() as session:
        shares.change(session, share, name=name, password=password, days=days or None, forever=days == 0)
    here.say(_("Saved."), id=share)


def revoke(share: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Let a link lead nowhere: from the next request on nobody sees anything by it.

    For example:

        formwork share revoke shr0NqXk3hQe7ZbC

    Parameters
    ----------
    share
        Its id, as `formwork share list` prints it.
    """
    with here.write() as session:
        shares.revoke(session, share)
    here.say(_("The link leads nowhere any more."), id=share)
