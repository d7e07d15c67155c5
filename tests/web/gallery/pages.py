"""Routes of the gallery: they read the CRM of a workspace and show it with the macros that pages use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import queries, records, totals, views
from engine.definitions.language import Table, View
from engine.formulas.aggregates import AGGREGATES
from engine.people import names as people_names
from engine.queries import Query
from engine.storage.session import Session
from engine.text import Text, _
from web.dependencies import In, Place
from web.fields import Shown, shown_field, shown_fields
from web.histories import Told
from web.render import page, wrong
from web.routes import PageRouter
from web.views.grid import Total

router = PageRouter(prefix="/w/{workspace}/gallery")

DEALS = "crm.opportunities"


@dataclass(frozen=True)
class Tab:
    label: str
    icon: str
    href: str
    here: bool


@router.get("/grid")
def grid(request: Request, place: In, height: str = "short") -> Response:
    return page(request, "gallery/grid.html", **_grid(place, height))


@router.post("/cells/{record}")
async def cell(request: Request, place: In, record: str) -> Response:
    form = await request.form()
    values = {key: str(value) for key, value in form.items() if key != "form_token"}
    if any("," in value for value in values.values()):
        return wrong(request, "Amount must be a number, such as 1234.50.")
    with place.write() as session:
        records.update(session, DEALS, {record: values}, reading="text")
    context = _grid(place, "short")
    found = next(one for one in context["records"] if one.id == record)
    return page(request, "gallery/grid.html", block="line", record=found, **context)


@router.get("/kanban")
def kanban(request: Request, place: In) -> Response:
    with place.read() as session:
        table = session.layout.table(DEALS)
        view = View("board", "kanban", "Pipeline", {"by": "stage", "sum": "amount"})
        stacks = views.stacks(session, table, view, Query(DEALS, sort=["-amount"]))
        fields = shown_fields(session.layout, table, ["title", "account", "amount", "close", "owner"])
        found = [record for stack in stacks for record in stack.records]
        context: dict[str, Any] = {
            "stacks": stacks,
            "fields": fields,
            "names": _names(session, table, fields, found),
            "total": shown_field(session.layout, table.fields["amount"]),
        }
    return page(request, "gallery/kanban.html", tabs=_tabs(place, "kanban"), **context)


@router.post("/moves/{record}")
def move(request: Request, place: In, record: str) -> Response:
    return wrong(request, "")


@router.get("/records/{record}")
def record(request: Request, place: In, record: str, wrong: bool = False) -> Response:
    with place.read() as session:
        table = session.layout.table(DEALS)
        found = records.get(session, DEALS, record) if record != "any" else _some(session)
        fields = shown_fields(session.layout, table)
        names = _names(session, table, fields, [found])
        people = people_names(session)
    values = found.values | ({"amount": "12,,5"} if wrong else {})
    errors = {"amount": "Amount must be a number, such as 1234.50."} if wrong else {}
    links = {"account": {"search": place.at.page("gallery", "titles")}}
    return page(
        request,
        "gallery/record.html",
        record=found,
        fields=fields,
        values=values,
        errors=errors,
        names=names,
        offered={"people": people},
        links=links,
        history=_history(place, fields),
    )


@router.get("/titles")
def titles(request: Request, place: In, q: str = "") -> Response:
    with place.read() as session:
        found = queries.find_titles(session, "crm.accounts", q)
    return page(request, "gallery/titles.html", block="found", found=found)


@router.get("/pieces")
def pieces(request: Request, place: In) -> Response:
    return page(request, "gallery/pieces.html")


def _grid(place: Place, height: str) -> dict[str, Any]:
    with place.read() as session:
        table = session.layout.table(DEALS)
        fields = shown_fields(session.layout, table)
        query = Query(DEALS, sort=["-amount"], limit=100)
        found = records.find(session, query).records
        amount = shown_field(session.layout, table.fields["amount"])
        (total,) = totals.totals(session, Query(DEALS), [("sum", "amount")])
        return {
            "fields": fields,
            "records": found,
            "names": _names(session, table, fields, found),
            "offered": {"people": people_names(session)},
            "tabs": _tabs(place, "grid"),
            "total": Total(AGGREGATES["sum"].label, amount, total),
            "height": height,
        }


def _tabs(place: Place, here: str) -> list[Tab]:
    kinds = (("grid", "All opportunities", "table"), ("kanban", "Pipeline", "layout-kanban"))
    return [Tab(label, icon, place.at.page("gallery", kind), kind == here) for kind, label, icon in kinds]


def _some(session: Session) -> records.Record:
    return records.find(session, Query(DEALS, sort=["-amount"], limit=1)).records[0]


def _names(session: Session, table: Table, fields: list[Shown], found: list[records.Record]) -> dict[str, Any]:
    names: dict[str, Any] = dict(people_names(session))
    for field in fields:
        target = table.fields[field.key].target
        if target:
            held = [record.values.get(field.key) for record in found]
            ids = {one for value in held if value for one in ([value] if isinstance(value, str) else value)}
            titles = queries.titles(session, target, sorted(ids))
            names |= {id: {"title": title, "href": f"#{id}"} for id, title in titles.items()}
    return names


def _history(place: Place, fields: list[Shown]) -> list[Told]:
    stage, amount = (next(one for one in fields if one.key == key) for key in ("stage", "amount"))
    acts: list[tuple[Text, str, list[tuple[Shown, Any, Any]]]] = [
        (_("changed"), "2026-11-21T09:30:00.000Z", [(stage, "offer", "negotiation")]),
        (_("changed"), "2026-11-14T15:02:00.000Z", [(amount, None, 48_000)]),
        (_("created it"), "2026-10-02T08:00:00.000Z", []),
    ]
    return [Told(place.person.name, place.person.id, True, *act, "trx00000000000000") for act in acts]
