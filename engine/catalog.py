"""The catalog: templates that lie in folders, and installing one with its sample records."""

from __future__ import annotations

import copy
import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine import apps, queries, records
from engine.access import door
from engine.apps import Plan
from engine.definitions.language import Document, Field, Table
from engine.errors import NotFound, Problem, Refused
from engine.imports.lookups import departments_by_name
from engine.storage.alterations import count_records
from engine.storage.session import Session, timestamp
from engine.text import _, label_in

CATALOG = Path(__file__).resolve().parent.parent / "templates_catalog"
_DAY = re.compile(r"([+-]\d+)d(?: (\d{2}:\d{2}))?")


@dataclass(frozen=True)
class Template:
    """A definition in the catalog. `document` has its texts in every language the template speaks."""

    key: str
    document: Document
    readme: str
    seeds: Mapping[str, list[dict[str, Any]]]  # table key -> records that the app needs to work (stages, reasons)
    samples: Mapping[str, list[dict[str, Any]]]  # table key -> sample records

    @property
    def label(self) -> Any:
        return self.document.get("label", self.key)

    @property
    def sample_count(self) -> int:
        return sum(len(one) for one in self.samples.values())


def templates() -> list[Template]:
    """All templates of the catalog, by key."""
    return [template(folder.name) for folder in sorted(CATALOG.iterdir()) if (folder / "app.json").is_file()]


def template(key: str) -> Template:
    """One template. Raises `NotFound`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key) or not (CATALOG / key / "app.json").is_file():
        raise NotFound(_("There is no template {template}.", template=key))
    return _read(key)


@cache
def _read(key: str) -> Template:
    folder = CATALOG / key
    document = json.loads((folder / "app.json").read_text("utf-8"))
    for locale in sorted((folder / "locales").glob("*.json")):
        for pointer, text in json.loads(locale.read_text("utf-8")).items():
            _translate(document, pointer, locale.stem, text)
    seeds, samples = (_records_in(folder / name, document) for name in ("seeds", "records"))
    readme = folder / "README.md"
    return Template(key, document, readme.read_text("utf-8") if readme.is_file() else "", seeds, samples)


def _records_in(folder: Path, document: Document) -> dict[str, list[dict[str, Any]]]:
    paths = {table: folder / f"{table}.json" for table in document["tables"]}
    return {table: json.loads(path.read_text("utf-8")) for table, path in paths.items() if path.is_file()}


def _translate(document: Any, pointer: str, language: str, text: str) -> None:
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    key: Any = int(last) if isinstance(document, list) else last
    held = document.get(key) if isinstance(document, dict) else document[key]
    english = held if isinstance(held, Mapping) else {"en": held if held is not None else _spelled(pointer)}
    document[key] = {**english, language: text}


def _spelled(pointer: str) -> str:
    """The English label that a part without one has: its key as words."""
    return pointer.split("/")[-2].replace("_", " ").capitalize()


def bindings(session: Session, chosen: Template) -> dict[str, list[str]]:
    """For each thing that the template requires, the tables that it may be bound to, the best first.

    Its own stand-in is always among them, last.
    """
    options: dict[str, list[str]] = {}
    for role, requirement in chosen.document.get("requires", {}).items():
        provider = session.layout.apps.provider(role, without=chosen.key)
        needed = set(requirement.get("fields", ()))
        fits = provider is not None and needed <= set(session.layout.table(provider).fields)
        options[role] = [*([provider] if provider and fits else []), f"{chosen.key}.{requirement['table']}"]
    return options


def definition_of(session: Session, chosen: Template, bound: Mapping[str, str] | None = None) -> Document:
    """The document that installing the template would apply, its requirements bound as chosen (or at best)."""
    possible = bindings(session, chosen)
    document = copy.deepcopy(dict(chosen.document))
    if possible:
        document["bindings"] = {role: (bound or {}).get(role, tables[0]) for role, tables in possible.items()}
    return document


def preview(session: Session, chosen: Template, bound: Mapping[str, str] | None = None) -> Plan:
    """What installing would do, in words."""
    return apps.plan(session, definition_of(session, chosen, bound), tested=False)


def install(
    session: Session, key: str, *, samples: bool = True, bound: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Install a template with its seeds, and its sample records if wanted; how many records each table got.

    Where the app was here before, its records have come back with it and nothing is added. Raises `Refused` if it
    is installed already, `Forbidden` for who may not build.
    """
    door.enter_builder(session.principal)
    chosen = template(key)
    if key in session.layout.apps:
        raise Refused([Problem("", _("{app} is installed already.", app=chosen.label), "installed")])
    session.cause = session.cause or f"install:{key}"  # samples are no business: no automation starts by them
    document = definition_of(session, chosen, bound)
    apps.apply(session, document, tested=False)  # what the catalog brings is proven before it goes out
    if any(count_records(session, table) for table in session.layout.apps[key].tables.values()):
        return {}
    return _add_records(session, document, {**chosen.seeds, **(chosen.samples if samples else {})})


