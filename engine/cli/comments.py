"""Commands about comments on records."""

from __future__ import annotations

from engine import comments, people
from engine.cli.here import IN_WORKSPACE, Instants, InWorkspace
from engine.cli.naming import find_table
from engine.text import _


def list_comments(table: str, record: str, /, *, limit: int = 100, here: InWorkspace = IN_WORKSPACE) -> None:
    """List what was said about a record, newest first.

    For example:

        formwork comment list crm.accounts rec0NqXk3hQe7ZbC

    Parameters
    ----------
    table
        Address of the table, such as crm.accounts.
    record
        Its id.
    limit
        How many at most.
    """
    with here.read() as session:
        of = find_table(session.layout, table)
        found = comments.of_record(session, of.address, record, limit=limit).comments
        names = people.names(session)
    rows = [
        {**vars(one), "who": names.get(one.author, one.author), "says": comments.plain(one.text, names)}
        for one in found
    ]
    headings = {"id": "Id", "created_at": Instants("When"), "who": "Who", "says": "Text"}
    here.table(rows, headings, _("Nothing was said about this record."))


def add(table: str, record: str, text: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Say something about a record.

    Write @ and a name or an address to tell somebody.

    For example:

        formwork comment add crm.accounts rec0NqXk3hQe7ZbC "Called them, @bo@example.com"

    Parameters
    ----------
    table
        Address of the table, such as crm.accounts.
    record
        Its id.
    text
        What to say.
    """
    with here.write() as session:
        of = find_table(session.layout, table)
        made = comments.add(session, of.address, record, comments.with_mentions(session, text))
    here.say(_("Added the comment {id}.", id=made.id), **vars(made))


def change(table: str, record: str, comment: str, text: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Say something else in a comment of one's own; what it said before is kept.

    For example:

        formwork comment change crm.accounts rec0NqXk3hQe7ZbC com0tqN3kXhQe7ZbC "Called them twice"

    Parameters
    ----------
    table
        Address of the table, such as crm.accounts.
    record
        Its id.
    comment
        Id of the comment, as `formwork comment list` prints it.
    text
        What to say.
    """
    with here.write() as session:
        of = find_table(session.layout, table)
        made = comments.change(session, of.address, record, comment, comments.with_mentions(session, text))
    here.say(_("Changed the comment {id}.", id=made.id), **vars(made))


def delete(table: str, record: str, comment: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take a comment away: one's own, or as an owner anybody's.

    For example:

        formwork comment delete crm.accounts rec0NqXk3hQe7ZbC com0tqN3kXhQe7ZbC

    Parameters
    ----------
    table
        Address of the table, such as crm.accounts.
    record
        Its id.
    comment
        Id of the comment, as `formwork comment list` prints it.
    """
    with here.write() as session:
        of = find_table(session.layout, table)
        comments.delete(session, of.address, record, comment)
    here.say(_("Deleted the comment {id}.", id=comment), id=comment)
