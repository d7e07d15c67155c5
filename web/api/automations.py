"""Automations of an app: list, get, switch on and off; their runs: list, get with everything they did, try again.

For whoever builds; for others as far as their roles give it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import Response

from engine import automations
from engine.automations import RunStatus, RunSummary, Standing, StepTrace, by_hand
from engine.errors import NotFound
from engine.storage.session import Session
from engine.text import _
from web.api.answering import Body, Endpoints, answered, answered_with_body, whole_number
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.naming import app_named, said
from web.api.shapes import (
    ANYTHING,
    FLAG,
    MOMENT,
    PAGE,
    TEXT,
    TEXTS,
    WHOLE,
    array,
    asked,
    one_of,
    or_null,
    page_of,
    shape,
    some,
)

router = Endpoints("/bases/{app}")

PAGE_SIZE = 100
STATUSES: tuple[str, ...] = get_args(RunStatus)
_AUTOMATION = shape(
    {"description": TEXT, "definition": ANYTHING},
    id=TEXT, name=TEXT, enabled=FLAG, pausedTime=or_null(MOMENT), pausedBecause=or_null(TEXT),
    lastRunTime=or_null(MOMENT), sentences=TEXTS, runs={"type": "object", "additionalProperties": WHOLE},
)  # fmt: skip
_RUN = shape(
    id=TEXT, automationId=TEXT, status=one_of(*STATUSES), message=or_null(TEXT), tableId=TEXT, recordId=TEXT,
    createdTime=MOMENT, finishedTime=or_null(MOMENT), dueTime=or_null(MOMENT),
)  # fmt: skip
_STEP = shape(
    id=TEXT, action=TEXT, status=TEXT, message=or_null(TEXT), result=ANYTHING, sent=or_null(ANYTHING),
    attempts=array(ANYTHING), startedTime=MOMENT, finishedTime=or_null(MOMENT),
)  # fmt: skip
_TRACE = shape(**_RUN["properties"], steps=array(_STEP), ledHere=TEXTS)
_CHOSEN = [asked("status", one_of(*STATUSES)), asked("automation"), asked("record")]


@router.on("GET", "/automations", shape(automations=array(_AUTOMATION)))
async def list_automations(request: Request, app: str) -> Response:
    """The automations of an app, in the order of its definition."""
    return await answered(request, _list, app)


@router.on("GET", "/automations/{automation}", _AUTOMATION)
async def get_automation(request: Request, app: str, automation: str) -> Response:
    """One automation: its definition, what it does in words, whether changes start it, and its runs by status."""
    return await answered(request, _get, app, automation)


@router.on("PATCH", "/automations/{automation}", _AUTOMATION, body=shape(enabled=FLAG))
async def switch_automation(request: Request, app: str, automation: str) -> Response:
    """Switch it on or off: `{"enabled": false}`. Runs that began go on."""
    return await answered_with_body(request, _switch, app, automation)


@router.on(
    "POST", "/automations/{automation}/run", shape(runs=array(_RUN)), body=shape(records=some(TEXT, by_hand.MOST))
)
async def run_automation(request: Request, app: str, automation: str) -> Response:
    """Run it now: `{"records": ["rec..."]}`, ids of records that match what it waits for. It may be off."""
    return await answered_with_body(request, _run_now, app, automation)


@router.on("GET", "/runs", page_of("runs", _RUN), query=[*PAGE, *_CHOSEN])
async def list_runs(request: Request, app: str) -> Response:
    """Runs of an app's automations, the newest first: of one `automation`, about one `record`, with one `status`."""
    return await answered(request, _runs, app, dict(request.query_params))


@router.on("GET", "/runs/{run}", _TRACE)
async def get_run(request: Request, app: str, run: str) -> Response:
    """Everything that a run did, step by step."""
    return await answered(request, _run, app, run)


@router.on("POST", "/runs/{run}/retry", _TRACE)
async def retry_run(request: Request, app: str, run: str) -> Response:
    """Go on with a run that failed, at the step that failed; a webhook is sent with the same id and bytes as before."""
    return await answered(request, _retry, app, run)


