"""Whatever people do in whatever order: computed values, links, numbers and history are right after each step."""

from __future__ import annotations

import copy
import io
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from engine import apps, imports, ledgers, records, trash
from engine import undo as undoing
from engine.access.principals import Principal
from engine.errors import Conflict, NotFound, Refused
from engine.ids import new_id
from engine.storage import record_rows
from engine.storage.session import Session
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
from tests.support.replay import replayed, stored

ACCOUNTS, DEALS, ENTRIES, NOTED = "shop.accounts", "shop.deals", "shop.entries", "shop.notes"
STAGES = {"open": {"label": "Open"}, "won": {"label": "Won"}}
LASTING: dict[str, Any] = {
    "accounts": {
        "name": {"type": "text", "required": True},
        "parent": {"type": "link", "to": "accounts", "inverse": "children"},
    },
    "deals": {
        "title": {"type": "text", "required": True},
        "no": {"type": "sequence", "number": "D-{####}"},
        "amount": {"type": "number", "decimals": 2},
        "stage": {"type": "select", "choices": STAGES},
        "account": {"type": "link", "to": "accounts", "inverse": "deals"},
        "lines": {"type": "line_items", "of": "lines", "by": "deal", "order": "place"},
        "pieces": {"type": "rollup", "through": "lines", "field": "quantity", "function": "sum"},
    },
    "lines": {
        "text": {"type": "text"},
        "deal": {"type": "link", "to": "deals", "on_delete": "cascade"},
        "place": {"type": "number"},
        "quantity": {"type": "number"},
    },
    "entries": {
        "account": {"type": "link", "to": "accounts"},
        "amount": {"type": "number", "decimals": 2},
        "day": {"type": "date", "default": "2026-03-01"},
        "reversal_of": {"type": "link", "to": "entries", "unique": True},
    },
}
LEDGER = {"date": "day", "amounts": ["amount"], "by": ["account"], "reversal": "reversal_of"}
# A table that comes and goes, with its records.
NOTES: dict[str, Any] = {
    "fields": {"text": {"type": "text"}, "about": {"type": "link", "to": "deals", "inverse": "notes"}}
}
WON = {"field": "stage", "op": "is", "value": "won"}
# Fields that come and go and change their meaning; each in one of these forms.
CHANGING: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("deals", "rate"): [{"type": "number"}],
    ("deals", "extra"): [
        {"type": "number"},
        {"type": "text"},
        {"type": "select", "choices": {"3": {"label": "Three"}, "x": {"label": "Ex"}}},
        {"type": "checkbox"},
        {"type": "duration"},
        {"type": "long_text"},
        {"type": "multi_select", "choices": {"x": {"label": "Ex"}, "y": {"label": "Why"}}},
        {"type": "date"},
    ],
    ("deals", "longer"): [{"type": "formula", "formula": "{extra} & '!'"}],
    ("deals", "friends"): [{"type": "link", "to": "accounts", "many": True, "inverse": "fans"}],
    ("deals", "about"): [
        {"type": "any_link", "to": ["accounts", "deals"], "many": True, "inverse": "of"},
        {"type": "any_link", "to": ["accounts", "deals"], "inverse": "of"},
        {"type": "any_link", "to": ["deals", "entries"], "many": True, "inverse": "of"},
    ],
    ("deals", "abouts"): [{"type": "formula", "formula": "{about.table} & {about}"}],
    ("deals", "further"): [{"type": "formula", "formula": "MAX({about.deals.amount}) + 1"}],
    ("deals", "about_number"): [
        {"type": "count", "through": "about"},
        {"type": "count", "through": "about.deals", "where": WON},
        {"type": "rollup", "through": "about.deals", "field": "amount", "function": "sum"},
    ],
    ("deals", "weighted"): [
        {"type": "formula", "formula": formula} for formula in ("{amount} * {rate}", "{amount} / {rate}", "{rate} + 1")
    ],
    ("deals", "level"): [{"type": "lookup", "through": "account", "field": "score"}],
    ("deals", "friend_names"): [{"type": "lookup", "through": "friends", "field": "name"}],
    ("accounts", "count"): [{"type": "count", "through": one} for one in ("deals", "fans", "children")],
    ("accounts", "won"): [
        {"type": "rollup", "through": "deals", "field": "amount", "function": "sum", "where": WON},
        {"type": "rollup", "through": "deals", "field": "amount", "function": "max"},
        {"type": "rollup", "through": "deals", "field": "weighted", "function": "sum"},
    ],
    ("accounts", "score"): [{"type": "formula", "formula": formula} for formula in ("{won} + {count}", "{won} * 2")],
    ("accounts", "above"): [{"type": "lookup", "through": "parent", "field": "won"}],
}
EXTRA = ("deals", "extra")
EXTRAS: dict[str, list[Any]] = {
    "number": [3, 2.5, -1], "text": ["3", "x", "2026-03-01", "yes"], "select": ["3", "x"], "checkbox": [True, False],
    "duration": [90, 3600], "long_text": ["x", "a\nb"], "multi_select": [["x"], ["x", "y"]], "date": ["2026-03-01"],
}  # fmt: skip
BEGINNING = {place: forms[0] for place, forms in CHANGING.items()}
Fields = dict[tuple[str, str], dict[str, Any]]

