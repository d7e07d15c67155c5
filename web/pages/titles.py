"""The names of a table's records: what a link's input searches, and where it makes a record by its name alone."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import queries, records
from engine.access import door
from web.dependencies import FormHere, In
from web.render import is_htmx, page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/titles")


@router.get("")
def find(request: Request, place: In, app: str, table: str, q: str = "") -> Response:
    """Records whose name contains what is typed, to choose from."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        found = queries.find_titles(session, of.address, q)
        title = of.fields[of.title]
    known = q.strip().casefold() in {name.casefold() for _id, name in found}
    new = q.strip() if title.writable and not known and door.may(place.principal, "create", of) else ""
    block = "found" if is_htmx(request) else None
    return page(request, "records/titles.html", block=block, table=of, found=found, new=new)


@router.post("")
def create(request: Request, place: In, form: FormHere, app: str, table: str) -> Response:
    """Create a record that has only a name, and choose it."""
    name = str(form.get("title", ""))
    with place.write() as session:
        of = session.layout.table(f"{app}.{table}")
        (record,) = records.create(session, of.address, [{of.title: name}], reading="text")
    return page(request, "records/titles.html", block="made", record=record, name=name)
