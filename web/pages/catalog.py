"""The catalog: templates, what each would bring, and installing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import catalog
from engine.catalog import Template
from engine.definitions.apps import Apps
from engine.definitions.documents import own_tables
from engine.definitions.language import Table, View
from engine.errors import Refused
from engine.field_types import field_types
from engine.storage.session import Session
from engine.text import Label, _
from engine.view_types import view_types
from web.dependencies import FormHere, In, Place
from web.render import is_htmx, page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/catalog")


@dataclass(frozen=True)
class Choice:
    """A table that a requirement may be bound to. `app` is empty for the stand-in that the template brings."""

    table: str
    label: Label
    app: Label | None
    chosen: bool


@dataclass(frozen=True)
class Requirement:
    """Something that the template needs from elsewhere, and where that could be."""

    role: str
    label: Label
    description: Label | None
    choices: list[Choice]


@router.get("")
def show(request: Request, place: In) -> Response:
    """All templates; those installed lead to their app."""
    with place.read() as session:
        installed = set(session.layout.apps)
    may_build = place.membership.role in ("owner", "builder")
    known = catalog.templates()
    return page(request, "catalog/catalog.html", templates=known, installed=installed, may_build=may_build)


@router.get("/{template}")
def preview(request: Request, place: In, template: str) -> Response:
    """What the template brings, what it needs, and what installing would do."""
    return _preview(request, place, template, dict(request.query_params))


@router.get("/{template}/plan")
def plan(request: Request, place: In, template: str) -> Response:
    """What installing would do, step by step. Checking takes a moment, so it is asked for only when it is wanted."""
    chosen = catalog.template(template)
    with place.read() as session:
        bound = _bound(_requirements(session, chosen, request.query_params))
        planned = catalog.preview(session, chosen, bound)
    return page(request, "catalog/plan.html", block="plan" if is_htmx(request) else None, chosen=chosen, plan=planned)


@router.post("/{template}/installation")
def install(request: Request, place: In, form: FormHere, template: str) -> Response:
    """Install it, with sample records if wanted."""
    chosen = catalog.template(template)
    asked = {key: str(value) for key, value in form.items()}
    bound = {role: asked[role] for role in chosen.document.get("requires", {}) if role in asked}
    try:
        with place.write() as session:
            counts = catalog.install(session, template, samples="samples" in form, bound=bound)
    except Refused as refused:
        return _preview(request, place, template, asked, refused)
    count = sum(counts.values())
    says = _("{app} is installed.", app=chosen.label)
    if count:
        says = _("{app} is installed, with {count} records.", app=chosen.label, count=count)
    return redirect(request, place.at.app(template), Toast(says))


def _preview(
    request: Request, place: Place, key: str, asked: Mapping[str, str], refused: Refused | None = None
) -> Response:
    chosen = catalog.template(key)
    with place.read() as session:
        requirements = _requirements(session, chosen, asked)
        document = catalog.definition_of(session, chosen, _bound(requirements))
        is_installed = key in session.layout.apps
    app = Apps([(document, 1)])[key]
    return page(
        request, "catalog/template.html", status=422 if refused else 200, chosen=chosen, app=app, plan=plan,
        requirements=requirements, is_installed=is_installed, problems=refused.problems if refused else (),
        samples=_samples(chosen, own_tables(document)), field_types=field_types, view_icon=_view_icon,
        may_build=place.membership.role in ("owner", "builder"),
    )  # fmt: skip


def _requirements(session: Session, chosen: Template, asked: Mapping[str, str]) -> list[Requirement]:
    requires: Mapping[str, Any] = chosen.document.get("requires", {})
    return [
        Requirement(
            role,
            requires[role].get("label", role),
            requires[role].get("description"),
            [
                _choice(session, chosen, address, address == (asked[role] if asked.get(role) in tables else tables[0]))
                for address in tables
            ],
        )
        for role, tables in catalog.bindings(session, chosen).items()
    ]


def _bound(requirements: list[Requirement]) -> dict[str, str]:
    return {one.role: choice.table for one in requirements for choice in one.choices if choice.chosen}


def _choice(session: Session, chosen: Template, address: str, is_chosen: bool) -> Choice:
    app, _dot, key = address.partition(".")
    if app == chosen.key:
        table = chosen.document["tables"][key]
        return Choice(address, table.get("plural") or table.get("label", key), None, is_chosen)
    found: Table = session.layout.table(address)
    return Choice(address, found.plural or found.label, session.layout.apps[app].label, is_chosen)


def _samples(chosen: Template, tables: Mapping[str, Any]) -> int:
    return sum(len(rows) for key, rows in chosen.samples.items() if key in tables)


def _view_icon(view: View) -> str:
    return str(view.options.get("icon") or view_types[view.type].icon)