amounts = st.none() | st.decimals(-1000, 1000, places=2).map(float)
some = st.lists(st.integers(0, 30), max_size=3)  # records by their number among those that are there


def document(fields: Fields, *, notes: bool = True) -> dict[str, Any]:
    """The app with these fields beside the lasting ones, with or without the table of notes."""
    tables = {key: {"fields": copy.deepcopy(declared)} for key, declared in LASTING.items()}
    for (table, key), field in fields.items():
        tables[table]["fields"][key] = field
    tables["entries"]["ledger"] = copy.deepcopy(LEDGER)
    if notes:
        tables["notes"] = copy.deepcopy(NOTES)
    return {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}


class Shop(RuleBasedStateMachine):
    """A shop with one account and one deal, and people who do what they want."""

    def __init__(self, workspace: Workspace, owner: Principal) -> None:
        super().__init__()
        self.workspace = workspace
        self.owner = owner
        self.fields = dict(BEGINNING)
        self.notes = True
        self.types = {EXTRA: "number"}  # of fields that are converted: the type that they have, or had when they went
        self.unlogged: set[str] = set()  # fields that came back as another type, which no change in the log tells
        self.transactions: list[str] = []
        with workspace.write(owner) as session:
            apps.apply(session, document(self.fields))
        self.create_accounts([0])
        self.create_deals([5.5], "won", 0, [0])

    def act(self, what: Callable[[Session], Any], cause: str | None = None) -> bool:
        """Do it in a transaction of its own; whether it was allowed."""
        try:
            with self.workspace.write(self.owner, cause) as session:
                what(session)
                self.transactions.append(session.transaction_id)
        except (Conflict, NotFound, Refused):
            return False
        return True

    def ids(self, session: Session, table: str) -> list[str]:
        """The records of a table, the oldest first."""
        sql = session.layout.sql(session.layout.table(table))
        return list(session.connection.execute(sa.select(sql.c.id).order_by(sql.c.id)).scalars())

    def chosen(self, session: Session, table: str, numbers: list[int]) -> list[str]:
        """Records by their numbers, each once; those that are not there go round."""
        there = self.ids(session, table)
        return list(dict.fromkeys(there[number % len(there)] for number in numbers)) if there else []

    def linked(self, session: Session, account: int, friends: list[int]) -> dict[str, Any]:
        """The links of a deal: what the table has of them now."""
        one = self.chosen(session, ACCOUNTS, [account])
        given = {"account": one[0] if one else None, "friends": self.chosen(session, ACCOUNTS, friends)}
        return {key: value for key, value in given.items() if key in session.layout.table(DEALS).fields}

    @rule(parents=st.lists(st.none() | st.integers(0, 30), min_size=1, max_size=3))
    def create_accounts(self, parents: list[int | None]) -> None:
        def create(session: Session) -> None:
            given = [self.chosen(session, ACCOUNTS, [] if one is None else [one]) for one in parents]
            records.create(session, ACCOUNTS, [{"name": "Account", "parent": next(iter(one), None)} for one in given])

        self.act(create)

    @rule(
        numbers=st.lists(amounts, min_size=1, max_size=4),
        stage=st.sampled_from(["open", "won", None]),
        account=st.integers(0, 30),
        friends=some,
    )
    def create_deals(self, numbers: list[float | None], stage: str | None, account: int, friends: list[int]) -> None:
        def create(session: Session) -> None:
            links = self.linked(session, account, friends)
            given = [{"title": "Deal", "amount": amount, "stage": stage, **links} for amount in numbers]
            records.create(session, DEALS, given)

        self.act(create)

    @rule(deals=some, values=st.fixed_dictionaries({}, optional={
        "amount": amounts, "rate": st.sampled_from([0, 0.5, 2, None]), "stage": st.sampled_from(["open", "won", None]),
    }))  # fmt: skip
    def change_deals(self, deals: list[int], values: dict[str, Any]) -> None:
        self.act(lambda session: records.update(
            session, DEALS, dict.fromkeys(self.chosen(session, DEALS, deals), self._known(session, values))
        ))  # fmt: skip

    @rule(deals=some, account=st.integers(0, 30), friends=some)
    def change_links(self, deals: list[int], account: int, friends: list[int]) -> None:
        self.act(lambda session: records.update(
            session, DEALS, dict.fromkeys(self.chosen(session, DEALS, deals), self.linked(session, account, friends))
        ))  # fmt: skip

    @rule(deals=some, accounts=some, others=some)
    def lead_anywhere(self, deals: list[int], accounts: list[int], others: list[int]) -> None:
        def change(session: Session) -> None:
            about = session.layout.table(DEALS).fields.get("about")
            if about is not None:
                led_to = [
                    *(self.chosen(session, ACCOUNTS, accounts) if ACCOUNTS in about.targets else []),
                    *self.chosen(session, DEALS, others),
                ]
                value = led_to if about.many else next(iter(led_to), None)
                records.update(session, DEALS, {one: {"about": value} for one in self.chosen(session, DEALS, deals)})

        self.act(change)

    @rule(account=st.integers(0, 30), deals=some, side=st.sampled_from(["deals", "fans", "children"]))
    def change_the_other_side(self, account: int, deals: list[int], side: str) -> None:
        def change(session: Session) -> None:
            there = self.chosen(session, ACCOUNTS, [account])
            listed = self.chosen(session, ACCOUNTS if side == "children" else DEALS, deals)
            records.update(session, ACCOUNTS, dict.fromkeys(there, self._known(session, {side: listed}, ACCOUNTS)))

        self.act(change)

    @rule(table=st.sampled_from([ACCOUNTS, DEALS]), which=some)
    def delete(self, table: str, which: list[int]) -> None:
        self.act(lambda session: records.delete(session, table, self.chosen(session, table, which)))

    @rule(number=st.integers(0, 5))
    def undo(self, number: int) -> None:
        transaction = self.transactions[-1 - number % len(self.transactions)]
        self.act(lambda session: undoing.undo(session, transaction), f"undo:{transaction}")

    @rule(deals=some, number=st.integers(0, 3))
    def set_what_is_converted(self, deals: list[int], number: int) -> None:
        def change(session: Session) -> None:
            extra = session.layout.table(DEALS).fields.get("extra")
            if extra is not None:
                value = EXTRAS[extra.type][number % len(EXTRAS[extra.type])]
                records.update(session, DEALS, {one: {"extra": value} for one in self.chosen(session, DEALS, deals)})

        self.act(change)

    @rule(
        deal=st.integers(0, 30),
        keep=st.lists(st.integers(0, 5), max_size=3),
        new=st.lists(st.integers(1, 9), max_size=2),
    )
    def set_lines(self, deal: int, keep: list[int], new: list[int]) -> None:
        """Some lines stay, perhaps in another order, others go, new ones come."""

        def change(session: Session) -> None:
            for one in self.chosen(session, DEALS, [deal]):
                side = session.layout.table(DEALS).fields["lines"]
                there = record_rows.linked_ids(session, side, [one])[one]
                kept = dict.fromkeys(there[number % len(there)] for number in keep) if there else {}
                lines = [{"id": line, "quantity": 7} for line in kept]
                records.update(session, DEALS, {one: {"lines": [*lines, *({"text": "L", "quantity": n} for n in new)]}})

        self.act(change)

    @rule(numbers=st.lists(amounts, min_size=1, max_size=3), account=st.integers(0, 30))
    def enter(self, numbers: list[float | None], account: int) -> None:
        def create(session: Session) -> None:
            one = next(iter(self.chosen(session, ACCOUNTS, [account])), None)
            records.create(session, ENTRIES, [{"amount": amount, "account": one} for amount in numbers])

        self.act(create)

    @rule(entry=st.integers(0, 30))
    def reverse(self, entry: int) -> None:
        self.act(lambda session: ledgers.reverse(session, ENTRIES, self.chosen(session, ENTRIES, [entry])))

    @rule(entries=some, delete=st.booleans())
    def try_to_change_entries(self, entries: list[int], delete: bool) -> None:
        def change(session: Session) -> None:
            chosen = self.chosen(session, ENTRIES, entries)
            if delete:
                records.delete(session, ENTRIES, chosen)
            else:
                records.update(session, ENTRIES, {one: {"amount": 1_000_000} for one in chosen})
            assert not chosen

        self.act(change)

    @rule(numbers=some)
    def write_notes(self, numbers: list[int]) -> None:
        def create(session: Session) -> None:
            if self.notes:
                about = self.chosen(session, DEALS, numbers)
                records.create(session, NOTED, [{"text": "N", "about": one} for one in about])

        self.act(create)

    @rule()
    def take_the_notes_away_or_bring_them_back(self) -> None:
        if self.act(lambda session: apps.apply(session, document(self.fields, notes=not self.notes))):
            self.notes = not self.notes

    @rule(number=st.integers(0, 5))
    def restore_from_the_trash(self, number: int) -> None:
        def restore(session: Session) -> None:
            there = [one for one in trash.entries(session) if one.kind == "record"]
            if there:
                trash.restore(session, trash.together(session, there[number % len(there)].transaction_id))

        self.act(restore)

    @rule(place=st.sampled_from(list(CHANGING)), form=st.none() | st.integers(0, 7))
    def change_the_definition(self, place: tuple[str, str], form: int | None) -> None:
        fields = {key: value for key, value in self.fields.items() if key != place}
        if form is not None:
            fields[place] = CHANGING[place][form % len(CHANGING[place])]
        if self.act(lambda session: apps.apply(session, document(fields, notes=self.notes))):
            self._note_types(fields)
            self.fields = fields

    def _note_types(self, fields: Fields) -> None:
        """A field that comes back as another type than it went begins empty, and no change says so."""
        if EXTRA in fields:
            if EXTRA not in self.fields and fields[EXTRA]["type"] != self.types[EXTRA]:
                self.unlogged.add("extra")
            self.types[EXTRA] = fields[EXTRA]["type"]

    @rule(back=st.integers(1, 4))
    def restore_a_revision(self, back: int) -> None:
        def restore(session: Session) -> None:
            number = max(apps.get(session, "shop").revision - back, 1)
            apps.restore(session, "shop", number)

        if self.act(restore):
            with self.workspace.read(self.owner) as session:
                tables = apps.export(session, "shop")["tables"]
            self.notes = "notes" in tables
            fields = {
                (table, key): tables[table]["fields"][key] for table, key in CHANGING if key in tables[table]["fields"]
            }
            self._note_types(fields)
            self.fields = fields

    @rule(numbers=st.lists(amounts, min_size=1, max_size=30), account=st.integers(0, 30))
    def bring_a_file(self, numbers: list[float | None], account: int) -> None:
        lines = "".join(f"From a file,{'' if one is None else one},Account {account}\n" for one in numbers)
        with self.workspace.write(self.owner) as session:
            held = imports.start(session, io.BytesIO(f"title,amount,account\n{lines}".encode()), "deals.csv", DEALS)
            imports.choose(session, held.id, imports.propose(session, held.id).mapping)
        imports.carry_out(self.workspace, self.owner, held.id)

    @invariant()
    def all_is_right(self) -> None:
        with self.workspace.read(self.owner) as session:
            assert verify(session) == []
            for address in session.layout.apps.tables:
                assert self._logged(replayed(session, address)) == self._logged(stored(session, address)), address
            self._ledger_is_right(session)
            numbers = [values["no"] for values in stored(session, DEALS).values()]
            assert len(set(numbers)) == len(numbers)
            assert None not in numbers

    def _logged(self, held: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {
            one: {key: value for key, value in values.items() if key not in self.unlogged}
            for one, values in held.items()
        }

    def _ledger_is_right(self, session: Session) -> None:
        entries = stored(session, ENTRIES)
        sums: dict[str | None, Decimal] = defaultdict(Decimal)
        for values in entries.values():
            sums[values["account"]] += Decimal(str(values["amount"] or 0))
        balances = ledgers.balances(session, ENTRIES, "account")
        assert {one.value: Decimal(str(one.amounts["amount"] or 0)) for one in balances} == sums
        reversals = [values for values in entries.values() if values["reversal_of"]]
        assert len({values["reversal_of"] for values in reversals}) == len(reversals)
        for values in reversals:
            reversed_ = entries[values["reversal_of"]]
            assert (values["amount"] or 0) == -(reversed_["amount"] or 0)
            assert values["account"] == reversed_["account"]

    def _known(self, session: Session, values: dict[str, Any], table: str = DEALS) -> dict[str, Any]:
        return {key: value for key, value in values.items() if key in session.layout.table(table).fields}


def test_whatever_people_do(stores: Stores, owner: Principal) -> None:
    """`make soak` does it for longer."""

    class InNewWorkspace(Shop):
        def __init__(self) -> None:
            super().__init__(stores.workspace(new_id("wsp").lower()), owner)

    few = settings(max_examples=settings.get_profile(settings.get_current_profile_name()).max_examples // 16)
    run_state_machine_as_test(InNewWorkspace, settings=few)
