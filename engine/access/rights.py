"""What somebody with certain roles may do with the records and fields of every table: worked out from definitions.

Several roles give what each of them gives: a record is seen if one of them shows it, and a field is seen in the
records that a role shows which shows the field, too. A computed field is as secret as the most secret of what it is
worked out from, unless its definition releases it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.access.principals import Principal
from engine.access.scopes import WHOLE, Scope
from engine.definitions.apps import Apps
from engine.definitions.language import App, Condition, Field, Table
from engine.definitions.roles import EVERY_FIELD, Role, Steering, TableAccess
from engine.definitions.scope import Path
from engine.definitions.types import FieldTypes

Rule = bool | Condition  # all records, none, or those that satisfy a condition
Key = tuple[str, str]  # (table address, field key)


@dataclass(frozen=True)
class FieldRights:
    """In which records a field is seen, and may be set: in a new record, and before and after a change."""

    seen: Rule = True
    create: Rule = True
    before: Rule = True
    after: Rule = True


@dataclass(frozen=True)
class TableRights:
    """With which records each act is allowed; `before` and `after` are about a change."""

    read: Rule = True
    create: Rule = True
    before: Rule = True
    after: Rule = True
    delete: Rule = True
    export: Rule = True
    fields: Mapping[str, FieldRights] = field(default_factory=dict)  # those that differ from their table
    views: frozenset[str] | None = None  # None: all
    forms: frozenset[str] | None = None

    def of(self, key: str) -> FieldRights:
        """The rights to a field."""
        return self.fields.get(key) or FieldRights(True, self.create, self.before, self.after)


@dataclass(frozen=True)
class Closed:
    """A field that is not seen in every record of its table; without a `field`, a table of which not all are seen."""

    table: str
    field: str = ""


ALL = TableRights()
ONLY_READ = TableRights(True, False, False, False, False)
NOTHING = TableRights(False, False, False, False, False, False)


def any_of(rules: Iterable[Rule]) -> Rule:
    """At least one of the rules holds."""
    parts: list[Condition] = []
    for one in rules:
        if one is True:
            return True
        if one is not False and one not in parts:
            parts.append(one)
    return False if not parts else parts[0] if len(parts) == 1 else {"any": parts}


def all_of(*rules: Rule) -> Rule:
    """All of the rules hold."""
    parts: list[Condition] = []
    for one in rules:
        if one is False:
            return False
        if one is not True and one not in parts:
            parts.append(one)
    return True if not parts else parts[0] if len(parts) == 1 else {"all": parts}


class Rights:
    """The rights to all tables of a workspace that `held` (addresses of roles; None: all there are) give.

    `role` is the one in the workspace: guests change nothing, and who has none does not belong to it. To a token what
    lies outside its scope is not there.
    """

    def __init__(
        self,
        apps: Apps,
        types: FieldTypes,
        held: Collection[str] | None,
        role: str = "member",
        scope: Scope = WHOLE,
    ) -> None:
        self._apps = apps
        self._types = types
        self._open: dict[Key, bool] = {}
        self.roles: dict[str, list[str]] = {}
        self.tables: dict[str, TableRights] = {}
        self.automations: dict[str, Steering] = {}  # by address; none where everything is given: builders ask nobody
        for app in apps.values():
            roles = list(app.roles.values()) if held is None else roles_in(app, held, role)
            for table in app.tables.values():
                self.roles[table.address] = [one.key for one in roles]
                limited = None if held is None else roles
                given = _rights(app, table, limited, guest=role == "guest")
                self.tables[table.address] = given if role and scope.covers(table.address) else NOTHING
            if held is not None:
                self.automations |= _automations(app, roles, guest=role == "guest")

    def leave_with(self, address: str) -> None:
        """Show of this table only the records that may be taken along."""
        if address in self.tables:
            self.tables[address] = replace(self.tables[address], read=self.tables[address].export)

    def seen(self, one: Field) -> Rule:
        """In which of the records that are seen the field is seen."""
        rights = self.tables[one.table]
        given = rights.of(one.key).seen
        if given is False or rights.read is False or (one.is_link and not self._link_is_seen(one)):
            return False
        secret = (one.kind.computed or one.kind.copied) and not one.released and not self._inputs_are_open(one)
        return False if secret else given

    def _link_is_seen(self, link: Field) -> bool:
        if all(self.tables[one].read is False for one in link.targets if one in self.tables):
            return False
        return link.inverse_of is None or self.tables[link.targets[0]].of(link.inverse_of).seen is True

    def _is_open(self, one: Field) -> bool:
        """Whether the field is seen in every record of its table that is seen."""
        key = (one.table, one.key)
        if key not in self._open:
            self._open[key] = self.seen(one) is True
        return self._open[key]

    def closed_inputs(self, one: Field) -> Iterator[Closed]:
        """What makes a computed field secret: of what it is worked out from that which is not seen in every record."""
        table = self._apps.tables[one.table]
        for path in self._types.inputs(one):
            yield from self._closed_on(table, path)
        for find in self._types.finds(one):
            of = self._apps.tables[find.table]
            if self.tables[of.address].read is not True:
                yield Closed(of.address)
            for path in find.paths:
                yield from self._closed_on(of, path)

    def _inputs_are_open(self, one: Field) -> bool:
        return next(self.closed_inputs(one), None) is None

    def _closed_on(self, table: Table, path: Path) -> Iterator[Closed]:
        """What the path names that is not seen in each record, or leads to records of which not all are seen."""
        here: Table | None = table
        for part in path:
            one, behind = self._apps.step(here, part)
            if one is None:
                if part != "id" and here is not None:
                    yield Closed(here.address, part)
                return
            targets = [self._apps.tables[address] for address in one.targets if address in self._apps.tables]
            if here is not None and not self._is_open(here.fields[one.key]):
                yield Closed(one.table, one.key)
            yield from (Closed(each.address) for each in targets if self.tables[each.address].read is not True)
            if one.kind.of_any_table:
                yield from (Closed(each.address, each.title) for each in targets if not self._name_is_open(each))
            here = behind
        if here is not None and not self._name_is_open(here):  # a record at the end stands for its name
            yield Closed(here.address, here.title)

    def _name_is_open(self, table: Table) -> bool:
        return self._is_open(table.fields[table.title])


class OfSent(Rights):
    """The rights of whoever has the link to correct what came by a public form: its fields of that one record.

    The records that it may link to are there to be chosen from, which the door lets nobody read otherwise.
    """

    def __init__(self, apps: Apps, types: FieldTypes, asker: Principal) -> None:
        super().__init__(apps, types, None)
        address, _dot, key = asker.id.rpartition(".")
        table = apps.tables.get(address)
        asked = {one.field for one in table.forms[key].fields} if table and key in table.forms else set()
        fields = [one for one in table.fields.values() if one.key in asked] if table else []
        self.tables = dict.fromkeys(self.tables, NOTHING)
        self.tables |= {target: ONLY_READ for one in fields for target in one.targets}
        if table:
            hidden = {one: FieldRights(False, False, False, False) for one in table.fields if one not in asked}
            its = f'={{id}} = "{asker.sent}"'
            self.tables[address] = TableRights(its, False, True, True, False, False, hidden)


def roles_in(app: App, held: Collection[str], role: str) -> list[Role]:
    """The roles that somebody has in an app: those that they hold, else the default ones of their workspace role."""
    given = [one for one in app.roles.values() if one.address in held]
    return given or [one for one in app.roles.values() if one.is_default_of(role)]


def _rights(app: App, table: Table, roles: list[Role] | None, *, guest: bool) -> TableRights:
    if roles is None or not app.roles:
        return ONLY_READ if guest else ALL
    gives = [one.gives(table.key) for one in roles]
    gives = [one for one in gives if one.of("read") is not False]
    if not gives:
        return NOTHING
    may = (lambda _rule: False) if guest else _same
    named = {key for one in gives for key in one.fields if key != EVERY_FIELD}
    if any(EVERY_FIELD in one.fields for one in gives):
        named |= {one.key for one in table.fields.values() if not one.kind.system}
    return TableRights(
        read=any_of(one.of("read") for one in gives),
        create=may(any_of(one.of("create") for one in gives)),
        before=may(any_of(all_of(one.of("read"), one.of("update")) for one in gives)),
        after=may(any_of(one.of("update") for one in gives)),
        delete=may(any_of(all_of(one.of("read"), one.of("delete")) for one in gives)),
        export=any_of(all_of(one.of("read"), one.of("export")) for one in gives),
        fields={key: _field_rights(key, gives, may) for key in named},
        views=_offered(one.views for one in gives),
        forms=_offered(one.forms for one in gives),
    )


def _automations(app: App, roles: list[Role], *, guest: bool) -> Iterator[tuple[str, Steering]]:
    for one in app.automations.values():
        given = {role.steers(one.key) for role in roles}
        if "steered" in given and not guest:
            yield one.address, "steered"
        elif given & {"seen", "steered"}:
            yield one.address, "seen"


def _same(rule: Rule) -> Rule:
    return rule


def _field_rights(key: str, gives: list[TableAccess], may: Callable[[Rule], Rule]) -> FieldRights:
    return FieldRights(
        seen=_seen(key, gives),
        create=may(any_of(one.of("create") for one in gives if one.sets(key) is not False)),
        before=may(any_of(all_of(one.of("read"), one.of("update"), one.sets(key)) for one in gives)),
        after=may(any_of(one.of("update") for one in gives if one.sets(key) is not False)),
    )


def _seen(key: str, gives: list[TableAccess]) -> Rule:
    """In all records that are seen, if every role that shows any shows the field; else where one of them does."""
    shown = [one.shows(key) for one in gives]
    if all(one is True for one in shown):
        return True
    return any_of(all_of(one.of("read"), where) for one, where in zip(gives, shown, strict=True))


def _offered(chosen: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for one in chosen:
        if one is None:
            return None
        found |= one
    return found
