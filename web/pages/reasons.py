"""Who may see, change and delete a record, and why somebody may or may not; for owners and builders."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import accounts, apps, guises, people, queries, roles, why
from engine.access import door
from engine.access.principals import Principal, holding
from engine.storage.session import Session
from web.dependencies import In, SiteHere
from web.reasons import reasons_of
from web.render import page
from web.routes import PageRouter
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/apps/{app}")

SHOWN = 50  # people on a page: of each the door is asked three times


@router.get("/-/access/records")
def find(request: Request, place: In, app: str, table: str = "", q: str = "", person: str = "") -> Response:
    """The records of the app to ask about, found by their names."""
    door.enter_builder(place.principal)
    with place.read() as session:
        held = apps.get(session, app)
        chosen = table if table in held.tables else next(iter(held.tables), "")
        found = queries.find_titles(session, held.tables[chosen].address, q) if chosen else []
        name = people.names(session).get(person, "")
    return page(request, "roles/records.html", app=held, table=chosen, q=q, found=found, whom=person, name=name)


@router.get("/{table}/records/{record}/access")
def show(
    request: Request,
    place: In,
    site: SiteHere,
    app: str,
    table: str,
    record: str,
    person: str = "",
    field: str = "",
    q: str = "",
    after: str = "",
) -> Response:
    """People with what they may do with the record; of a `person`, or of somebody with certain `roles`, why.

    Those whose name holds `q`, from the one after the person `after` on.
    """
    held = request.query_params.getlist("roles")
    address, off = f"{app}.{table}", accounts.switched_off(site.stores, place.membership.id)
    with place.read() as session:
        found = why.everybody(session, address, record, off=off, search=q, after=after, most=SHOWN + 1)
        everybody = found[:SHOWN]
        of = session.layout.table(address)
        whom = _asked_about(session, person, held)
        answer = whom and _answer(session, address, record, field, whom, off)
        return page(
            request,
            "roles/record.html",
            app=session.layout.apps[app],
            table=of,
            record=record,
            title=queries.titles(session, address, [record])[record],
            everybody=everybody,
            more=everybody[-1].person.id if len(found) > SHOWN else "",
            q=q,
            after=after,
            off=off,
            whom=whom,
            called=people.names(session).get(person, ""),
            roles_asked=held,
            field=of.fields.get(field),
            reasons=answer and reasons_of(session, place.at, of, answer, visit_of(request).reader.language),
            shown_as=guises.offered(place.principal, [one.person for one in everybody]),
        )


def _answer(session: Session, address: str, record: str, field: str, whom: Principal, off: set[str]) -> why.Answer:
    if field:
        return why.of_field(session, address, record, field, whom, off=off)
    return why.of_record(session, address, record, whom, off=off)


def _asked_about(session: Session, person: str, held: list[str]) -> Principal | None:
    """Raises `NotFound` for a person or a role that is not there."""
    if held:
        return holding([roles.get(session, one).address for one in held], person or None)
    return why.of_person(session, person) if person else None
