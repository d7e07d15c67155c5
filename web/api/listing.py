"""Lists of records: the options of a request, from its query or its body, and the pages of the answer."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import formulas, records
from engine.definitions.language import Condition, Table
from engine.errors import Problem, Refused
from engine.formulas import FormulaError
from engine.json_text import read_token
from engine.queries import Query
from engine.storage.session import Session
from engine.text import _
from web.api.answering import whole_number
from web.api.cell_format import CellFormat, cell_format_in
from web.api.errors import ApiRefusal, wrong_request
from web.api.file_links import FileLinks
from web.api.naming import Names, names_of, view_named
from web.api.shapes import FLAG, TEXT, TEXTS, Schema, array, asked, number, one_of, shape
from web.signing import Signer

PAGE_SIZE = 100
_PLAIN = {
    "filterByFormula": TEXT,
    "search": TEXT,
    "view": TEXT,
    "pageSize": number(1, PAGE_SIZE),
    "maxRecords": number(1),
    "offset": TEXT,
}
# What is told of these options: those of a query, of a body, and the ones about cells alone.
OF_CELLS: Sequence[Schema] = (
    asked("cellFormat", one_of("json", "string")), asked("timeZone"), asked("userLocale"),
    asked("returnFieldsByFieldId", FLAG),
)  # fmt: skip
QUERY: Sequence[Schema] = (
    *(asked(name, schema) for name, schema in _PLAIN.items()), asked("fields[]", TEXTS),
    asked("recordMetadata[]", array(one_of("commentCount"))), *OF_CELLS,
)  # fmt: skip
_OFFSETS = "offsets"  # what they are signed for
_SORT = array(shape({"direction": one_of("asc", "desc")}, field=TEXT))
BODY = shape({**_PLAIN, "fields": TEXTS, "sort": _SORT, "returnFieldsByFieldId": FLAG})
_INDEXED = re.compile(r"(\w+)(?:\[(\d*)\])?(?:\[(\w+)\])?")


@dataclass(frozen=True)
class Options:
    """What a client asks of a list. `left` is how many records of `max_records` the pages before have not taken."""

    fields: Sequence[str] | None = None
    formula: str = ""
    search: str = ""
    view: str = ""
    sort: Sequence[tuple[str, bool]] = ()  # (field, descending)
    page_size: int = PAGE_SIZE
    max_records: int | None = None
    cells: CellFormat = CellFormat()
    offset: str = ""
    skip: int = 0


def options_in_query(pairs: Iterable[tuple[str, str]]) -> Options:
    """The options of a query string: `fields[]=Name&sort[0][field]=Name&pageSize=10`. Raises `ApiRefusal`."""
    given: dict[str, Any] = {}
    sort: dict[str, dict[str, str]] = {}
    for name, value in pairs:
        found = _INDEXED.fullmatch(name)
        word = found[1] if found else name
        if word == "sort" and found and found[3]:
            sort.setdefault(found[2] or "", {})[found[3]] = value
        elif word in {"fields", "recordMetadata"}:
            given.setdefault(word, []).append(value)
        else:
            given[word] = value
    if sort:
        given["sort"] = [sort[key] for key in sorted(sort, key=lambda one: int(one or 0))]
    return options_in(given)


def options_in(given: Mapping[str, Any]) -> Options:
    """The options of a JSON body; words that we do not know are let pass. Raises `ApiRefusal`."""
    fields = given.get("fields")
    if fields is not None and not _are_texts(fields):
        raise wrong_request("fields must be a list of field names")
    page_size = whole_number(given, "pageSize", least=1, most=PAGE_SIZE)
    return Options(
        fields=fields,
        formula=_text(given, "filterByFormula"),
        search=_text(given, "search"),
        view=_text(given, "view"),
        sort=_sort(given.get("sort") or ()),
        page_size=PAGE_SIZE if page_size is None else page_size,
        max_records=whole_number(given, "maxRecords", least=1),
        cells=cell_format_in(given),
        offset=_text(given, "offset"),
        skip=whole_number(given, "skip", least=0) or 0,
    )


def page(session: Session, table: Table, options: Options, links: FileLinks, signer: Signer) -> dict[str, Any]:
    """One page: `{"records", "offset"}`, the offset only if more follow; `signer` knows ours from others."""
    names = names_of(session.layout, table, session.workspace.language)
    keys = None if options.fields is None else names.keys(options.fields)
    query = question(session, names, options)
    shown = names.shown if keys is None else keys
    after, left = _begin(options, signer)
    size = options.page_size if left is None else min(options.page_size, left)
    query = replace(query, fields=[*shown, "created_at"], limit=size, after=after, offset=0 if after else options.skip)
    found = records.find(session, query)
    answered = options.cells.answers(session, names, shown, found.records, links)
    answer: dict[str, Any] = {"records": answered}
    if left is not None:
        left -= len(found.records)
    if found.next is not None and left != 0:
        answer["offset"] = _token(signer, found.next, left, found.records[-1].id)
    return answer


def question(session: Session, names: Names, options: Options) -> Query:
    """The records that the options are about, in their order. Raises `Refused`, `ApiRefusal`."""
    where: list[Condition] = []
    sort = [f"-{names.key(name)}" if down else names.key(name) for name, down in options.sort]
    if options.view:
        view = view_named(names.table, options.view)
        where += [view.filter] if view.filter is not None else []
        sort = sort or view.sort
    if options.formula.strip():
        where.append(f"={_condition(session, names.table, options.formula)}")
    return Query(names.table.address, where, sort, options.search)


def _condition(session: Session, table: Table, formula: str) -> str:
    """The formula as one that is true or false: a number counts as true unless it is 0, anything else unless empty."""
    layout = session.layout
    try:
        held = layout.recall(
            ("api.condition", table.address, formula),
            lambda: formulas.check(formula, layout.types.scope(table.address)).type,
        )
    except FormulaError as error:
        problems = [
            Problem(
                "/filterByFormula",
                _("The formula for filtering records is invalid: {problem}", problem=says),
                "formula",
                formula,
            )
            for says in error.told()
        ]
        raise Refused(problems) from error
    if held.name in {"boolean", "blank", "any"}:
        return formula
    return f"({formula}) != 0" if held.name == "number" else f'LEN(({formula}) & "") > 0'


def _begin(options: Options, signer: Signer) -> tuple[str | None, int | None]:
    """Where the page begins for the engine, and how many records may still come (None: all)."""
    if not options.offset:
        return None, options.max_records
    payload, _dot, mark = options.offset.removeprefix("itr").partition("/")[0].partition(".")
    if not signer.is_derived(_OFFSETS, payload, mark):  # else anybody's values would be compared with people's
        raise ApiRefusal(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "The offset is not one of ours; begin anew")
    after, left = read_token(payload)
    return after, left


def _token(signer: Signer, after: str, left: int | None, last: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps([after, left]).encode()).decode().rstrip("=")
    return f"itr{payload}.{signer.derived(_OFFSETS, payload)}/{last}"


def _sort(given: Any) -> list[tuple[str, bool]]:
    if not isinstance(given, list) and given:
        raise wrong_request("sort must be a list of field and direction")
    found = []
    for one in given:
        if not isinstance(one, Mapping) or not isinstance(one.get("field"), str):
            raise wrong_request("each sort needs a field")
        direction = one.get("direction", "asc")
        if direction not in ("asc", "desc"):
            raise wrong_request("the direction of a sort is asc or desc")
        found.append((one["field"], direction == "desc"))
    return found


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong_request(f"{name} must be a text")
    return value


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)
