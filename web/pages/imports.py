"""Imports: a file is brought, its columns are mapped, what would happen is counted, then it happens, and can be undone.

Each step has an address of its own and goes on from what is stored, so a page can be left and come back to.
Counting and writing go on in the background; the page that waits for them asks again every second.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from engine import apps, imports, people
from engine.errors import NotFound, Problem, Refused
from engine.field_types import field_types
from engine.importers import importers
from engine.imports import Import, Suggestion, mappings
from engine.storage.session import Session
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere
from web.handing_over import written
from web.import_columns import by_column, columns_of, mapping_in, settable
from web.import_previews import about, renamed, unknown_in
from web.render import page, redirect
from web.routes import PageRouter
from web.site import Site
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/imports")

MOST_LINES = 30  # of each kind that the pages show; the file has all


@router.get("")
def show(request: Request, place: In) -> Response:
    """The imports of this workspace, newest first."""
    with place.read() as session:
        found = imports.listed(session)
        context: dict[str, Any] = {"names": people.names(session), "tables": dict(session.layout.apps.tables)}
        context["kept"] = [(one, mappings.may_change(session, one)) for one in mappings.listed(session)]
    return page(request, "imports/list.html", imports=found, may_write=place.membership.role != "guest", **context)


@router.get("/new")
def ask(request: Request, place: In, table: str = "") -> Response:
    """Which file, and into which table."""
    return _asked(request, place, table)


@router.post("")
def start(request: Request, place: In, form: FormHere) -> Response:
    """Keep the file; on to its columns."""
    file, table = form.get("file"), str(form.get("table") or "")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused([Problem("/file", _("Choose a file first."), "required")])
        with place.write() as session:
            made = imports.start(session, file.file, file.filename, table or None)
    except Refused as refused:
        return _asked(request, place, table, refused.problems[0].says)
    return redirect(request, place.at.page("imports", made.id, "columns"))


@router.get("/{key}")
def show_one(request: Request, place: In, site: SiteHere, key: str) -> Response:
    """What became of the import; one that is not carried out leads to the step at hand."""
    job = site.background.under_way(key)
    with place.read() as session:
        held = imports.get(session, key)
        if held.state in ("uploaded", "mapped", "previewed") and job is None:
            step = {"uploaded": "columns", "mapped": "columns", "previewed": "preview"}[held.state]
            return RedirectResponse(place.at.page("imports", key, step), 303)
        context = about(session, held) | {"refused": imports.lines(session, key, "refused", limit=MOST_LINES)}
        context["noted"] = imports.lines(session, key, "noted", limit=MOST_LINES)
        context["conflicts"] = imports.lines(session, key, "conflict", limit=MOST_LINES)
    return page(request, "imports/result.html", held=held, job=job, failure=site.background.failure(key), **context)


@router.get("/{key}/columns")
def ask_columns(request: Request, place: In, site: SiteHere, key: str, table: str | None = None) -> Response:
    """Where each column goes. `table` looks at another table than the one it was brought for; empty: a new one."""
    if site.background.under_way(key):
        return RedirectResponse(place.at.page("imports", key), 303)
    return _columns(request, place, key, table)


@router.post("/{key}/columns")
def choose(request: Request, place: In, site: SiteHere, form: FormHere, key: str) -> Response:
    """Keep the mapping, make the fields that the table lacks for it, and begin to count."""
    address = str(form.get("table") or "") or None
    mapping: dict[str, Any] = {}
    try:
        with place.write() as session:
            held = imports.get(session, key)
            of = session.layout.table(address) if address else None
            suggestion = _suggestion(session, held, address)
            mapping, added = mapping_in(form, held, suggestion, of, session.layout.apps)
            if added and of is not None:
                apps.apply(session, _with_fields(session, of.app, of.key, added))
            imports.choose(session, key, mapping, address)
    except Refused as refused:
        return _columns(request, place, key, address or "", mapping, refused)
    return _count(request, place, site, key)


@router.post("/{key}/mapping")
def use(request: Request, place: In, form: FormHere, key: str) -> Response:
    """Fill the columns in with a mapping that was kept; what does not fit this file is said beside it."""
    chosen = str(form.get("mapping") or "")
    try:
        with place.write() as session:
            imports.use(session, key, chosen)
    except Refused as refused:
        with place.read() as session:
            saved = mappings.get(session, chosen)
        return _columns(request, place, key, saved.table, saved.document, refused)
    return redirect(request, place.at.page("imports", key, "columns"))


@router.post("/{key}/reading")
def read_anew(request: Request, place: In, form: FormHere, key: str) -> Response:
    """Read the file differently: another encoding, another separator."""
    with place.write() as session:
        held = imports.get(session, key)
        known = importers[held.kind].options_schema["properties"]
        options = {name: str(form.get(name)) for name in known if form.get(name)}
        imports.reopen(session, key, options)
    return redirect(request, place.at.page("imports", key, "columns"))


@router.get("/{key}/preview")
def preview(request: Request, place: In, site: SiteHere, key: str) -> Response:
    """What would happen, counted; while it is being counted, how far that is."""
    job = site.background.under_way(key)
    with place.read() as session:
        held = imports.get(session, key)
        if job is None and held.counts is None and not site.background.failure(key):
            return RedirectResponse(place.at.page("imports", key, "columns"), 303)
        context = about(session, held)
        if held.counts is not None and job is None:
            context["refused"] = imports.lines(session, key, "refused", limit=MOST_LINES)
            context["noted"] = imports.lines(session, key, "noted", limit=MOST_LINES)
            context["conflicts"] = imports.lines(session, key, "conflict", limit=MOST_LINES)
            context["unknown"] = [unknown_in(session, held, column) for column in held.counts["unknown"]]
    return page(request, "imports/preview.html", held=held, job=job, failure=site.background.failure(key), **context)


@router.post("/{key}/names")
def name(request: Request, place: In, site: SiteHere, form: FormHere, key: str) -> Response:
    """Say what names mean that nothing has, or what becomes of their lines; then count anew."""
    with place.write() as session:
        held = imports.get(session, key)
        mapping = renamed(held, form)
        imports.choose(session, key, mapping, held.table)
    return _count(request, place, site, key)


@router.post("/{key}/conflicts")
def settle(request: Request, place: In, site: SiteHere, form: FormHere, key: str) -> Response:
    """Say what becomes of records that were changed here, then count anew."""
    with place.write() as session:
        held = imports.get(session, key)
        mapping = {**(held.mapping or {}), "conflicts": str(form.get("conflicts") or "keep")}
        imports.choose(session, key, mapping, held.table)
    return _count(request, place, site, key)


@router.post("/{key}/runs")
def run(request: Request, place: In, site: SiteHere, key: str) -> Response:
    """Write the records, in the background."""
    with place.read() as session:
        imports.get(session, key)
    site.background.start(key, "run", lambda: imports.carry_out(place.store, place.principal, key))
    return redirect(request, place.at.page("imports", key))


@router.post("/{key}/cancellation")
def cancel(request: Request, place: In, key: str) -> Response:
    """Stop what goes on; nothing of it is kept."""
    with place.read() as session:
        imports.cancel(session, key)
    return redirect(request, place.at.page("imports", key), Toast(_("It stops. Nothing is changed.")))


@router.post("/{key}/deletion")
def discard(request: Request, place: In, key: str) -> Response:
    """Forget an import that is not carried out, and its file."""
    with place.write() as session:
        name = imports.get(session, key).name
        imports.discard(session, key)
    return redirect(request, place.at.page("imports"), Toast(_("Discarded {name}.", name=name)))


@router.post("/{key}/undo")
def undo(request: Request, place: In, site: SiteHere, key: str) -> Response:
    """Take everything back, in the background."""
    with place.read() as session:
        imports.get(session, key)
    site.background.start(key, "undo", lambda: imports.take_back(place.store, place.principal, key))
    return redirect(request, place.at.page("imports", key))


@router.get("/{key}/refused.csv")
def refused_file(place: In, key: str) -> Response:
    """The refused lines with their reasons, to be mended and brought again."""
    with place.read() as session:
        held = imports.get(session, key)
        lines = list(imports.refused_file(session, key))
    return written(lines, f"refused-{PurePath(held.name).stem}.csv", "text/csv")


def _asked(request: Request, place: Place, table: str, error: str = "") -> Response:
    with place.read() as session:
        found = list(session.layout.apps.values())
        into = session.layout.apps.tables.get(table)
    may_build = place.membership.role in ("owner", "builder")
    return page(
        request,
        "imports/new.html",
        status=422 if error else 200,
        apps=found,
        table=table,
        into=into,
        error=error,
        may_build=may_build,
        endings=[ending for importer in importers.values() for ending in importer.extensions],
    )


def _columns(
    request: Request,
    place: Place,
    key: str,
    table: str | None,
    mapping: Mapping[str, Any] | None = None,
    refused: Refused | None = None,
) -> Response:
    with place.read() as session:
        held = imports.get(session, key)
        if held.state not in imports.OPEN:
            return RedirectResponse(place.at.page("imports", key), 303)
        address = held.table if table is None else table or None
        of = session.layout.table(address) if address else None
        suggestion = _suggestion(session, held, address)
        kept = (
            held.mapping
            if held.mapping and held.table == address and bool(held.mapping.get("new")) == (of is None)
            else None
        )
        errors, problems = by_column(refused.problems if refused else (), held.columns)
        form = columns_of(held, suggestion, of, mapping or kept or suggestion.mapping, errors)
        found = list(session.layout.apps.values())
        saved = mappings.listed(session, of.address) if of else []
    may_build = place.membership.role in ("owner", "builder")
    return page(
        request,
        "imports/columns.html",
        status=422 if refused else 200,
        held=held,
        suggestion=suggestion,
        form=form,
        fields=settable(of) if of else [],
        problems=problems,
        saved=saved,
        apps=found,
        type_labels={key: one.label for key, one in field_types.items()},
        options=importers[held.kind].options_schema["properties"],
        may_build=may_build,
    )


def _count(request: Request, place: Place, site: Site, key: str) -> Response:
    site.background.start(key, "preview", lambda: imports.count_lines(place.store, place.principal, key))
    return redirect(request, place.at.page("imports", key, "preview"))


def _suggestion(session: Session, held: Import, address: str | None) -> Suggestion:
    """What the file may become: for the table that was chosen, or (None) as a table of its own."""
    if address is None and held.table is not None:
        raise NotFound(_("This import goes into a table that is there already. Bring the file anew for a new table."))
    return imports.propose(session, held.id, address)


def _with_fields(session: Session, app: str, table: str, added: Mapping[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(dict(session.layout.apps[app].document))
    document["tables"][table]["fields"].update(added)
    return document
