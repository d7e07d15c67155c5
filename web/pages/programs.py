"""The API of an app for who writes a program: addresses, fields, examples from its own records; and trying it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import apps, records
from engine.access import door
from engine.access.scopes import Scope
from engine.api_tokens import Holder
from engine.definitions.language import App, Table
from engine.queries import Query
from engine.storage.session import Session
from engine.text import Label, Text, _
from web import api_examples, asking
from web.api import openapi
from web.api.callers import Caller
from web.api.cells import Cells
from web.api.field_configs import field_config
from web.api.naming import names_of
from web.api.record_schemas import read_schema, written_schema
from web.api.responses import as_json
from web.api_examples import Subject
from web.asking import Answer
from web.dependencies import FormHere, In, Place, SiteHere
from web.render import page
from web.routes import PageRouter
from web.site import Site

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/api")

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
LOOKS = Scope(writes=False)  # what somebody may here without a token


@dataclass(frozen=True)
class Told:
    """A field as programs know it: its name and key, its type there, a value, and whether it may be set."""

    name: str
    key: str
    label: Label
    type: str
    example: str
    is_set: bool


@router.get("")
def show(
    request: Request,
    place: In,
    site: SiteHere,
    app: str,
    table: str = "",
    method: str = "",
    path: str = "",
    body: str = "",
) -> Response:
    """What there is to ask about a table, the first if none is named; a request may be written down already."""
    given = {"method": method, "path": path, "body": body}
    return _shown(request, place, site, app, table, {key: value for key, value in given.items() if value})


@router.get("/openapi.json")
def describe(request: Request, place: In, site: SiteHere, app: str) -> Response:
    """The same as a document that tools read."""
    with place.read() as session:
        of, language = apps.get(session, app), session.workspace.language
        known = openapi.operations(request.app)
        return as_json(openapi.document(session.layout, of, known, language, site.settings.public_url))


@router.post("/requests")
def send(request: Request, place: In, site: SiteHere, form: FormHere, app: str) -> Response:
    """Send a request to the API and show what comes back: with a token, or else only to look, as who is signed in."""
    given = {name: str(form.get(name, "")).strip() for name in ("table", "method", "path", "body", "token")}
    errors = _errors(given)
    answer = None
    if not errors:
        caller = None if given["token"] else _caller(site, place)
        answer = asking.ask(
            request.app, given["method"], given["path"], given["body"], token=given["token"], caller=caller
        )
    return _shown(request, place, site, app, given["table"], given, errors, answer)


def _errors(given: Mapping[str, str]) -> dict[str, Text]:
    errors = {}
    if given["method"] not in METHODS:
        errors["method"] = _("Choose one of the methods.")
    elif given["method"] != "GET" and not given["token"]:
        errors["token"] = _("Without a token you can only look, with GET.")
    if not given["path"].startswith("/v0/"):
        errors["path"] = _("The address begins with /v0/.")
    return errors


def _caller(site: Site, place: Place) -> Caller:
    """Whoever is signed in, in place of a token that only reads."""
    asker, home = place.principal, place.membership
    holder = Holder("", asker.user_id or "", home.id, home.role, LOOKS)
    return Caller(site, holder, place.store, replace(asker, scope=LOOKS))


def _shown(
    request: Request,
    place: Place,
    site: Site,
    app: str,
    table: str,
    values: Mapping[str, str],
    errors: Mapping[str, Text] | None = None,
    answer: Answer | None = None,
) -> Response:
    with place.read() as session:
        of = apps.get(session, app)
        chosen = of.tables.get(table) or next(iter(of.tables.values()), None)
        told, subject = _about(session, of, chosen, site) if chosen else ([], None)
    addresses = api_examples.addresses(subject) if subject else []
    first = {"method": "GET", "path": addresses[0].path if addresses else "/v0/meta/bases"}
    return page(
        request,
        "api/api.html",
        status=422 if errors else 200,
        app=of,
        table=chosen,
        fields=told,
        addresses=addresses,
        examples=_examples(subject) if subject else [],
        methods=METHODS,
        values=first | {key: value for key, value in values.items() if key != "token"},
        errors=errors or {},
        answer=answer,
        answered=_pretty(answer) if answer else "",
        url=site.settings.public_url,
        may_build=door.builds(place.principal),
    )


def _about(session: Session, app: App, table: Table, site: Site) -> tuple[list[Told], Subject]:
    layout, language = session.layout, session.workspace.language
    names = names_of(layout, table, language)
    found = (
        records.find(session, Query(table.address, limit=1)).records
        if door.may(session.principal, "read", table)
        else []
    )
    held = Cells(session, names).record(found[0])["fields"] if found else {}
    read, written = (make(layout, table, language)["properties"] for make in (read_schema, written_schema))
    told, values = [], dict[str, Any]()
    for key in names.shown:
        name, field = names.labels[key], table.fields[key]
        value = held.get(name, api_examples.example_of(read[name]))
        kind = field_config(layout, field, language)["type"]
        told.append(Told(name, key, field.label, kind, json.dumps(value, ensure_ascii=False), name in written))
        if name in written and isinstance(value, str | int | float) and len(values) < 2:
            values[name] = value
    record = found[0].id if found else ""
    return told, Subject(site.settings.public_url, app.key, table.key, record, values)


def _examples(subject: Subject) -> list[tuple[str, str]]:
    return [
        ("curl", api_examples.in_curl(subject)),
        ("Python", api_examples.in_python(subject)),
        ("JavaScript", api_examples.in_javascript(subject)),
    ]


def _pretty(answer: Answer) -> str:
    text = answer.body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
