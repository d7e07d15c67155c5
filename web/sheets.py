"""A record as its page and its panel show it: a form, what is worked out, what links to it, what was said
and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from starlette.datastructures import FormData

from engine import ledgers, queries, records, rules, sendings, shares, trees
from engine.access import door, judging
from engine.definitions.language import App, Table
from engine.errors import Problem, Refused
from engine.records import Record
from engine.rules.locks import Locked
from engine.storage.layout import Layout
from engine.storage.session import Session
from web.dependencies import Place
from web.fields import Shown, shown_field
from web.formats import local_input
from web.histories import History, history_of
from web.lines import ToRead, inputs_in, lines_to_read, typed_lines
from web.link_inputs import inputs_of_links
from web.linked_records import Linked, linked_to
from web.names import Names, ids_of, names_of, offered_for
from web.talks import Talk, talk_of


@dataclass(frozen=True)
class Sheet:
    """What is shown of a record. `values` are the stored ones, over them what was typed and refused.

    `errors` is what is wrong, by field; `problems` what is wrong with no field in particular. A new record
    has no `record`.
    `offered` is what inputs offer by id: people, departments.
    `above` are the names and addresses of the records that it lies under in a tree.
    `share` is where a link to it is made, empty for who may not.
    `lines` are those that it holds, for who may only read it.
    `access` is where one sees who may see it, empty for who gives no access.
    `correction` is where a POST takes the link back by which a stranger may correct it, if there is one.
    `copies` is where a POST takes copied values anew, if there are any.
    `closed` is why a record can be changed no more; `reversal` where a POST reverses it, if it can be.
    """

    app: App
    table: Table
    record: Record | None
    title: Shown
    fields: list[Shown]
    facts: list[Shown]
    values: Mapping[str, Any]
    names: Names
    offered: Mapping[str, Mapping[str, str]]
    links: Mapping[str, Mapping[str, Any]]
    may_write: bool
    may_delete: bool
    action: str
    close: str
    errors: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    linked: list[Linked] = field(default_factory=list)
    talk: Talk | None = None
    history: History | None = None
    before: str = ""
    after: str = ""
    closed: list[Locked] = field(default_factory=list)
    above: list[tuple[str, str]] = field(default_factory=list)
    copies: str = ""
    lines: Mapping[str, ToRead] = field(default_factory=dict)
    share: str = ""
    access: str = ""
    correction: str = ""
    reversal: str = ""


def sheet_of(
    session: Session,
    place: Place,
    table: Table,
    record_id: str,
    *,
    typed: Mapping[str, Any] | None = None,
    refused: Refused | None = None,
    candidates: bool = False,
    whole: bool = True,
) -> Sheet:
    """A record's sheet; without `whole` only the form and what is worked out. Raises `NotFound`."""
    found = records.get(session, table.address, record_id)
    values = {**found.values, **(typed or {})}
    errors, problems = by_field(refused)
    closed = rules.closed(session, table, record_id, found.values)
    parts = _parts(session, place, table, values, candidates, errors, record_id)
    refused_keys = _not_set(session, table, record_id)
    parts["fields"] = [
        replace(shown, editable=False) if shown.key in refused_keys else shown
        for shown in (_as_it_may_be(one, table, found.values, closed) for one in parts["fields"])
    ]
    return Sheet(
        **parts,
        closed=closed,
        lines={} if parts["may_write"] else lines_to_read(session, place.at, table, record_id),
        above=_above(session, place, table, record_id),
        copies=place.at.record(table.app, table.key, record_id) + "/copies"
        if any(one.kind.copied for one in table.fields.values())
        else "",
        share=place.at.page("shares", "new", table=table.address, record=record_id)
        if shares.may_share(place.principal, table)
        else "",
        access=place.at.access(table.app, table.key, record_id) if place.principal.role in door.BUILDS else "",
        correction=_correction(session, place, table, record_id),
        reversal=_reversal(session, place, table, found),
        record=found,
        action=place.at.record(table.app, table.key, record_id),
        errors=errors,
        problems=problems,
        linked=linked_to(session, place.at, table, found) if whole else [],
        talk=talk_of(session, place.at, table, record_id) if whole else None,
        history=history_of(session, place.at, table, record_id) if whole else None,
    )


def new_sheet(
    session: Session,
    place: Place,
    table: Table,
    values: Mapping[str, Any],
    *,
    refused: Refused | None = None,
    candidates: bool = False,
) -> Sheet:
    """The sheet of a record that does not exist yet, with what it begins with."""
    errors, problems = by_field(refused)
    parts = _parts(session, place, table, values, candidates, errors, None)
    parts["fields"] = [_as_it_may_be(one, table, {}, []) for one in parts["fields"]]
    return Sheet(
        **parts,
        record=None,
        action=place.at.page("apps", table.app, table.key, "records"),
        errors=errors,
        problems=problems,
    )


