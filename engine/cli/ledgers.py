"""Commands about ledgers: reversing entries, and what entries add up to."""

from __future__ import annotations

from engine import ledgers
from engine.cli.here import IN_WORKSPACE, InWorkspace, WrongUse
from engine.cli.naming import field_keys, find_table, listed
from engine.showing import Shown
from engine.text import _


def reverse(table: str, /, *ids: str, here: InWorkspace = IN_WORKSPACE) -> None:
    """Enter the opposite of entries of a ledger, dated today and linked to them.

    For example:

        formwork ledger reverse stock.entries rec0tqN3kXhQe7ZbC

    Parameters
    ----------
    table
        Its address, such as stock.entries.
    ids
        The entries' ids.
    """
    if not ids:
        raise WrongUse(_("Say which entries: formwork ledger reverse {table} rec...", table=table))
    with here.write() as session:
        made = ledgers.reverse(session, find_table(session.layout, table).address, ids)
    here.say(_("Reversed by {ids}.", ids=", ".join(made)), ids=made)


def balances(table: str, /, *, by: str = "", as_of: str = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Say what the entries of a ledger add up to.

    For example:

        formwork ledger balances stock.entries --by item --as-of 2026-03-31

    Parameters
    ----------
    table
        Its address, such as stock.entries.
    by
        The field that the entries are grouped by.
    as_of
        Entries dated until this day count; all when not given.
    """
    with here.read() as session:
        of = find_table(session.layout, table)
        by = next(iter(field_keys(session.layout, of, listed([by]))), "")
        found = ledgers.balances(session, of.address, by or None, as_of or None)
        rows = [{**({by: one.value} if by else {}), "count": one.count, **one.amounts} for one in found]
        if here.json:
            here.document(rows)
            return
        shown = Shown(session, of, [*([by] if by else []), *(of.rules.ledger.amounts if of.rules.ledger else ())])
        texts = shown.rows(rows)
    here.table(
        [{**text, "count": row["count"]} for text, row in zip(texts, rows, strict=True)],
        {**shown.headings, "count": _("Entries")},
        _("There are no entries."),
    )
