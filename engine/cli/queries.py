"""The command that asks a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Annotated, Any

from cyclopts import Parameter

from engine import exports, queries, records, sequences, totals
from engine.cli.here import IN_WORKSPACE, InWorkspace, WrongUse
from engine.cli.naming import field_keys, find_table, listed
from engine.cli.progress import shown
from engine.definitions.language import Condition, Table
from engine.formulas.aggregates import AGGREGATES
from engine.queries import MAX_PAGE_SIZE, Query
from engine.showing import Shown, total
from engine.storage.session import Session
from engine.text import _, label_in
from engine.view_types import EACH, grouped_field

_Signed = Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)]
_Fields = list[str] | None
_Wanted = list[tuple[str, str]]  # (function, field key)


def query(
    table: str,
    /,
    *,
    where: list[str] | None = None,
    search: str = "",
    sort: _Signed = None,
    fields: _Fields = None,
    limit: int = 100,
    count: bool = False,
    group: _Fields = None,
    sum: _Fields = None,
    average: _Fields = None,
    min: _Fields = None,
    max: _Fields = None,
    filled: _Fields = None,
    unique: _Fields = None,
    format: str = "",
    by_keys: Annotated[bool, Parameter(name="--keys", negative="")] = False,
    total_of: Annotated[list[str] | None, Parameter(name="--total")] = None,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Find records: filter, sort, search; or count, group and total them.

    A condition is a formula over the fields, as in a formula field, or the JSON of a filter. Fields are named by key or
    label. Options that name fields take several with commas between them.

    For example:

        formwork query crm.opportunities --where '{amount} > 10000' --sort -amount --fields title,amount,stage
        formwork query crm.opportunities --where '{"field": "stage.name", "op": "is", "value": "Won"}' --count
        formwork query crm.opportunities --group owner --sum amount --sort -sum_amount --limit 5

        formwork query crm.accounts --where '{country} = "NO"' --format xlsx > accounts.xlsx

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    where
        A condition that must hold. May be given several times; then all must hold.
    search
        A text that one of the texts of a record contains.
    sort
        Fields to sort by; with a minus the largest first. With --group also count, sum_<field> ...
    fields
        Fields to show. Without it: those that the definition lists.
    limit
        How many records or groups at most; 0: all.
    count
        Only say how many there are.
    group
        Fields whose values make the groups. By each:tags a record counts in a group for each of its tags.
    sum
        Fields to add up.
    average
        Fields to take the average of.
    min
        Fields to find the smallest value of.
    max
        Fields to find the largest value of.
    filled
        Fields to count the values of.
    unique
        Fields to count the different values of.
    format
        Export all of them as a file to standard output: csv, jsonl, json or xlsx.
    by_keys
        With --format: columns by key and cells with ids, for programs.
    total_of
        Any other total as function:field, such as median:amount, distribution:stage, span_days:due.
    """
    functions = {"sum": sum, "average": average, "min": min, "max": max, "filled": filled, "unique": unique}
    if format:
        _export(here, table, where, search, sort, fields, format, by_keys)
        return
    with here.read() as session:
        of = find_table(session.layout, table)
        wanted = [
            (function, key)
            for function, names in functions.items()
            for key in field_keys(session.layout, of, listed(names))
        ]
        asked = Query(of.address, [condition(one) for one in where or ()], search=search)
        wanted += [_total_named(session, of, one) for one in listed(total_of)]
        if group:
            by = _grouped_by(session, of, listed(group))
            _show_groups(here, session, asked, by, wanted, listed(sort), limit)
        elif wanted or count:
            _show_totals(here, session, asked, wanted)
        else:
            keys = field_keys(session.layout, of, listed(sort), signed=True)
            _show_records(here, session, of, replace(asked, sort=keys), listed(fields), limit)


def _export(
    here: InWorkspace,
    table: str,
    where: _Fields,
    search: str,
    sort: _Fields,
    fields: _Fields,
    kind: str,
    by_keys: bool,
) -> None:
    with here.read() as session:
        of = find_table(session.layout, table)
        order = field_keys(session.layout, of, listed(sort), signed=True)
        keys = field_keys(session.layout, of, listed(fields)) or None
        asked = Query(of.address, [condition(one) for one in where or ()], order, search, keys)
        say = partial(label_in, language=session.workspace.language)
    with shown(here.terminal, _("Bytes")) as tell:
        written = 0
        for piece in exports.export(here.read, here.write, asked, kind, say, by_keys=by_keys).pieces:
            here.terminal.write(piece)
            written += len(piece)
            tell(written)


