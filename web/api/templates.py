"""Templates of the catalog: list, get, what installing one would do, install."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import catalog
from engine.catalog import Template
from engine.storage.session import Session
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.naming import said
from web.api.plans import PLAN, plan_told
from web.api.shapes import ANYTHING, FLAG, TEXT, TEXTS, WHOLE, array, shape

router = Endpoints("/meta/templates")

_MAP_OF_TEXTS = {"type": "object", "additionalProperties": TEXT}
_TEMPLATE = shape({"description": TEXT}, id=TEXT, name=TEXT, version=TEXT, isInstalled=FLAG, sampleCount=WHOLE)
_WHOLE = shape(
    {"description": TEXT}, **_TEMPLATE["properties"] | {
        "readme": TEXT, "definition": ANYTHING, "bindings": {"type": "object", "additionalProperties": TEXTS},
    },
)  # fmt: skip
_BOUND = shape({"bindings": _MAP_OF_TEXTS})
_COUNTS = {"type": "object", "additionalProperties": WHOLE}


@router.on("GET", "", shape(templates=array(_TEMPLATE)))
async def list_templates(request: Request) -> Response:
    """All templates of the catalog."""
    return await answered(request, _list)


@router.on("GET", "/{template}", _WHOLE)
async def get_template(request: Request, template: str) -> Response:
    """A template with its definition; `bindings` are the tables that each thing which it requires may be."""
    return await answered(request, _get, template)


@router.on("POST", "/{template}/plan", PLAN, body=_BOUND)
async def plan_template(request: Request, template: str) -> Response:
    """What installing it would do; `bindings` chooses the tables that it requires."""
    return await answered_with_body(request, _plan, template)


@router.on(
    "POST", "/{template}/install", shape(id=TEXT, records=_COUNTS),
    body=shape({"samples": FLAG, "bindings": _MAP_OF_TEXTS}),
)  # fmt: skip
async def install_template(request: Request, template: str) -> Response:
    """Install it, with its sample records unless `"samples": false`; how many records each table got."""
    return await answered_with_body(request, _install, template)


def _list(caller: Caller) -> Any:
    with caller.read() as session:
        return {"templates": [_told(session, one) for one in catalog.templates()]}


def _get(caller: Caller, template: str) -> Any:
    chosen = catalog.template(template)
    with caller.read() as session:
        bindings = catalog.bindings(session, chosen)
        return _told(session, chosen) | {
            "readme": chosen.readme, "definition": chosen.document, "bindings": bindings,
        }  # fmt: skip


def _plan(caller: Caller, template: str, body: Body) -> Any:
    chosen = catalog.template(template)
    with caller.read() as session:
        return plan_told(catalog.preview(session, chosen, _bound(body)))


def _install(caller: Caller, template: str, body: Body) -> Any:
    samples = body.get("samples", True)
    if not isinstance(samples, bool):
        raise wrong_request("samples is true or false")
    with caller.write() as session:
        counts = catalog.install(session, template, samples=samples, bound=_bound(body))
    return {"id": template, "records": counts}


def _bound(body: Body) -> Mapping[str, str]:
    given = body.get("bindings") or {}
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise wrong_request("bindings names a table for each thing that is required")
    return given


def _told(session: Session, one: Template) -> dict[str, Any]:
    language, document = session.workspace.language, one.document
    made: dict[str, Any] = {
        "id": one.key,
        "name": said(one.label, language),
        "version": str(document.get("version", "1")),
        "isInstalled": one.key in session.layout.apps,
        "sampleCount": one.sample_count,
    }
    if "description" in document:
        made["description"] = said(document["description"], language)
    return made
