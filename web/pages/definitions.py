"""Bringing a definition as JSON, or a JSON Schema as a table: problems at their place, the plan, then the change."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from engine import apps
from engine.definitions.language import RESERVED_APPS, RESERVED_KEYS
from engine.definitions.record_schema import Taken, tables_from
from engine.errors import Problem, Refused
from engine.field_types import field_types
from engine.importers import key_for
from engine.json_text import read_json
from engine.storage.session import Session
from engine.text import _
from web.alterations import listed
from web.dependencies import FormHere, In, Place
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.whole_numbers import number_in

router = PageRouter(prefix="/w/{workspace}/definitions")


@router.get("/new")
def ask(request: Request, place: In, app: str = "") -> Response:
    """The file of a definition: of an app that is here, or of a new one."""
    place.only("owner", "builder")
    return page(request, "definitions/new.html", app_key=app, problems=[], text="")


@router.post("")
def plan(request: Request, place: In, form: FormHere) -> Response:
    """What the definition would do, or what is wrong with it, each at its place in the document."""
    place.only("owner", "builder")
    text = _brought(form)
    try:
        document = _json(text)
    except Refused as refused:
        return page(request, "definitions/new.html", status=422, app_key="", problems=refused.problems, text=text)
    return _planned(request, place, document)


@router.post("/applications")
def apply(request: Request, place: In, form: FormHere) -> Response:
    """Carry it out, unless the app was changed since the plan was shown; `despite` says that its tests may fail."""
    document = _json(str(form.get("document", "")))
    before = number_in(str(form.get("revision", "")) or "0")
    if before is None:
        raise Refused(
            [
                Problem(
                    "/revision", _("The address or the form is not as we expect it. Go back and try again."), "revision"
                )
            ]
        )
    with place.write() as session:
        apps.apply(session, document, revision=before, despite_tests=form.get("despite") == "yes")
        label = session.layout.apps[document["key"]].label
    undo = place.at.inside(document["key"], "revisions", str(before), "restoration") if before else ""
    return redirect(request, place.at.app(document["key"]), Toast(_("{app} is changed.", app=label), undo=undo))


@router.get("/schemas/new")
def ask_schema(request: Request, place: In, app: str = "") -> Response:
    """The file of a JSON Schema, and where its table goes."""
    place.only("owner", "builder")
    return _schema_asked(request, place, {"app": app})


@router.post("/schemas")
def plan_schema(request: Request, place: In, form: FormHere) -> Response:
    """The tables that the schema gives, what could not be taken over, and the plan."""
    place.only("owner", "builder")
    given = {"app": str(form.get("app", "")), "label": str(form.get("label", "")).strip(), "text": _brought(form)}
    try:
        with place.read() as session:
            document, taken = _with_tables(session, given["app"], given["label"], _json(given["text"]))
    except Refused as refused:
        return _schema_asked(request, place, given, refused)
    return _planned(request, place, document, taken)


def _planned(request: Request, place: Place, document: Any, taken: Taken | None = None) -> Response:
    with place.read() as session:
        planned = apps.plan(session, document)
        key = document.get("key") if isinstance(document, dict) else None
        held = session.layout.apps.get(key) if isinstance(key, str) else None
    return page(
        request,
        "definitions/plan.html",
        status=422 if planned.refused or planned.broken else 200,
        app=held,
        plan=planned,
        changes=listed(planned.alterations),
        document=json.dumps(document, ensure_ascii=False, indent=2),
        revision=held.revision if held else 0,
        taken=taken,
        types={name: kind.label for name, kind in field_types.items()},
    )


def _schema_asked(request: Request, place: Place, given: dict[str, str], refused: Refused | None = None) -> Response:
    with place.read() as session:
        found = list(session.layout.apps.values())
    return page(
        request,
        "definitions/schema.html",
        status=422 if refused else 200,
        apps=found,
        given=given,
        problems=refused.problems if refused else [],
    )


def _with_tables(session: Session, app: str, label: str, schema: Any) -> tuple[dict[str, Any], Taken]:
    """The app's document with the tables of a schema; of a new app called `label` when `app` is none of those here."""
    title = schema.get("title") if isinstance(schema, dict) else None
    label = label or (title if isinstance(title, str) else "") or "Table"
    held = session.layout.apps.get(app)
    taken_keys = set(held.document.get("tables", {})) if held else set()
    taken = tables_from(schema, key_for(label, taken_keys, RESERVED_KEYS, "table_1", prefix="table_"))
    tables = taken.tables
    next(iter(tables.values()))["label"] = label
    if held is not None:
        return {**held.document, "tables": {**held.document.get("tables", {}), **tables}}, taken
    key = key_for(label, set(session.layout.apps), RESERVED_KEYS | RESERVED_APPS, "app_1", prefix="app_")
    return {"formwork": 1, "key": key, "label": label, "version": "1.0.0", "tables": tables}, taken


def _brought(form: FormData) -> str:
    """The text of the file that was chosen, else what was typed."""
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return file.file.read().decode("utf-8-sig", "replace")
    return str(form.get("text", ""))


def _json(text: str) -> Any:
    """What the text says. Raises `Refused` where it is no JSON."""
    if not text.strip():
        raise Refused([Problem("", _("Choose a file, or paste its text."), "required")])
    return read_json(text)
