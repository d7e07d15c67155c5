"""Files that a request names by their addresses (`[{"url", "filename"?}]`): fetched before anything is written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from engine import audit, files
from engine.access import door
from engine.addresses import EgressRefused
from engine.egress import Egress, EgressFailed, Limits
from engine.errors import Problem, Refused
from engine.field_types import TakesFiles
from engine.text import _
from web.api.callers import Caller
from web.api.naming import names_of, table_named
from web.api.writing import Given

MOST = 20  # of one request
SECONDS = 30.0  # for one

Found = list[tuple[int, str, list[Any]]]  # number of the record, name of the field, what is sent for it


def with_fetched_files(caller: Caller, app: str, table: str, given: Given, act: door.Act) -> Given:
    """The same with ids in place of addresses. Nothing is fetched for who may not write there.

    Raises `Refused` with each file that cannot be had at `/<number>/<name>`.
    """
    found = _named_by_address(caller, app, table, given, act)
    if not found:
        return given
    if sum(_is_address(one) for _number, _name, listed in found for one in listed) > MOST:
        says = _("At most {count} files can be fetched at once.", count=MOST)
        raise Refused([Problem(f"/{found[0][0]}/{found[0][1]}", says, "too_many")])
    records = [(record_id, dict(fields)) for record_id, fields in given.records]
    problems = []
    for number, name, listed in found:
        try:
            records[number][1][name] = [_fetched(caller, one) if _is_address(one) else one for one in listed]
        except (EgressFailed, EgressRefused) as error:
            problems.append(Problem(f"/{number}/{name}", error.says, "file"))
            if isinstance(error, EgressRefused) and error.kind == "address":
                audit.note_apart(caller.store, caller.principal, "egress.refused", _("was not let out to fetch a file"))
        except Refused as error:
            problems += [Problem(f"/{number}/{name}", one.says, one.code) for one in error.problems]
    if problems:
        raise Refused(problems)
    return replace(given, records=list(records))


def _named_by_address(caller: Caller, app: str, table: str, given: Given, act: door.Act) -> Found:
    lists = [
        (number, name, value)
        for number, (_id, fields) in enumerate(given.records)
        for name, value in fields.items()
        if isinstance(value, list) and any(map(_is_address, value))
    ]
    if not lists:
        return []
    with caller.read() as session:
        of = table_named(session.layout, app, table)
        names = names_of(session.layout, of, session.workspace.language)
        if not door.may(caller.principal, act, of):
            return []
    fields = {name: names.fields.get(name) for _number, name, _value in lists}
    taking = {name for name, one in fields.items() if one and one.writable and isinstance(one.kind, TakesFiles)}
    return [one for one in lists if one[1] in taking]


def _is_address(one: Any) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("url"), str) and not one.get("id")


def _fetched(caller: Caller, one: Mapping[str, Any]) -> dict[str, str]:
    site = caller.site
    limits = Limits(total=SECONDS, body=site.file_limits.file + 1)
    answer = replace(Egress.of(site.settings), limits=limits).get(one["url"])
    if answer.status != 200:
        raise Refused([Problem("", _("The receiver answered {status}.", status=answer.status), "file")])
    name = one.get("filename")
    if not isinstance(name, str) or not name.strip():
        name = PurePosixPath(unquote(urlsplit(one["url"]).path)).name or "file"
    brought = files.bring(caller.store, caller.principal, io.BytesIO(answer.body), name, site.file_limits)
    return {"id": brought.id}
