"""Formula fields written in the browser: checked and tried with real records while one types, then saved."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from engine import apps, formula_fields
from engine.definitions import any_links
from engine.definitions.language import Field, Table
from engine.errors import NotFound, Refused
from engine.formula_fields import Tried
from engine.formulas.functions import families
from engine.storage.session import Session
from engine.text import _, label_in
from engine.wording import Wording
from web.dependencies import FormHere, In, Place
from web.render import asks_for, page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.visit import visit_of

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/formulas")


@dataclass(frozen=True)
class Name:
    """A field as a formula names it, and its icon."""

    written: str
    icon: str


@router.get("")
def show(request: Request, place: In, app: str, table: str) -> Response:
    """The formulas of a table."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        found = formula_fields.formula_fields(session.layout, of)
        listed = [(one, _as_typed(request, session, of, one), session.layout.held_type(one)) for one in found]
        held = session.layout.apps[app]
    may_build = place.membership.role in ("owner", "builder")
    return page(request, "formulas/list.html", app=held, table=of, formulas=listed, may_build=may_build)


@router.get("/new")
def ask(request: Request, place: In, app: str, table: str) -> Response:
    """A new formula field."""
    return _asked(request, place, f"{app}.{table}", "", Tried(""))


@router.post("")
def save(request: Request, place: In, form: FormHere, app: str, table: str) -> Response:
    """Set the formula of a field, or of a new one."""
    place.only("owner", "builder")
    key, label, typed = (str(form.get(name, "")) for name in ("key", "label", "formula"))
    try:
        with place.write() as session:
            before = apps.get(session, app).revision
            saved = formula_fields.save(session, f"{app}.{table}", key, label, typed)
            named = session.layout.table(f"{app}.{table}").fields[saved].label
    except Refused as refused:
        with place.read() as session:
            tried = formula_fields.try_out(session, f"{app}.{table}", typed, key)
        return _asked(request, place, f"{app}.{table}", key, tried, label=label, refused=refused)
    undo = place.at.inside(app, "revisions", str(before), "restoration")
    says = _("{field} is worked out anew.", field=named)
    return redirect(request, place.at.page("apps", app, table, "formulas"), Toast(says, undo=undo))


@router.post("/trials")
def try_out(request: Request, place: In, form: FormHere, app: str, table: str) -> Response:
    """What is wrong with a formula that is being written, or what it gives; nothing is saved."""
    place.only("owner", "builder")
    key, label, typed = (str(form.get(name, "")) for name in ("key", "label", "formula"))
    with place.read() as session:
        tried = formula_fields.try_out(session, f"{app}.{table}", typed, key) if typed.strip() else Tried("")
    if asks_for(request, "tried"):
        return page(request, "formulas/formula.html", tried=tried, app_key=app, table_key=table)
    return _asked(request, place, f"{app}.{table}", key, tried, label=label)


@router.get("/{field}")
def show_one(request: Request, place: In, app: str, table: str, field: str) -> Response:
    """The formula of a field."""
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        one = of.fields.get(field)
        if one is None or one not in formula_fields.formula_fields(session.layout, of):
            raise NotFound(_("There is no field {field} here.", field=field))
        tried = formula_fields.try_out(session, of.address, _as_typed(request, session, of, one), field)
    return _asked(request, place, of.address, field, tried)


def _asked(
    request: Request,
    place: Place,
    address: str,
    key: str,
    tried: Tried,
    *,
    label: str = "",
    refused: Refused | None = None,
) -> Response:
    place.only("owner", "builder")
    with place.read() as session:
        table = session.layout.table(address)
        held = session.layout.apps[table.app]
        names = _names(request, session, table)
    # What is wrong with the formula itself is told beside it.
    others = [one for one in refused.problems if one.at not in ("/formula", "/label")] if refused else []
    missing = next((one.says for one in refused.problems if one.at == "/label"), "") if refused else ""
    return page(
        request,
        "formulas/formula.html",
        status=422 if refused else 200,
        app=held,
        app_key=held.key,
        table=table,
        table_key=table.key,
        field=table.fields.get(key) if key else None,
        label=label,
        tried=tried,
        names=names,
        families=families(),
        missing=missing,
        problems=others,
    )


def _as_typed(request: Request, session: Session, table: Table, field: Field) -> str:
    """A stored formula with the labels that its reader knows."""
    app = session.layout.apps[table.app]
    return Wording(session.layout, app, table, visit_of(request).reader.language).formula(field.options["formula"])


def _names(request: Request, session: Session, table: Table) -> list[Name]:
    """What a formula may name: the table's fields, then those of the records that its links lead to."""
    language = visit_of(request).reader.language
    tables = session.layout.apps.tables
    own = [(label_in(one.label, language, one.key), one) for one in table.fields.values()]
    linked = [
        (f"{label}.{label_in(inner.label, language, inner.key)}", inner)
        for label, one in own
        if one.target in tables
        for inner in tables[one.target].declared
    ]
    of_any = [(label, one) for label, one in own if one.kind.of_any_table]
    asked = [(f"{label}.{part}", one) for label, one in of_any for part in any_links.PARTS]
    asked += [
        (f"{label}.{label_in(table.label, language, table.key)}.{label_in(inner.label, language, inner.key)}", inner)
        for label, one in of_any
        for _name, table in any_links.tables_of(session.layout.types, one)
        for inner in table.declared
    ]
    return [Name("{" + name.replace("}", "\\}") + "}", one.kind.icon) for name, one in [*own, *linked, *asked]]
