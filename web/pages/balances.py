"""What the entries of a ledger add up to, by one of its fields, at the end of a day."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import ledgers
from engine.errors import NotFound
from engine.text import _
from web.dependencies import In
from web.fields import shown_field, shown_fields
from web.names import names_of
from web.render import page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/balances")


@router.get("")
def show(request: Request, place: In, app: str, table: str, by: str = "", as_of: str = "") -> Response:
    """The balances by the field `by` (the ledger's first when not said), up to the day `as_of` (all when not said)."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        if of.rules.ledger is None:
            raise NotFound(_("{table} is not a ledger.", table=of.label))
        by = by or next(iter(of.rules.ledger.by), "")
        found = ledgers.balances(session, of.address, by or None, as_of or None)
        whole = ledgers.balances(session, of.address, None, as_of or None)[0]
        names = names_of(session, place.at, of, [by], [{by: one.value} for one in found]) if by else {}
        shown = shown_field(session.layout, of.fields[by]) if by else None
        dimensions = shown_fields(session.layout, of, of.rules.ledger.by)
        amounts = shown_fields(session.layout, of, of.rules.ledger.amounts)
        label = session.layout.apps[app].label
    return page(
        request,
        "records/balances.html",
        table=of,
        app_label=label,
        by=shown,
        dimensions=dimensions,
        amounts=amounts,
        balances=found if by else [],
        whole=whole,
        as_of=as_of,
        names=names,
    )
