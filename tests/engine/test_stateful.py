"""Whatever people do in whatever order: computed values, links, numbers and history are right after each step."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from engine import apps, imports, records
from engine import undo as undoing
from engine.access.principals import Principal
from engine.errors import Conflict, NotFound, Refused
from engine.ids import new_id
from engine.storage.session import Session
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
from tests.support.replay import replayed, stored

ACCOUNTS, DEALS = "shop.accounts", "shop.deals"
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
    },
}
WON = {"field": "stage", "op": "is", "value": "won"}
# Fields that come and go and change their meaning; each in one of these forms.
CHANGING: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("deals", "rate"): [{"type": "number"}],
    ("deals", "friends"): [{"type": "link", "to": "accounts", "many": True, "inverse": "fans"}],
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
BEGINNING = {place: forms[0] for place, forms in CHANGING.items()}
Fields = dict[tuple[str, str], dict[str, Any]]

amounts = st.none() | st.decimals(-1000, 1000, places=2).map(float)
some = st.lists(st.integers(0, 30), max_size=3)  # records by their number among those that are there


def document(fields: Fields) -> dict[str, Any]:
    """The app with these fields beside the lasting ones."""
    tables = {key: {"fields": copy.deepcopy(declared)} for key, declared in LASTING.items()}
    for (table, key), field in fields.items():
        tables[table]["fields"][key] = field
    return {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}


class Shop(RuleBasedStateMachine):
    """A shop with one account and one deal, and people who do what they want."""

    def __init__(self, workspace: Workspace, owner: Principal) -> None:
        super().__init__()
        self.workspace = workspace
        self.owner = owner
        self.fields = dict(BEGINNING)
        self.transactions: list[str] = []
        self.act(lambda session: apps.apply(session, document(self.fields)))
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

    @rule(place=st.sampled_from(list(CHANGING)), form=st.none() | st.integers(0, 2))
    def change_the_definition(self, place: tuple[str, str], form: int | None) -> None:
        fields = {key: value for key, value in self.fields.items() if key != place}
        if form is not None:
            fields[place] = CHANGING[place][form % len(CHANGING[place])]
        if self.act(lambda session: apps.apply(session, document(fields))):
            self.fields = fields

    @rule(back=st.integers(1, 4))
    def restore_a_revision(self, back: int) -> None:
        def restore(session: Session) -> None:
            number = max(apps.get(session, "shop").revision - back, 1)
            apps.restore(session, "shop", number)

        if self.act(restore):
            with self.workspace.read(self.owner) as session:
                tables = apps.export(session, "shop")["tables"]
            self.fields = {
                (table, key): tables[table]["fields"][key] for table, key in CHANGING if key in tables[table]["fields"]
            }

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
            for address in (ACCOUNTS, DEALS):
                assert replayed(session, address) == stored(session, address)
            numbers = [values["no"] for values in stored(session, DEALS).values()]
            assert len(set(numbers)) == len(numbers)
            assert None not in numbers

    def _known(self, session: Session, values: dict[str, Any], table: str = DEALS) -> dict[str, Any]:
        return {key: value for key, value in values.items() if key in session.layout.table(table).fields}


def test_whatever_people_do(stores: Stores, owner: Principal) -> None:
    """`make soak` does it for longer."""

    class InNewWorkspace(Shop):
        def __init__(self) -> None:
            super().__init__(stores.workspace(new_id("wsp").lower()), owner)

    few = settings(max_examples=settings.get_profile(settings.get_current_profile_name()).max_examples // 16)
    run_state_machine_as_test(InNewWorkspace, settings=few)
