"""The forms of an app: list, get, open one to the public or close it, say when it can be sent; hand mails over."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import forms, mail_in
from engine.definitions.language import App, Form, Table
from engine.errors import NotFound
from engine.storage.session import Session
from engine.text import _
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.naming import app_named, said
from web.api.shapes import FLAG, TEXT, WHOLE, array, number, or_null, ref, shape

router = Endpoints("/bases/{app}/forms")

_CORRECTIONS = or_null(shape({"mail_to": TEXT}, days=WHOLE))
_LIMITS = {"opens": or_null(TEXT), "closes": or_null(TEXT), "most": or_null(number(1)), "corrections": _CORRECTIONS}
_FORM = shape(
    {"description": TEXT, "url": TEXT},
    id=TEXT, name=TEXT, tableId=TEXT, fields=array(shape({"help": TEXT}, fieldId=TEXT, name=TEXT, required=FLAG)),
    public=FLAG, **_LIMITS,
)  # fmt: skip
_CHANGE = shape({"public": FLAG, **_LIMITS})
_MAIL = shape(message={**TEXT, "contentEncoding": "base64"})
_ARRIVED = shape({"id": ref("RecordId"), "says": TEXT}, outcome=TEXT)
RAW = "message/rfc822"


@router.on("GET", "", shape(forms=array(_FORM)))
async def list_forms(request: Request, app: str) -> Response:
    """The forms of all tables of an app."""
    return await answered(request, _list, app)


@router.on("GET", "/{form}", _FORM)
async def get_form(request: Request, app: str, form: str) -> Response:
    """A form with what it asks for; `url` is where strangers fill in a public one."""
    return await answered(request, _get, app, form)


@router.on("POST", "/{form}/mails", _ARRIVED, body=_MAIL)
async def take_mail(request: Request, app: str, form: str) -> Response:
    """Hand over a mail: `{"message": base64}`, or the mail as it is with the content type `message/rfc822`."""
    if request.headers.get("content-type", "").startswith(RAW):
        return await answered(request, _take, app, form, await request.body())
    return await answered_with_body(request, _take_encoded, app, form)


@router.on("PATCH", "/{form}", _FORM, body=_CHANGE)
async def change_form(request: Request, app: str, form: str) -> Response:
    """Open a form to the public or close it; say from when to when it can be sent, how often, and be corrected."""
    return await answered_with_body(request, _change, app, form)


def _list(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        tables = app_named(session.layout, app).tables.values()
        return {"forms": [_told(caller, session, table, one) for table in tables for one in table.forms.values()]}


def _get(caller: Caller, app: str, form: str) -> Any:
    with caller.read() as session:
        return _told(caller, session, *_named(app_named(session.layout, app), form))


def _change(caller: Caller, app: str, form: str, body: Body) -> Any:
    if not body or body.keys() - _CHANGE["properties"].keys():
        raise wrong_request(f"give some of {', '.join(_CHANGE['properties'])}")
    with caller.write() as session:
        table, held = _named(app_named(session.layout, app), form)
        forms.change(session, table.address, held.key, body)
        return _told(caller, session, *_named(session.layout.apps[app], form))


def _take_encoded(caller: Caller, app: str, form: str, body: Body) -> Any:
    message = body.get("message")
    if not isinstance(message, str):
        raise wrong_request("message must be a mail in base64")
    try:
        return _take(caller, app, form, base64.b64decode("".join(message.split()), validate=True))
    except ValueError as error:
        raise wrong_request("message must be a mail in base64") from error


def _take(caller: Caller, app: str, form: str, raw: bytes) -> Any:
    with caller.read() as session:
        table, held = _named(app_named(session.layout, app), form)
    found = mail_in.arrive(caller.store, caller.principal, table.address, held.key, raw, caller.site.file_limits)
    return {"outcome": found.outcome} | ({"id": found.record} if found.record else {"says": str(found.says)})


def _named(app: App, name: str) -> tuple[Table, Form]:
    """The form that is so called among all of its app (`leads.enquiry`), with its table. Raises `NotFound`."""
    table, _dot, key = name.partition(".")
    if table not in app.tables or key not in app.tables[table].forms:
        raise NotFound(_("There is no such form (any more)."))
    return app.tables[table], app.tables[table].forms[key]


def _told(caller: Caller, session: Session, table: Table, form: Form) -> dict[str, Any]:
    language = session.workspace.language
    made: dict[str, Any] = {
        "id": f"{table.key}.{form.key}",
        "name": said(form.label, language, form.key),
        "tableId": table.key,
        "fields": [
            {"fieldId": one.field.key, "name": said(one.label, language, one.field.key), "required": one.required}
            | ({"help": said(one.help, language)} if one.help else {})
            for one in forms.questions(table, form)
        ],
        "public": form.public,
        "opens": form.opens,
        "closes": form.closes,
        "most": form.most,
        "corrections": asdict(form.corrections) if form.corrections else None,
    }
    if form.description:
        made["description"] = said(form.description, language)
    if form.public:
        path = f"/f/{caller.holder.workspace_id}/{table.app}/{table.key}/{form.key}"
        made["url"] = f"{caller.site.settings.public_url}{path}"
    return made