def typed_in(form: FormData, table: Table, layout: Layout) -> dict[str, Any]:
    """What a record's form holds, by field: texts as typed, a list of keys or ids where several are chosen, lines."""
    typed: dict[str, Any] = {}
    for key in form:
        one = table.fields.get(key)
        if one is None or not one.writable:
            continue
        given = [value for value in form.getlist(key) if isinstance(value, str)]
        if not given:
            continue
        if one.owns_lines:
            read = partial(typed_in, layout=layout)
            typed[key] = typed_lines(form, key, layout.table(one.target or ""), read)
        elif one.several:
            # Such an input begins with an empty value; what stands after the last empty one was chosen.
            chosen = given[len(given) - given[::-1].index("") :] if "" in given else given
            # One text of a field that is no link may be what somebody pasted: the field reads it.
            alone = one.kind.listed and len(chosen) == 1
            typed[key] = chosen[0] if alone else [record for value in chosen for record in value.split(",")]
        else:
            typed[key] = given[-1]
    return typed


def as_shown(table: Table, key: str, typed: Any, stored: Any) -> bool:
    """Whether a moment came back as it was shown, which is to the minute: then it keeps its seconds."""
    is_moment = isinstance(stored, str) and stored.endswith("Z") and isinstance(typed, str) and len(typed) == 16
    return is_moment and typed == local_input(stored, table.fields[key].options.get("time_zone"))


def by_field(refused: Refused | None) -> tuple[dict[str, str], list[Problem]]:
    """The problems of one record: the first of each field, and those of no field."""
    errors: dict[str, str] = {}
    others: list[Problem] = []
    for problem in refused.problems if refused else ():
        _number, _slash, key = problem.at.strip("/").partition("/")
        if key:
            errors.setdefault(key, problem.says)
        else:
            others.append(problem)
    return errors, others


def _parts(
    session: Session,
    place: Place,
    table: Table,
    values: Mapping[str, Any],
    candidates: bool,
    errors: Mapping[str, str],
    owner: str | None,
) -> dict[str, Any]:
    layout = session.layout
    writable = [one for one in table.declared if one.writable]
    shown = [shown_field(layout, one) for one in table.declared]
    keys = [one.key for one in table.declared]
    names = names_of(session, place.at, table, [*keys, "updated_by"], [values])
    offered = offered_for(session, inputs_in(layout, writable))
    for one in writable:
        if one.kind.names in offered:
            # Somebody who left, and what was removed, stays the value of a field that names it.
            gone = sorted({each for each in ids_of(values.get(one.key)) if each in names})
            offered[one.kind.names] |= {each: names[each] for each in gone if each not in offered[one.kind.names]}
    return {
        "app": layout.apps[table.app],
        "table": table,
        "title": shown_field(layout, table.fields[table.title]),
        "fields": [shown_field(layout, one) for one in writable],
        "facts": [one for one in shown if not one.editable and one.key != table.title],
        "values": values,
        "names": names,
        "offered": offered,
        "links": inputs_of_links(session, place, writable, values, errors, offered, owner, candidates=candidates),
        "may_write": _may(session, place, table, "before" if owner else "create", owner),
        "may_delete": owner is not None and _may(session, place, table, "delete", owner),
        "close": place.at.table(table.app, table.key),
    }


def _may(session: Session, place: Place, table: Table, stage: judging.Stage, record_id: str | None) -> bool:
    """Whether the reader may do this with the record, as far as that does not depend on what will be written."""
    acts: Mapping[judging.Stage, door.Act] = {"create": "create", "before": "update", "delete": "delete"}
    if not door.may(place.principal, acts[stage], table):
        return False
    return record_id is None or not judging.problems(session, table.address, stage, {record_id: ()})


def _not_set(session: Session, table: Table, record_id: str) -> set[str]:
    """The fields that the reader may not set in this record, though in others."""
    if table.rights is None:
        return set()
    keys = [one.key for one in table.declared if one.writable]
    found = judging.problems(session, table.address, "before", {record_id: keys})
    return {one.at.rpartition("/")[2] for one in found}


def _as_it_may_be(shown: Shown, table: Table, held: Mapping[str, Any], closed: Sequence[Locked]) -> Shown:
    """The field to be read only where the record is closed; with the choices that may follow what it holds."""
    if any(shown.key not in one.free for one in closed):
        return replace(shown, editable=False)
    one = table.fields[shown.key]
    offered = one.kind.offered(held.get(shown.key), one.options)
    if offered is None or shown.input is None:
        return shown
    return replace(shown, input=replace(shown.input, choices=offered))


def _above(session: Session, place: Place, table: Table, record_id: str) -> list[tuple[str, str]]:
    ids = trees.above(session, table, record_id)
    names = queries.titles(session, table.address, ids)
    return [(names[one], place.at.record(table.app, table.key, one)) for one in ids]


def _correction(session: Session, place: Place, table: Table, record_id: str) -> str:
    if not sendings.can_be_corrected(session, table, record_id):
        return ""
    return place.at.record(table.app, table.key, record_id) + "/correction/revocation"


def _reversal(session: Session, place: Place, table: Table, record: Record) -> str:
    ledger = table.rules.ledger
    if ledger is None or not door.may(place.principal, "create", table) or record.values.get(ledger.reversal):
        return ""
    if ledgers.reversal_of(session, table.address, record.id) is not None:
        return ""
    return place.at.record(table.app, table.key, record.id) + "/reversal"
