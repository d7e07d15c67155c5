"""An app with a field of every type in which everything that people may name or write is what attackers would write."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from engine import apps, comments, departments, files, imports, notifications, outbox, records, shares, workspaces
from engine.access.principals import Principal
from engine.field_types import InvalidValue, field_types
from engine.files import Limits
from engine.settings import Settings
from engine.storage.control_tables import users
from engine.storage.session import Session
from engine.storage.stores import Stores, Workspace
from tests.support.payloads import HTMX_PAYLOADS, PAYLOADS

ROOM = Limits(2**20, 2**30)
FEWER = 100  # a status has at most so many
CHOICES = {f"c{number}": {"label": payload[:200]} for number, payload in enumerate(PAYLOADS)}
OPTIONS: dict[str, dict[str, Any]] = {
    "currency": {"currency": "USD"},
    "select": {"choices": CHOICES},
    "multi_select": {"choices": CHOICES},
    "status": {"choices": dict(itertools.islice(CHOICES.items(), FEWER))},
    "link": {"to": "firms"},
    "any_link": {"to": ["firms", "kinds"]},
    "parent": {},
    "line_items": {"of": "lines", "by": "thing", "order": "place"},
    "formula": {"formula": '{f_text} & "!"'},
    "button": {"url": '"https://example.com/" & {f_text}'},
    "lookup": {"through": "f_many", "field": "name"},
    "rollup": {"through": "f_many", "field": "name", "function": "join"},
    "count": {"through": "f_many"},
    "snapshot": {"through": "f_link", "field": "name"},
    "sequence": {"number": "SO-{####}"},
}
# What a type with a form of its own takes, with what attackers would write wherever it takes it.
SHAPED: dict[str, Any] = {
    "url": "https://example.com/?{}",
    "email": "{}@example.com",
    "phone": "+49 30 1234567",
    "number": 7, "currency": 7.5, "percent": 0.5, "rating": 3, "progress": 0.4, "duration": 90, "checkbox": True,
    "date": "2026-03-02", "date_time": "2026-03-02T10:00:00.000Z", "time": "10:00:00",
}  # fmt: skip


NOT_FOR_STRANGERS = {"user", "users", "department", "parent", "line_items", "attachment", "link", "any_link"}


def is_written(kind: str) -> bool:
    """Whether people write values of this type."""
    of = field_types[kind]
    return not (of.computed or of.system or of.copied or of.drawn)


def document() -> dict[str, Any]:
    """The app: every label is another one of what attackers would write."""
    labels = (payload[:200] for payload in itertools.cycle(PAYLOADS))

    def labelled(parts: dict[str, Any]) -> dict[str, Any]:
        return {key: {"label": next(labels), **part} for key, part in parts.items()}

    name = {"name": {"type": "text"}}
    kinds = [kind for kind in field_types if not field_types[kind].system]  # those are there by themselves
    fields = {f"f_{kind}": {"type": kind, **OPTIONS.get(kind, {})} for kind in kinds}
    many = {
        "f_many": {"type": "link", "to": "firms", "many": True, "inverse": {"key": "things", "label": next(labels)}}
    }
    views = {
        "all": {"type": "grid", "sort": ["f_number"], "totals": {"f_text": "count"}},
        "groups": {"type": "grid", "group": "f_select"},
        "board": {"type": "kanban", "by": "f_status", "fields": list(fields)[:12]},
        "month": {"type": "calendar", "date": "f_date"},
    }
    asked = [f"f_{kind}" for kind in kinds if is_written(kind)]
    strangers = [key for key in asked if key.removeprefix("f_") not in NOT_FOR_STRANGERS]
    forms = {"desk": {"fields": asked}, "open": {"fields": strangers, "public": True, "description": next(labels)}}
    tables = {
        "firms": {"title": "name", "fields": labelled(name)},
        "kinds": {"title": "name", "fields": labelled(name)},
        "lines": {
            "title": "name",
            "fields": labelled(
                {**name, "place": {"type": "number"}, "thing": {"type": "link", "to": "things", "on_delete": "cascade"}}
            ),
        },
        "things": {
            "title": "f_text",
            "description": next(labels),
            "fields": labelled({**fields, **many}),
            "views": labelled(views),
            "forms": labelled(forms),
        },
    }
    return {
        "formwork": 1, "key": "zoo", "label": next(labels), "description": next(labels), "version": "1.0.0",
        "tables": labelled(tables),
    }  # fmt: skip


@dataclass
class Zoo:
    """The app in a workspace. `whole` is a record that holds everything at once, `shared` what strangers may open."""

    workspace: Workspace
    ids: list[str] = field(default_factory=list)
    whole: str = ""
    shared: list[str] = field(default_factory=list)
    held: str = ""  # the import


def build(stores: Stores, workspace: Workspace, owner: Principal, settings: Settings) -> Zoo:
    """Everything called and filled in by attackers, as far as it is taken; the owner, too."""
    evil = PAYLOADS[3]
    with stores.control.write() as session:
        session.connection.execute(users.update().values(name=evil))
    workspaces.mirror(stores, workspace.id)
    file = files.bring(workspace, owner, io.BytesIO(b"words"), f"{evil}.txt", ROOM).id
    made = Zoo(workspace)
    with workspace.write(owner) as session:
        apps.apply(session, document())
        made.ids, made.whole = _fill(session, file)
        comments.add(session, "zoo.things", made.whole, "\n".join(PAYLOADS))
        comments.add(session, "zoo.things", made.whole, "\n".join(HTMX_PAYLOADS)[:9_000])
        for payload in PAYLOADS:
            notifications.tell(session, [owner.user_id or ""], payload, table="zoo.things", record_id=made.whole)
        outbox.put(session, ["a@example.com"], evil, "\n".join(PAYLOADS), settings)
        for view, record in (("all", ""), ("board", ""), ("month", ""), ("all", made.whole)):
            made.shared.append(shares.create(session, "zoo.things", view, record=record, name=evil)[1])
    with workspace.write(owner) as session:
        records.update(session, "zoo.things", {made.whole: {"f_long_text": PAYLOADS[0]}})
        records.update(session, "zoo.things", {made.ids[0]: {"f_rich_text": PAYLOADS[1]}})
        records.delete(session, "zoo.things", [made.ids[1]])
        csv = io.BytesIO(("name\n" + "".join(f'"{one.replace(chr(34), chr(34) * 2)}"\n' for one in PAYLOADS)).encode())
        made.held = imports.start(session, csv, f"{evil}.csv", "zoo.firms").id
        imports.choose(session, made.held, imports.propose(session, made.held, "zoo.firms").mapping)
    imports.count_lines(workspace, owner, made.held)
    return made


def _fill(session: Session, file: str) -> tuple[list[str], str]:
    firms = records.create(session, "zoo.firms", [{"name": payload} for payload in PAYLOADS])
    kinds = records.create(session, "zoo.kinds", [{"name": payload} for payload in PAYLOADS])
    of = {"user": session.principal.user_id, "users": [session.principal.user_id], "attachment": [file],
          "department": departments.create(session, PAYLOADS[3][:60])}  # fmt: skip
    lines = []
    for number, payload in enumerate(PAYLOADS):
        linked = {
            "link": firms[number], "any_link": (firms, kinds)[number % 2][number], "line_items": [{"name": payload}],
            "select": f"c{number}", "status": f"c{number % FEWER}", "multi_select": [f"c{number}", "c0"],
        }  # fmt: skip
        lines.append(_taken({**dict.fromkeys(field_types, payload), **SHAPED, **of, **linked}, payload))
        lines[-1] |= {"f_many": firms[number : number + 3], "f_number": number}
    written = {key.removeprefix("f_") for line in lines for key in line}
    assert {kind for kind in field_types if is_written(kind)} - written == {"parent"}
    ids = records.create(session, "zoo.things", lines)
    everything = {
        "f_text": PAYLOADS[3], "f_long_text": "\n".join(PAYLOADS),
        "f_rich_text": "\n\n".join((*PAYLOADS, *HTMX_PAYLOADS)),
        "f_json": list(PAYLOADS), "f_multi_select": list(CHOICES), "f_many": firms, "f_parent": ids[0],
        "f_line_items": [{"name": payload} for payload in PAYLOADS], "f_number": -1, "f_date": "2026-03-02",
    }  # fmt: skip
    (whole,) = records.create(session, "zoo.things", [{**lines[3], **everything, "f_sequence": "whole"}])
    return ids, whole


def _taken(values: dict[str, Any], payload: str) -> dict[str, Any]:
    """Those that their types take; what has a form of its own is tried with the payload within it."""
    taken: dict[str, Any] = {}
    for kind, value in values.items():
        given = value.format(payload) if isinstance(value, str) and kind in SHAPED else value
        options = {"type": kind, **OPTIONS.get(kind, {})}
        try:
            taken[f"f_{kind}"] = field_types[kind].accept(given, options)
        except InvalidValue:
            continue
    return taken
