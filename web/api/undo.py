"""Taking back what one act did: its transaction, as history names it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import undo
from web.api.answering import Endpoints, answered
from web.api.callers import Caller
from web.api.shapes import TEXT, WHOLE, shape

router = Endpoints("/meta/transactions")


@router.on("POST", "/{transaction}/undo", shape(id=TEXT, transactionId=TEXT, recordCount=WHOLE))
async def undo_transaction(request: Request, transaction: str) -> Response:
    """Take back all that a transaction did; 409 when somebody changed one of its values since, and nothing happens.

    `transactionId` is the one that did this: taking it back does again what was undone.
    """
    return await answered(request, _undo, transaction)


def _undo(caller: Caller, transaction: str) -> Any:
    with caller.write(cause=f"undo:{transaction}") as session:
        count = undo.undo(session, transaction)
        return {"id": transaction, "transactionId": session.transaction_id, "recordCount": count}
