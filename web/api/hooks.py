"""Webhooks: what a program asks to be told of, and what there is to tell.

Before `records.py` by its name: `/bases/shop/webhooks` is no record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import hooks
from engine.addresses import EgressRefused
from engine.egress import Egress
from engine.errors import Problem, Refused
from engine.hooks import Hook
from engine.hooks.specification import DATA_TYPES
from engine.storage.session import Session
from web.api.answering import Body, Endpoints, answered, answered_with_body, whole_number
from web.api.callers import Caller
from web.api.errors import ApiRefusal
from web.api.naming import app_named
from web.api.payloads import Payloads
from web.api.shapes import ANYTHING, FLAG, MOMENT, TEXT, TEXTS, array, asked, number, one_of, or_null, shape, some

router = Endpoints("/bases/{app}/webhooks")

_NOTHING = shape()
_FILTERS = shape({"recordChangeScope": TEXT}, dataTypes=some(one_of(*DATA_TYPES), len(DATA_TYPES)))
_SPECIFICATION = shape(options=shape({"includes": ANYTHING}, filters=_FILTERS))
_MADE = shape(id=TEXT, macSecretBase64=TEXT, expirationTime=MOMENT)
_HOOK = shape(
    id=TEXT, areNotificationsEnabled=FLAG, cursorForNextPayload=number(1), isHookEnabled=FLAG,
    lastSuccessfulNotificationTime=or_null(MOMENT), notificationUrl=or_null(TEXT),
    lastNotificationResult=or_null(ANYTHING), expirationTime=MOMENT, specification=ANYTHING,
)  # fmt: skip
_PAYLOAD = shape(
    {"changedTablesById": ANYTHING, "createdTablesById": ANYTHING, "destroyedTableIds": TEXTS},
    timestamp=MOMENT, baseTransactionNumber=number(1), payloadFormat=TEXT,
    actionMetadata=shape(source=TEXT, sourceMetadata=ANYTHING),
)  # fmt: skip
_TOLD = shape(payloads=array(_PAYLOAD), cursor=number(1), mightHaveMore=FLAG)


@router.on("GET", "", shape(webhooks=array(_HOOK)))
async def list_webhooks(request: Request, app: str) -> Response:
    """The webhooks of an app."""
    return await answered(request, _list, app)


@router.on("POST", "", _MADE, body=shape({"notificationUrl": or_null(TEXT)}, specification=_SPECIFICATION))
async def create_webhook(request: Request, app: str) -> Response:
    """Ask to be told of changes: `{"notificationUrl"?, "specification": {"options": {"filters": {"dataTypes"}}}}`."""
    return await answered_with_body(request, _create, app)


@router.on("DELETE", "/{hook}", _NOTHING)
async def delete_webhook(request: Request, app: str, hook: str) -> Response:
    """Be told no more."""
    return await answered(request, _delete, app, hook)


@router.on("POST", "/{hook}/enableNotifications", _NOTHING, body=shape(enable=FLAG))
async def enable_notifications(request: Request, app: str, hook: str) -> Response:
    """Have somebody called or not: `{"enable": true}`. What happened is kept all the same."""
    return await answered_with_body(request, _enable, app, hook)


@router.on("POST", "/{hook}/refresh", shape(expirationTime=MOMENT))
async def refresh_webhook(request: Request, app: str, hook: str) -> Response:
    """Let it live for seven days from now."""
    return await answered(request, _refresh, app, hook)


@router.on("GET", "/{hook}/payloads", _TOLD, query=[asked("cursor", number(1)), asked("limit", number(1, hooks.PAGE))])
async def list_payloads(request: Request, app: str, hook: str) -> Response:
    """What happened, from number `cursor` on (the first is 1), at most `limit` transactions; it lives on by that."""
    return await answered(request, _payloads, app, hook, dict(request.query_params))


def _list(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        return {"webhooks": [_object(one) for one in hooks.of_app(session, _key(session, app))]}


def _create(caller: Caller, app: str, body: Body) -> Any:
    url, given = body.get("notificationUrl"), body.get("specification")
    if url is not None and not isinstance(url, str):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "Invalid request: notificationUrl must be a text")
    if not isinstance(given, dict):
        raise ApiRefusal(
            422, "INVALID_REQUEST_MISSING_FIELDS", 'Could not find field "specification" in the request body'
        )
    egress = Egress.of(caller.site.settings)
    with caller.write() as session:
        try:
            made, secret = hooks.create(session, caller.site.vault, egress, _key(session, app), url, given)
        except EgressRefused as error:
            raise Refused([Problem("/notificationUrl", error.says, "url", url)]) from error
    return {"id": made.id, "macSecretBase64": secret, "expirationTime": made.expires_at}


def _delete(caller: Caller, app: str, hook: str) -> Any:
    with caller.write() as session:
        hooks.delete(session, _key(session, app), hook)
    return {}


def _enable(caller: Caller, app: str, hook: str, body: Body) -> Any:
    if not isinstance(body.get("enable"), bool):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "Invalid request: enable is true or false")
    with caller.write() as session:
        hooks.enable(session, _key(session, app), hook, body["enable"])
    return {}


def _refresh(caller: Caller, app: str, hook: str) -> Any:
    with caller.write() as session:
        return {"expirationTime": hooks.refresh(session, _key(session, app), hook)}


def _payloads(caller: Caller, app: str, hook: str, query: Mapping[str, str]) -> Any:
    cursor = whole_number(query, "cursor", least=1) or 1
    limit = whole_number(query, "limit", least=1, most=hooks.PAGE) or hooks.PAGE
    with caller.write() as session:
        key = _key(session, app)
        found, more = hooks.payloads(session, key, hook, cursor, limit)
        told = Payloads(session, key)
        following = found[-1].number + 1 if found else cursor
        return {"payloads": [told.object_of(one) for one in found], "cursor": following, "mightHaveMore": more}


def _key(session: Session, app: str) -> str:
    return app_named(session.layout, app).key


def _object(one: Hook) -> dict[str, Any]:
    return {
        "id": one.id,
        "areNotificationsEnabled": one.notifies,
        "cursorForNextPayload": one.next_number,
        "isHookEnabled": one.is_live,
        "lastSuccessfulNotificationTime": one.last_success_at,
        "notificationUrl": one.url,
        "lastNotificationResult": one.last_result,
        "expirationTime": one.expires_at,
        "specification": one.specification,
    }