def _add_records(session: Session, document: Document, wanted: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    """Create seeds and samples; a link whose record does not exist yet is set once all of them do."""
    ids = _ids_in_bound_tables(session, document, wanted)
    later: dict[str, dict[str, dict[str, Any]]] = {}
    counts: dict[str, int] = {}
    for key in _targets_first(session.layout.apps[document["key"]].tables):
        rows = wanted.get(key, [])
        if not rows:
            continue
        table = session.layout.table(f"{document['key']}.{key}")
        ready: list[dict[str, Any]] = []
        linked: list[dict[str, Any]] = []
        for row in rows:
            now: dict[str, Any] = {}
            then: dict[str, Any] = {}
            for name, value in row.items():
                if name == "$id":
                    continue
                field = table.fields.get(name)
                if field is None:
                    raise Refused([Problem(f"/records/{key}", _("There is no field {field} here.", field=name))])
                waits = field.is_link and not _resolvable(value, ids)
                (then if waits else now)[name] = value if waits else _sample_value(session, field, value, ids)
            ready.append(now)
            linked.append(then)
        made = records.create(session, table.address, ready)
        counts[key] = len(made)
        for row, record_id, then in zip(rows, made, linked, strict=True):
            if "$id" in row:
                ids[row["$id"]] = record_id
            if then:
                later.setdefault(table.address, {})[record_id] = then
    for address, waiting in later.items():
        table = session.layout.table(address)
        records.update(
            session,
            address,
            {
                record_id: {
                    name: _sample_value(session, table.fields[name], value, ids) for name, value in then.items()
                }
                for record_id, then in waiting.items()
            },
        )
    return counts


def _targets_first(tables: Mapping[str, Table]) -> list[str]:
    """The tables' keys, a table after those that its records link to: always where they must, else where it goes."""
    links = {
        key: [(one.required, target) for one in table.declared for target in _own_targets(one)]
        for key, table in tables.items()
    }
    must = {key: {target for required, target in found if required} for key, found in links.items()}
    ordered: dict[str, None] = {}

    def needs(key: str, other: str, seen: frozenset[str] = frozenset()) -> bool:
        return key == other or any(needs(one, other, seen | {key}) for one in must[key] - seen)

    def place(key: str, above: tuple[str, ...]) -> None:
        for target in dict.fromkeys([*must[key], *(target for _required, target in links[key])]):
            if target not in ordered and not any(needs(target, one) for one in (*above, key)):
                place(target, (*above, key))
        ordered[key] = None

    for key in tables:
        if key not in ordered:
            place(key, ())
    return list(ordered)


def _own_targets(field: Field) -> list[str]:
    """The keys of the tables of the same app that a link leads to."""
    app = field.table.partition(".")[0]
    places = [] if field.is_side else [address.split(".") for address in field.targets]
    return [table for of, table in places if of == app]


def _ids_in_bound_tables(
    session: Session, document: Document, wanted: Mapping[str, list[dict[str, Any]]]
) -> dict[str, str]:
    """The records that stand for samples of tables which another app provides: found there by title, else created."""
    ids: dict[str, str] = {}
    for role, requirement in document.get("requires", {}).items():
        stand_in, address = requirement["table"], document["bindings"][role]
        if address == f"{document['key']}.{stand_in}":
            continue
        table = session.layout.table(address)
        for row in wanted.get(stand_in, []):
            fields = {
                name: table.fields[name] for name in row if name in table.fields and table.fields[name].importable
            }
            values = {name: _sample_value(session, field, row[name], ids) for name, field in fields.items()}
            title = str(values.get(table.title, ""))
            found = [record_id for record_id, held in queries.find_titles(session, address, title) if held == title]
            ids[row["$id"]] = found[0] if found else records.create(session, address, [values])[0]
    return ids


def _resolvable(value: Any, ids: Mapping[str, str]) -> bool:
    wanted = value if isinstance(value, list) else [value]
    return all(isinstance(one, str) and one.removeprefix("@") in ids for one in wanted)


def _sample_value(session: Session, field: Field, value: Any, ids: Mapping[str, str]) -> Any:
    """A sample's value as a record holds it: `@acme` is a record, `@me` who installs, `+14d` a day from today.

    A department is written by its name.
    """
    if field.is_link:
        wanted = value if isinstance(value, list) else [value]
        found = [ids[one.removeprefix("@")] for one in wanted if one.removeprefix("@") in ids]
        return found if field.many else (found[0] if found else None)
    if field.kind.names == "people":
        me = session.principal.user_id
        return (
            [me if one == "@me" else one for one in value]
            if isinstance(value, list)
            else me
            if value == "@me"
            else value
        )
    if field.kind.names == "departments":
        found = departments_by_name(session).find(str(value))
        return found[0] if found else None
    if field.kind.holds in {"date", "date_time"} and isinstance(value, str):
        return _sample_day(session, field, value)
    if isinstance(value, Mapping):
        return _in_language(value, session.workspace.language)
    return value


def _in_language(value: Mapping[str, Any], language: str) -> Any:
    """A text that a sample has in several languages (`{"en": ..., "zh": ...}`), also as the label of a place."""
    if "en" in value:
        return label_in(value, language)
    return {key: _in_language(one, language) if isinstance(one, Mapping) else one for key, one in value.items()}


def _sample_day(session: Session, field: Field, value: str) -> str:
    found = _DAY.fullmatch(value)
    if found is None:
        return value
    zone = ZoneInfo(session.workspace.time_zone)
    day = session.now.astimezone(zone).date() + datetime.timedelta(days=int(found[1]))
    if field.kind.holds == "date":
        return day.isoformat()
    time = datetime.time.fromisoformat(found[2] or "09:00")
    return timestamp(datetime.datetime.combine(day, time, zone))
