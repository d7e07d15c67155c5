"""What a link may lead to that is limited by what the record holds, or leads to any of several tables: what its input
searches.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import limits, queries
from engine.definitions.language import Field
from engine.errors import NotFound
from engine.storage.session import Session
from engine.text import _
from web.dependencies import In
from web.render import is_htmx, page
from web.routes import PageRouter

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/choices")


@router.get("/{field}")
def find(request: Request, place: In, app: str, table: str, field: str, q: str = "") -> Response:
    """Records to choose from; the other parameters are what fields of the record hold (`?account=rec...`)."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        if field not in of.fields or not of.fields[field].is_link:
            raise NotFound(_("There is no field {field} here.", field=field))
        if of.fields[field].kind.of_any_table:
            return _of_any_table(request, session, of.fields[field], q, may_write=place.principal.role != "guest")
        found = limits.choices(session, of.address, field, dict(request.query_params), q)
        target = session.layout.table(of.fields[field].target or "")
    block = "found" if is_htmx(request) else None
    return page(request, "records/titles.html", block=block, table=target, found=found, new="")


def _of_any_table(request: Request, session: Session, field: Field, q: str, *, may_write: bool) -> Response:
    """Records of all the tables; or of the one that `in` names, where one can be made by its name, too."""
    only = request.query_params.get("in", "")
    tables = [session.layout.table(address) for address in field.targets if only in ("", address)]
    by_address = {one.address: one for one in tables}
    found = [
        (by_address[address], record_id, name)
        for address, record_id, name in queries.find_titles_in(session, by_address, q)
    ]
    makes = may_write and len(tables) == 1 and tables[0].fields[tables[0].title].writable
    known = q.strip().casefold() in {name.casefold() for _table, _id, name in found}
    new = q.strip() if makes and not known else ""
    return page(
        request, "records/titles.html", block="of_any", found=found, table=tables[0] if makes else None, new=new
    )