def _list(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        key = app_named(session.layout, app).key
        counts = automations.counts(session, key)
        return {"automations": [_told(session, one, counts) for one in automations.standings(session, key)]}


def _get(caller: Caller, app: str, automation: str) -> Any:
    with caller.read() as session:
        return _one(session, app, automation)


def _switch(caller: Caller, app: str, automation: str, body: Body) -> Any:
    enabled = body.get("enabled")
    if not isinstance(enabled, bool):
        raise wrong_request("enabled is true or false")
    with caller.write() as session:
        switch = automations.switch_on if enabled else automations.pause
        switch(session, f"{app_named(session.layout, app).key}.{automation}")
        return _one(session, app, automation)


def _run_now(caller: Caller, app: str, automation: str, body: Body) -> Any:
    ids = body.get("records")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise wrong_request("records is a list of ids")
    with caller.write() as session:
        made = by_hand.run(session, f"{app_named(session.layout, app).key}.{automation}", ids)
        return {"runs": [_run_told(automations.trace(session, one).run) for one in made]}


def _runs(caller: Caller, app: str, query: Mapping[str, str]) -> Any:
    size = whole_number(query, "pageSize", least=1, most=PAGE_SIZE) or PAGE_SIZE
    with caller.read() as session:
        key = app_named(session.layout, app).key
        found = automations.runs_of(
            session,
            app=key,
            automation=f"{key}.{query['automation']}" if query.get("automation") else None,
            record_id=query.get("record") or None,
            status=query.get("status") or None,
            before=query.get("offset") or None,
            limit=size + 1,
        )
    answer: dict[str, Any] = {"runs": [_run_told(one) for one in found[:size]]}
    if len(found) > size:
        answer["offset"] = found[size - 1].id
    return answer


def _run(caller: Caller, app: str, run: str) -> Any:
    with caller.read() as session:
        return _trace(session, app, run)


def _retry(caller: Caller, app: str, run: str) -> Any:
    with caller.write() as session:
        _trace(session, app, run)
        automations.retry(session, run)
        return _trace(session, app, run)


def _trace(session: Session, app: str, run: str) -> dict[str, Any]:
    key, found = app_named(session.layout, app).key, automations.trace(session, run)
    if found.run.app != key:
        raise NotFound(_("There is no run {run}.", run=run))
    return _run_told(found.run) | {"steps": [_step_told(one) for one in found.steps], "ledHere": found.chain}


def _one(session: Session, app: str, automation: str) -> dict[str, Any]:
    key = app_named(session.layout, app).key
    return _told(session, automations.get(session, f"{key}.{automation}"), automations.counts(session, key))


def _told(session: Session, one: Standing, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    held, language = one.automation, session.workspace.language
    made: dict[str, Any] = {
        "id": held.key,
        "name": said(held.label, language, held.key),
        "enabled": one.is_on,
        "pausedTime": one.paused_at,
        "pausedBecause": one.paused_why,
        "lastRunTime": one.last_run_at,
        "sentences": [said(text, language) for text in automations.sentences(session.layout, held, language)],
        "runs": counts.get(held.address, {}),
    }
    if held.rights is None:  # else what it reads and sets is not there for the caller
        made["definition"] = session.layout.apps[held.app].document["automations"][held.key]
    return made | ({"description": said(held.description, language)} if held.description else {})


def _run_told(one: RunSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "automationId": one.automation.partition(".")[2],
        "status": one.status,
        "message": one.says,
        "tableId": one.table_address.partition(".")[2],
        "recordId": one.record_id,
        "createdTime": one.created_at,
        "finishedTime": one.finished_at,
        "dueTime": one.due_at,
    }


def _step_told(one: StepTrace) -> dict[str, Any]:
    return {
        "id": one.key,
        "action": one.action,
        "status": one.status,
        "message": one.says,
        "result": one.result,
        "sent": one.sent,
        "attempts": one.attempts,
        "startedTime": one.started_at,
        "finishedTime": one.finished_at,
    }