def gaps(table: str, field: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the numbers of a sequence that were drawn and that no record has now: those of deleted records.

    For example:

        formwork gaps orders.orders number

    Parameters
    ----------
    table
        Its address, such as orders.orders.
    field
        The sequence, by key or label.
    """
    with here.read() as session:
        of = find_table(session.layout, table)
        (key,) = field_keys(session.layout, of, [field])
        found = sequences.gaps(session, of.address, key)
    rows = [{"first": one.first, "last": one.last, "count": one.count} for one in found]
    here.table(rows, {"first": "From", "last": "To", "count": "Numbers"}, _("Every number that was drawn is in use."))


def _grouped_by(session: Session, table: Table, names: Sequence[str]) -> list[str]:
    keys = field_keys(session.layout, table, [grouped_field(one) for one in names])
    return [f"{EACH}{key}" if name.startswith(EACH) else key for name, key in zip(names, keys, strict=True)]


def _total_named(session: Session, table: Table, text: str) -> tuple[str, str]:
    function, colon, name = text.partition(":")
    if not colon or function not in AGGREGATES:
        says = _("A total is function:field. Functions are {functions}.", functions=", ".join(AGGREGATES))
        raise WrongUse(says)
    return function, field_keys(session.layout, table, [name])[0]


def condition(text: str) -> Condition:
    """What a person typed as a condition: the JSON of a filter, else a formula. `{a} > 1` is no JSON: no doubt."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if isinstance(given, dict):
        return given
    return text if text.startswith("=") else f"={text}"


def _show_records(
    here: InWorkspace, session: Session, table: Table, query: Query, names: Sequence[str], limit: int
) -> None:
    keys = field_keys(session.layout, table, names) or [one.key for one in table.declared]
    query = replace(query, fields=keys)
    found: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None and (not limit or len(found) < limit):
        size = min(limit - len(found), MAX_PAGE_SIZE) if limit else MAX_PAGE_SIZE
        page = records.find(session, replace(query, limit=size, after=following or None))
        found += [{"id": one.id, **one.values} for one in page.records]
        following = page.next
    if here.json:
        here.document(found)
        return
    shown = Shown(session, table, keys)
    here.table(shown.rows(found), {"id": "Id", **shown.headings}, _("No record satisfies this."))
    if following is not None:
        here.note(_("There are more than these {count}. --limit 0 shows all.", count=len(found)))


def _show_totals(here: InWorkspace, session: Session, query: Query, wanted: _Wanted) -> None:
    found = totals.totals(session, query, wanted)
    facts = {"count": queries.count(session, query), **dict(zip(_names(wanted), found, strict=True))}
    if here.json:
        here.document(facts)
        return
    said = _Said(session, session.layout.table(query.table), wanted)
    rows = [{"what": name, "value": said(name, value)} for name, value in facts.items()]
    here.table(rows, {"what": "Total", "value": "Value"})


def _show_groups(
    here: InWorkspace, session: Session, query: Query, by: list[str], wanted: _Wanted, sort: Sequence[str], limit: int
) -> None:
    table = session.layout.table(query.table)
    names = [*by, "count", *_names(wanted)]
    groups = totals.groups(session, query, by, wanted)
    rows = [dict(zip(names, (*one.values, one.count, *one.totals), strict=True)) for one in groups]
    shown = Shown(session, table, [grouped_field(one) for one in by])
    spread = [name for name, (function, _key) in zip(_names(wanted), wanted, strict=True) if _is_spread(function)]
    found = _sorted(rows, sort, [name for name in names if name not in spread])[: limit or None]
    if here.json:
        here.document(found)
        return
    said = _Said(session, table, wanted)
    fields = {one: table.fields[grouped_field(one)] for one in by}

    def text(name: str, value: Any) -> Any:
        if name not in fields:
            return said(name, value)
        return shown.text(fields[name], [value] if name.startswith(EACH) and value is not None else value)

    told = [{name: text(name, value) for name, value in row.items()} for row in found]
    headings = {**{one: shown.headings[grouped_field(one)] for one in by}, "count": "Count"}
    headings |= {f"{function}_{key}": f"{function} {key}" for function, key in wanted}
    here.table(told, headings, _("No record satisfies this."))


class _Said:
    """Totals as text; a distribution as `Won 3 (60%), Open 2 (40%)`."""

    def __init__(self, session: Session, table: Table, wanted: _Wanted) -> None:
        self._language = session.workspace.language
        self._spread = {
            name: key for name, (function, key) in zip(_names(wanted), wanted, strict=True) if _is_spread(function)
        }
        self._shown = Shown(session, table, [*self._spread.values()])

    def __call__(self, name: str, value: Any) -> Any:
        """The total called `name`."""
        if name not in self._spread:
            return total(value, self._language)
        key = self._spread[name]
        values = self._shown.rows([{key: one["value"]} for one in value])
        said = [
            held[key] or ("no" if one["value"] is False else "(empty)") for held, one in zip(values, value, strict=True)
        ]
        return ", ".join(f"{each} {one['count']} ({one['share']:.0%})" for each, one in zip(said, value, strict=True))


def _is_spread(function: str) -> bool:
    return AGGREGATES[function].gives == "portions"


def _names(wanted: _Wanted) -> list[str]:
    return [f"{function}_{key}" for function, key in wanted]


def _sorted(rows: list[dict[str, Any]], sort: Sequence[str], among: Sequence[str]) -> list[dict[str, Any]]:
    """By the columns named, out of `among`; what is empty comes last."""
    for name in reversed(sort):
        key = name.removeprefix("-")
        if key not in among:
            says = _("Groups are sorted by one of {names}, not by {name}.", names=", ".join(among), name=key)
            raise WrongUse(says)
        filled = [row for row in rows if row[key] is not None]
        filled.sort(key=itemgetter(key), reverse=name.startswith("-"))
        rows = [*filled, *(row for row in rows if row[key] is None)]
    return rows
