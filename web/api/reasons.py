"""Who may see, change and delete a record, and why somebody may or may not; for owners and builders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import accounts, people, roles, why
from engine.access import door
from engine.access.principals import Principal, holding
from engine.storage.session import Session
from engine.why import Access, told
from web.api.answering import Endpoints, answered, whole_number
from web.api.callers import Caller
from web.api.naming import names_of, table_named
from web.api.paths import name_in
from web.api.shapes import ANYTHING, PAGE, TEXT, TEXTS, array, asked, shape
from web.api.writing import check_id

router = Endpoints("/{app}/{table}/{record}/access")

_WHOM = [*PAGE, asked("person"), asked("roles", TEXTS), asked("field")]


PAGE_SIZE = 100


@router.on("GET", "", shape({"access": array(ANYTHING), "verdicts": array(ANYTHING), "offset": TEXT}), query=_WHOM)
async def list_access(request: Request, app: str, table: str, record: str) -> Response:
    """What everybody may do with the record, a page of them.

    With `person` (an id or an e-mail address) or `roles` (one or several) why, and with `field` why they may see and
    set a field of it.
    """
    return await answered(request, _list, app, name_in(table), record, request.query_params.multi_items())


def _list(caller: Caller, app: str, table: str, record: str, pairs: Sequence[tuple[str, str]]) -> Any:
    asked = dict(pairs)
    off = accounts.switched_off(caller.site.stores, caller.holder.workspace_id)
    door.enter_builder(caller.principal)
    with caller.read() as session:
        of = table_named(session.layout, app, table)
        whom = _whom(session, asked.get("person", ""), [value for name, value in pairs if name == "roles"])
        if whom is None:
            size = whole_number(asked, "pageSize", least=1, most=PAGE_SIZE) or PAGE_SIZE
            after = asked.get("offset", "")
            found = why.everybody(session, of.address, check_id(record), off=off, after=after, most=size + 1)
            page: dict[str, Any] = {"access": [_access(one) for one in found[:size]]}
            return page | ({"offset": found[size - 1].person.id} if len(found) > size else {})
        if name := asked.get("field"):
            key = names_of(session.layout, of, session.workspace.language).key(name)
            answer = why.of_field(session, of.address, check_id(record), key, whom, off=off)
        else:
            answer = why.of_record(session, of.address, check_id(record), whom, off=off)
        return {"verdicts": told.facts(answer, session.workspace.language)}


def _whom(session: Session, person: str, held: Sequence[str]) -> Principal | None:
    """Raises `NotFound`."""
    by_email = {one.email: one.id for one in people.everybody(session)}
    user_id = by_email.get(person.strip().lower(), person)
    if held:
        return holding([roles.get(session, one).address for one in held], user_id or None)
    return why.of_person(session, user_id) if user_id else None


def _access(one: Access) -> dict[str, Any]:
    return {
        "id": one.person.id,
        "email": one.person.email,
        "name": one.person.name,
        "roles": [role.address for role in one.roles],
        "everything": one.everything,
        "may": one.may,
    }
