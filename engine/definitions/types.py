"""What each field is to an expression: its type, and for computed fields what they are worked out from."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from engine import formulas
from engine.definitions import any_links, conditions
from engine.definitions.apps import Apps
from engine.definitions.language import Condition, Field, Table
from engine.definitions.scope import FILE_PARTS, HELD, Path, RecordScope
from engine.errors import Problem
from engine.field_types.rollup import FUNCTIONS
from engine.formulas import Formula, Type
from engine.formulas.reading import Find
from engine.formulas.types import (
    BOOLEAN,
    FILE,
    NAMED_ELSEWHERE,
    NUMBER,
    TEXT,
    failing,
    list_of,
    record_of,
    select_of,
)

Key = tuple[str, str]  # (table address, field key)


class Cycle(Exception):
    """A computed field that depends on itself; `keys` is the way round."""

    def __init__(self, keys: list[Key]) -> None:
        super().__init__(" > ".join(".".join(key) for key in keys))
        self.keys = keys


class Unknown(Exception):
    """A computed field refers to something that is not there; `problem` says what."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.says)
        self.problem = problem


class FieldTypes:
    """The types of all fields of a workspace, worked out once per set of apps."""

    def __init__(self, apps: Apps) -> None:
        self.apps = apps
        self._types: dict[Key, Type] = {}
        self._formulas: dict[Key, Formula] = {}
        self._clocks: dict[Key, bool] = {}
        self._asking: list[Key] = []
        # Whoever else asks meanwhile would look like a field that depends on itself.
        self._working = threading.RLock()

    def of(self, field: Field) -> Type:
        """The type of the field's values. Raises `Cycle`, `Unknown`, `formulas.FormulaError`."""
        if field.narrowed:
            return self._worked_out(field)
        key = (field.table, field.key)
        if key not in self._types:
            with self._working:
                self._work_out(field, key)
        return self._types[key]

    def along(self, table: Table, path: Path) -> Type | None:
        """The type at the end of a path of keys through links; a list if a link on the way has many.

        Raises `Cycle`, and `Unknown` where a field on the way has mistakes of its own.
        """
        try:
            return self._along(table, path)
        except formulas.FormulaError as error:
            raise Unknown(Problem("", error.says, "formula")) from error

    def _along(self, table: Table, path: Path) -> Type | None:
        many = False
        for place, part in enumerate(path[:-1]):
            link, behind = self.apps.step(table, part)
            if link is not None and place == len(path) - 2 and self._gives_files(link):
                return list_of(FILE_PARTS[path[-1]]) if path[-1] in FILE_PARTS else None
            if link is not None and link.kind.of_any_table and place == len(path) - 2:
                asked = any_links.type_of_part(self, link, path[-1])
                return list_of(asked) if asked and (many or link.many) else asked
            if link is None or behind is None:
                return None
            many = many or link.many
            table = behind
        last, _behind = self.apps.step(table, path[-1])
        if last is None:
            return record_of(table.address) if path[-1] == "id" else None
        found = self.of(last)
        return list_of(found) if many and not found.is_list else found

    def _gives_files(self, field: Field) -> bool:
        """Whether the values are files, the field's own or looked up."""
        if field.is_link or not (field.kind.listed or field.kind.computed):
            return False
        held = self.of(field)
        return held.item == FILE

    def formula(self, field: Field) -> Formula:
        """The checked expression of a formula field."""
        self.of(field)
        return self._formulas[field.table, field.key]

    def scope(self, table: str, more: Mapping[Path, Type] | None = None) -> RecordScope:
        """What an expression about a record of `table` may name."""
        found = self.apps.tables[table]
        return RecordScope(self, found, found.app, more)

    def of_record(self, table: str) -> dict[Path, Type]:
        """What a condition on other records may name of the record that asks: `{record.account}`."""
        return {("record", key): held for key, held in self._sound(self.apps.tables[table].fields.values())}

    def before(self, table: Table) -> dict[Path, Type]:
        """The names of what the fields held before a change, `previous.stage`: of those that people fill in."""
        own = [one for one in table.fields.values() if not one.kind.computed and not one.many]
        return {("previous", key): held for key, held in self._sound(own)}

    def _sound(self, fields: Iterable[Field]) -> Iterator[tuple[str, Type]]:
        for field in fields:
            with suppress(Cycle, Unknown, formulas.FormulaError):  # told where that field stands
                yield field.key, self.of(field)

    def uses_clock(self, field: Field) -> bool:
        """Whether the value depends on when (or by whom) it is read, so that it cannot be stored."""
        key = (field.table, field.key)
        if key not in self._clocks:
            self.of(field)  # a cycle would recurse for ever; it is told here
            self._clocks[key] = field.kind.computed and self._reads_clock(field)
        return self._clocks[key]

    def inputs(self, field: Field) -> list[Path]:
        """The paths, from the field's own table, that a computed field is worked out from."""
        table = self.apps.tables[field.table]
        paths = [opened for path in self._named(field) for opened in any_links.opened(self, table, path)]
        return [*paths, *(one for path in paths for one in self._orders(table, path))]

    def _orders(self, table: Table, path: Path) -> Iterator[Path]:
        """What the order of the linked records on the way depends on."""
        here: Table | None = table
        for number, part in enumerate(path):
            one, here = self.apps.step(here, part)
            if one is None:
                return
            if one.ordered_by is not None:
                yield (*path[: number + 1], one.ordered_by)

    def _named(self, field: Field) -> list[Path]:
        if field.expression is not None:
            scope = self.scope(field.table)
            return [scope.resolve(path) or path for path in _of_records(self.formula(field).paths)]
        through, _link = self.through(field)
        inner = [field.options["field"]] if "field" in field.options else []
        inner += [key.removeprefix("-") for key in field.options.get("sort", ())]
        paths: list[Path] = [(through,), *((through, name) for name in inner)]
        paths += [(through, *path) for name in inner for path in self._named_by(self.behind(field).fields.get(name))]
        return paths + [(through, *path) for path in _of_records(self._paths_of_where(field))]

    def finds(self, field: Field) -> list[Find]:
        """The tables that a computed field looks through without a link, and what it reads of their records."""
        where = field.options.get("where")
        if field.expression is not None:
            wanted = list(self.formula(field).finds)
        elif where is not None:
            # What the linked records look for: a change there may concern any record.
            linked = conditions.finds(where, self.scope(self.behind(field).address))
            wanted = [replace(find, key=None, against=None) for find in linked]
        else:
            wanted = []
        return self._resolved(wanted)

    def read_by(self, formula: Formula, table: str) -> tuple[list[Path], list[Find]]:
        """What an expression about a record of `table` reads: paths by keys, and tables that it looks through."""
        return self._opened(self.scope(table), formula.paths), self._resolved(formula.finds)

    def read_by_condition(self, condition: Condition, table: str) -> tuple[list[Path], list[Find]]:
        """The same of a condition; of a field that is not stored, what it is worked out from."""
        scope, of = self.scope(table), self.apps.tables[table]
        named, finds = conditions.paths(condition, scope), self._resolved(conditions.finds(condition, scope))
        paths = [one for path in sorted(named) for one in any_links.opened(self, of, path)]
        for path in paths:  # grows by what unstored fields read
            for place, field in enumerate(self._fields_on(of, [path])):
                if field.kind.computed and self.uses_clock(field):
                    paths += [one for each in self.inputs(field) if (one := (*path[:place], *each)) not in paths]
                    further = self.finds(field)
                    finds += further if place == 0 else [replace(one, key=None, against=None) for one in further]
        return paths, finds

    def _resolved(self, finds: Iterable[Find]) -> list[Find]:
        found = []
        for find in finds:
            scope = self.scope(find.table)
            paths = frozenset(self._opened(scope, find.paths))
            found.append(replace(find, paths=paths, key=scope.resolve(find.key) if find.key else None))
        return found

    def _opened(self, scope: RecordScope, written: Iterable[Path]) -> list[Path]:
        paths = [scope.resolve(path) or path for path in _of_records(written)]
        return [one for path in paths if scope.table for one in any_links.opened(self, scope.table, path)]

    def uses_calendar(self, field: Field) -> bool:
        """Whether a computed field itself is worked out by the business calendar."""
        where = field.options.get("where")
        if field.expression is not None:
            return self.formula(field).uses_calendar
        return where is not None and conditions.uses_calendar(where, self.scope(self.behind(field).address))

    def settings_used(self, field: Field) -> set[tuple[str, str]]:
        """The settings, as (app, key), that a computed field is worked out from."""
        table = self.apps.tables[field.table]
        if field.expression is not None:
            return {(table.app, path[1]) for path in self.formula(field).paths if path[0] == "settings"}
        app = self.behind(field).app
        return {(app, path[1]) for path in self._paths_of_where(field) if path[0] == "settings"}

    def _paths_of_where(self, field: Field) -> Collection[Path]:
        where = field.options.get("where")
        if where is None:
            return ()
        return conditions.paths(where, self.scope(self.behind(field).address))

    def behind(self, field: Field) -> Table:
        """The table of the records that a field over a link is worked out from. Raises `Unknown`."""
        _part, link = self.through(field)
        behind = self.apps.tables.get(link.target or "")
        if behind is None:
            raise Unknown(Problem("/through", "", "unknown_link"))
        return behind

    def through(self, field: Field) -> tuple[str, Field]:
        """The link that a field over a link names, as a part of paths and as a field: `about.leads` is a plain link.

        Raises `Unknown`.
        """
        table = self.apps.tables[field.table]
        path = self.scope(field.table).resolve(tuple(field.options["through"].split(".")))
        link, _behind = self.apps.step(table, path[0]) if path and len(path) == 1 else (None, None)
        if path is None or link is None or not link.is_link:
            raise Unknown(Problem("/through", "", "unknown_link"))
        return path[0], link

    def _named_by(self, field: Field | None) -> list[Path]:
        """What a link is sorted by beside itself."""
        return [] if field is None or field.many or not field.is_link else sort_paths(self.apps, field)

    def _reads_clock(self, field: Field) -> bool:
        if field.expression is not None:
            formula = self.formula(field)
            if formula.uses_clock or formula.uses_me:
                return True
        where = field.options.get("where")
        if where is not None and conditions.uses_clock(where, self.scope(self.behind(field).address)):
            return True
        if field.options.get("function") == "join":
            joined = self.along(self.apps.tables[field.table], (self.through(field)[0], field.options["field"]))
            if joined is not None and (joined.item or joined) in NAMED_ELSEWHERE:
                return True
        return any(self.uses_clock(one) for one in self.read_for(field))

    def read_for(self, field: Field) -> Iterator[Field]:
        """The fields that a computed field is worked out from, links on the way included."""
        yield from self._fields_on(self.apps.tables[field.table], self.inputs(field))
        for find in self.finds(field):
            yield from self._fields_on(self.apps.tables[find.table], [*find.paths])

    def _fields_on(self, table: Table, paths: list[Path]) -> Iterator[Field]:
        for path in paths:
            here: Table | None = table
            for part in path:
                at, (one, here) = here, self.apps.step(here, part)
                if one is None or at is None:
                    break
                yield at.fields[one.key]

    def _work_out(self, field: Field, key: Key) -> None:
        if key in self._types:  # somebody else has done it meanwhile
            return
        if key in self._asking:
            raise Cycle([*self._asking[self._asking.index(key) :], key])
        self._asking.append(key)
        try:
            self._types[key] = self._worked_out(field)
        finally:
            self._asking.pop()

    def _worked_out(self, field: Field) -> Type:
        if field.expression is not None:
            formula = formulas.check(field.expression, self.scope(field.table))
            self._formulas[field.table, field.key] = formula
            held, given = formula.type, field.options.get("format", {})
            if held.name == "text" and given.get("type") == "select":  # its texts are keys of choices
                held = select_of(given["choices"])
            return failing(held, formula.can_fail)
        if field.kind.over_link:
            return self._over_link(field)
        if field.kind.of_any_table:
            return any_links.type_of(self, field)
        if field.is_link:
            target = self.apps.tables.get(field.target or "")
            record = record_of(field.target or "", target.title if target else "")
            return list_of(record) if field.many else record
        held = select_of(field.options["choices"]) if field.kind.names == "choices" else HELD[field.kind.holds]
        return list_of(held) if field.kind.listed else held

    def _over_link(self, field: Field) -> Type:
        if "field" not in field.options:
            return NUMBER
        path = (self.through(field)[0], field.options["field"])
        found = self.along(self.apps.tables[field.table], path)
        if found is None:
            raise Unknown(Problem("/field", "", "unknown_field"))
        if "function" not in field.options:
            return found
        item = found.item if found.is_list and found.item else found
        given = {"number": NUMBER, "boolean": BOOLEAN, "text": TEXT, "list": list_of(item), "same": item}
        return failing(given[FUNCTIONS[field.options["function"]].gives], item.can_fail)


def sort_paths(apps: Apps, field: Field) -> list[Path]:
    """What records are sorted by for a field, one after the other: a link by how the records stand that it leads to."""
    if field.kind.of_any_table:
        return [(field.key, "title")]
    target = apps.tables.get(field.target or "") if field.is_link and not field.many else None
    if target is None:
        return [(field.key,)]
    # What a record is called may be a link again; its name then is not looked for any further.
    return [(field.key, key) for key in target.stands_by]


def _of_records(paths: Iterable[Path]) -> list[Path]:
    """Those that lead to fields, not to settings; what a field held before is a matter of that field."""
    return sorted({path[1:] if path[0] == "previous" else path for path in paths if path[0] != "settings"})
