"""A record: its page, which is also a panel over a view; a new one; saving and deleting it; its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import copies, queries, records, sendings, values
from engine.definitions.language import Table
from engine.errors import NotFound, Problem, Refused
from engine.storage.session import Session
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere
from web.histories import MOST, history_of
from web.lines import unseen
from web.render import is_htmx, page, redirect, told
from web.routes import PageRouter
from web.sheets import as_shown, by_field, new_sheet, sheet_of, typed_in
from web.toasts import Toast
from web.uploads import with_ids

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/records")


@router.get("/new")
def ask(request: Request, place: In, app: str, table: str) -> Response:
    """The form for a new record; the address may say what it begins with (`?account=rec...`)."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        given = {key: value for key, value in request.query_params.items() if _settable(of, key)}
        begun = {**values.defaults(session, of), **{key: _begun(of, key, value) for key, value in given.items()}}
        sheet = new_sheet(session, place, of, begun, candidates=not is_htmx(request))
    return page(request, "records/record.html", sheet=sheet)


@router.post("")
def create(request: Request, place: In, site: SiteHere, form: FormHere, app: str, table: str) -> Response:
    """Create the record; what is wrong stands at its field with what was typed."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        layout = session.layout
    form, problems = with_ids(site, place.store, place.principal, form, of)
    typed = typed_in(form, of, layout)
    try:
        if problems:
            raise Refused(problems)
        with place.write() as session:
            (record,) = records.create(session, of.address, [typed], reading="text")
            toast = Toast(_("Created {name}.", name=_name(session, of, record)), undo=_undo(place, session))
    except Refused as refused:
        with place.read() as session:
            sheet = new_sheet(session, place, of, typed, refused=refused, candidates=not is_htmx(request))
        return page(request, "records/record.html", status=422, sheet=sheet)
    if not is_htmx(request):
        return redirect(request, place.at.record(app, table, record), toast)
    with place.read() as session:
        sheet = sheet_of(session, place, of, record)
    response = page(request, "records/record.html", sheet=sheet, toast=toast)
    response.headers.update({"HX-Replace-Url": place.at.record(app, table, record), "HX-Trigger": "records-changed"})
    return response


@router.get("/{record}")
def show(request: Request, place: In, app: str, table: str, record: str) -> Response:
    """The record with its form, what links to it and what happened to it."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        sheet = sheet_of(session, place, of, record, candidates=not is_htmx(request))
    return page(request, "records/record.html", sheet=sheet)


@router.post("/{record}")
def change(request: Request, place: In, site: SiteHere, form: FormHere, app: str, table: str, record: str) -> Response:
    """Save what was typed. From a panel field by field: what is right is saved, what is wrong stays and says why."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        stored = records.get(session, of.address, record)
        layout = session.layout
    form, problems = with_ids(site, place.store, place.principal, form, of)
    given = typed_in(form, of, layout)
    typed = {key: one for key, one in given.items() if not as_shown(of, key, one, stored.values.get(key))}
    for key in typed:
        if of.fields[key].owns_lines:
            typed[key] += unseen(form, key, stored.values[key])
    htmx = is_htmx(request)
    if htmx or form.get("seen") == stored.values["updated_at"]:
        undo, refused = _save(place, of, record, typed, partly=htmx)
    else:
        undo, refused = "", _changed_meanwhile()
    if problems:
        refused = Refused([*problems, *(refused.problems if refused else ())])
    if refused is None and not htmx:
        return redirect(request, place.at.record(app, table, record), Toast(_("Saved."), undo=undo))
    wrong = {key: typed[key] for key in (_wrong(refused) if htmx else typed) if key in typed}
    with place.read() as session:
        sheet = sheet_of(session, place, of, record, typed=wrong, refused=refused, candidates=not htmx)
    block, status = "saved" if htmx else None, 422 if refused else 200
    response = page(request, "records/record.html", status=status, block=block, sheet=sheet, undo=undo)
    if undo:
        response.headers["HX-Trigger"] = "records-changed"
    return response


@router.post("/{record}/deletion")
def delete(request: Request, place: In, form: FormHere, app: str, table: str, record: str) -> Response:
    """Delete the record; Undo brings it back. From its own page (`leaves`) the way leads to its table."""
    with place.write() as session:
        of = session.layout.table(f"{app}.{table}")
        name = _name(session, of, record)
        records.delete(session, of.address, [record])
        toast = Toast(_("Deleted {name}.", name=name), undo=_undo(place, session))
    if "leaves" in form:
        return redirect(request, place.at.table(app, table), toast)
    return told(request, toast, "records-changed", "record-closed", otherwise=place.at.table(app, table))


@router.post("/{record}/copies")
def copy_anew(request: Request, place: In, app: str, table: str, record: str) -> Response:
    """Let the record copy again what it once took over from the records that it links to."""
    with place.write() as session:
        changed = copies.refresh(session, f"{app}.{table}", [record])
        undo = _undo(place, session) if changed else ""
    says = _("Copied anew.") if changed else _("Everything is as it was copied.")
    return redirect(request, place.at.record(app, table, record), Toast(says, undo=undo))


@router.post("/{record}/correction/revocation")
def take_link_back(request: Request, place: In, app: str, table: str, record: str) -> Response:
    """Whoever sent the record by a public form cannot correct it any more."""
    with place.write() as session:
        sendings.revoke(session, f"{app}.{table}", record)
    return redirect(request, place.at.record(app, table, record), Toast(_("The link leads nowhere any more.")))


@router.get("/{record}/history")
def history(request: Request, place: In, app: str, table: str, record: str) -> Response:
    """Everything that happened to the record."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        found = history_of(session, place.at, of, record, MOST)
        name = _name(session, of, record)
    if not found.entries:  # whatever was there for this reader began with something
        raise NotFound(_("There is no record {id} (any more).", id=record))
    return page(request, "records/history.html", table=of, record=record, history=found, name=name)


Saved = tuple[str, Refused | None]


def _save(place: Place, table: Table, record: str, typed: Mapping[str, Any], *, partly: bool) -> Saved:
    """Where to undo it (empty when nothing changed), and what was refused."""
    try:
        with place.write() as session:
            changed = records.update(session, table.address, {record: typed}, reading="text")
            return _undo(place, session) if changed else "", None
    except Refused as refused:
        wrong = _wrong(refused)
        right = {key: value for key, value in typed.items() if key not in wrong}
        if not partly or not right or len(right) == len(typed):
            return "", refused
        undo, more = _save(place, table, record, right, partly=True)
        return undo, Refused([*refused.problems, *(more.problems if more else ())])


def _wrong(refused: Refused | None) -> set[str]:
    """The fields that something is wrong with, be it in one of their lines."""
    return {key.partition("/")[0] for key in by_field(refused)[0]}


def _changed_meanwhile() -> Refused:
    return Refused([Problem("", _("Somebody changed this record meanwhile. Look, then save again."), "changed")])


def _settable(table: Table, key: str) -> bool:
    return key in table.fields and table.fields[key].writable


def _begun(table: Table, key: str, value: str) -> Any:
    return [value] if table.fields[key].several else value


def _name(session: Session, table: Table, record: str) -> str:
    return queries.titles(session, table.address, [record]).get(record, record)


def _undo(place: Place, session: Session) -> str:
    return place.at.page("undo", session.transaction_id)
