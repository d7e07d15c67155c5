"""The two workspaces: one installation, one rep who belongs to both, and worlds put into them."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import strategies as st

from engine import accounts, api_tokens, apps, comments, files, record_writes, records, roles, workspaces
from engine.access.principals import Principal, person
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage import automation_tables, comment_tables, file_tables, rule_tables, workspace_tables
from engine.storage import session as sessions
from engine.storage.stores import Stores, Workspace
from tests.engine.access.shop import APP
from tests.support.databases import Database
from tests.web.conftest import Visitor
from web.app import create_app

OWNER_EMAIL, REP_EMAIL, PASSWORD = "ana@example.com", "rep@example.com", "four other words"
NOW = datetime.datetime(2026, 11, 20, 9, 30, tzinfo=datetime.UTC)
LONG_AGO = "2026-03-01T08:00:00.000Z"
MOST_HIDDEN = 3


def app() -> dict[str, Any]:
    """The sales app, with a tree, files and lines of which a rep does not see all, and nothing released."""
    changed = copy.deepcopy(APP)
    accounts_ = changed["tables"]["accounts"]
    del accounts_["fields"]["rating"]
    accounts_["fields"] |= {
        "parent": {"type": "parent"},
        "papers": {"type": "attachment"},
        "score": {"type": "formula", "formula": "{credit} + LEN({name})"},
        "above": {"type": "lookup", "through": "parent", "field": "name"},
        "tag_count": {"type": "count", "through": "tags"},
        "code": {"type": "text", "unique": True},
    }
    changed["tables"]["tags"]["fields"] |= {
        "accounts_count": {"type": "count", "through": "accounts"},
        "richest": {"type": "rollup", "through": "accounts", "field": "credit", "function": "max"},
    }
    changed["tables"]["deals"]["fields"] |= {
        "account_credit": {"type": "snapshot", "through": "account", "field": "credit"},
        "found": {"type": "formula", "formula": 'COUNT_IF("accounts", {accounts.level} = "a")'},
        "about": {"type": "any_link", "to": ["accounts", "secrets"]},
    }
    rep = changed["roles"]["rep"]["tables"]
    rep["accounts"] |= {"delete": "={owner} = ME()"}
    rep["accounts"]["fields"]["papers"] = "hidden"
    rep["tags"] |= {"update": True, "delete": True}
    for table in ("accounts", "deals", "tags"):
        rep[table] |= {"export": True}
    return changed


@dataclass(frozen=True)
class Hidden:
    """What the rep does not see of a world: for each account of theirs, and beyond."""

    credits: tuple[int, ...] = (1, 1, 1)
    phones: tuple[str, ...] = ("", "", "")
    parents: tuple[bool, ...] = (False, False, False)
    others: tuple[str, ...] = ()  # names of accounts of somebody else
    led: tuple[int | None, ...] = (None, None, None, None)  # which of the others each deal leads to
    about: tuple[int | None, ...] = (None, None, None, None)
    tagged: bool = False
    secrets: tuple[str, ...] = ()
    changes: int = 0  # of hidden fields, afterwards
    deleted: int = 0  # others that were deleted
    file: bool = False


@dataclass(frozen=True)
class Seen:
    """What both worlds have alike."""

    names: tuple[str, ...] = ("Alder",)
    claimed: tuple[bool, ...] = (False, False, False)
    levels: tuple[str | None, ...] = (None, None, None)
    deals: tuple[tuple[str, int | None, int | None], ...] = ()  # title, amount, which account


_words = st.sampled_from(["Alder", "Birch", "Cedar", "Dogwood", "Elm", "7", "300"])
_places = st.none() | st.integers(0, MOST_HIDDEN - 1)


def _three(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(one, one, one)


hidden = st.builds(
    Hidden,
    credits=_three(st.integers(1, 1000)),
    phones=_three(_words),
    parents=_three(st.booleans()),
    others=st.lists(_words, max_size=MOST_HIDDEN).map(tuple),
    led=st.tuples(_places, _places, _places, _places),
    about=st.tuples(_places, _places, _places, _places),
    tagged=st.booleans(),
    secrets=st.lists(_words, max_size=2).map(tuple),
    changes=st.integers(0, 25),
    deleted=st.integers(0, 2),
    file=st.booleans(),
)
seen = st.builds(
    Seen,
    names=st.lists(_words, min_size=1, max_size=3).map(tuple),
    claimed=_three(st.booleans()),
    levels=_three(st.sampled_from(["a", "b", None])),
    deals=st.lists(st.tuples(_words, st.none() | st.integers(0, 50), st.none() | st.integers(0, 2)), max_size=4).map(
        tuple
    ),
)
# One pair in which every guard has something to guard.
RICH = Seen(("Alder", "Birch", "Cedar"), (False, True, False), ("a", "b", None), (("One", 5, 0), ("Two", 7, None)))
POOR_WORLD = Hidden()
RICH_WORLD = Hidden(
    credits=(400, 7, 950),
    phones=("300", "7", "Elm"),
    parents=(True, True, False),
    others=("Elm", "Dogwood", "300"),
    led=(None, 0, None, None),
    about=(1, 2, None, None),
    tagged=True,
    secrets=("Elm", "7"),
    changes=25,
    deleted=2,
    file=True,
)


def mine(number: int) -> str:
    return f"recMine000000000{number}"


def other(number: int) -> str:
    return f"recOther00000000{number}"


def deal(number: int) -> str:
    return f"recDeal000000000{number}"


TAG, SECRET, FILE = "recTag0000000000{}", "recSecret0000000{}", "attFile00000000001"


@dataclass
class Two:
    """Both workspaces, with the rep at work in each."""

    app: FastAPI
    stores: Stores
    owner: Principal
    rep: str
    ids: list[str]
    tokens: list[str]
    visitors: list[Visitor]  # who asks in each
    workspaces: list[Workspace] = field(default_factory=list)

    def put(self, place: int, what: Seen, hidden: Hidden) -> None:
        """Empty a workspace, then make this world of it."""
        with mock.patch.object(Stopped, "moment", datetime.datetime.fromisoformat(LONG_AGO)):
            self._put(place, what, hidden)

    def _put(self, place: int, what: Seen, hidden: Hidden) -> None:
        workspace = self.workspaces[place]
        with workspace.write(self.owner) as session:
            _empty(session)
        with workspace.write(self.owner) as session:
            _fill(session, self.owner.user_id or "", self.rep, what, hidden)
        with workspace.write(self.owner) as session:
            comments.add(session, "crm.accounts", mine(0), "Seen")
            for number in range(len(hidden.others)):
                comments.add(session, "crm.accounts", other(number), f"Elm @[{self.rep}]")
        with workspace.write(self.owner) as session:
            for number in range(hidden.changes):
                records.update(session, "crm.accounts", {mine(0): {"credit": number % 900}})
        with workspace.write(self.owner) as session:
            if hidden.deleted:
                records.delete(session, "crm.accounts", [other(10 + number) for number in range(hidden.deleted)])


def _empty(session: Any) -> None:
    layout = session.whole
    for table in layout.apps.tables.values():
        for one in table.fields.values():
            if one.many and one.inverse_of is None:
                session.connection.execute(sa.delete(layout.links(one)))
        session.connection.execute(sa.delete(layout.sql(table)))
    for own in (
        workspace_tables.changes,
        workspace_tables.counters,
        rule_tables.trash,
        rule_tables.unique_keys,
        file_tables.file_uses,
        file_tables.files,
        comment_tables.comments,
        automation_tables.notifications,
    ):
        session.connection.execute(sa.delete(own))


def _fill(session: Any, owner: str, rep: str, what: Seen, hidden: Hidden) -> None:
    system = {"created_at": LONG_AGO, "created_by": owner, "updated_at": LONG_AGO, "updated_by": owner}
    named = [(number, name) for number, name in enumerate(hidden.others)]
    tags = [TAG.format(0)] if hidden.tagged else []
    if hidden.file:
        received = files.File(FILE, "secret.txt", "text/plain", "text", 5, "00")
        path = files.path_of(session.workspace, FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"hello")
        session.connection.execute(
            sa.insert(file_tables.files).values(
                id=received.id, filename=received.filename, type=received.type, kind=received.kind,
                size=received.size, sha256="00", uploaded_at=LONG_AGO, uploaded_by=owner,
            )
        )  # fmt: skip
    _insert(session, "tags", [(TAG.format(number), {"name": f"Tag {number}", **system}) for number in range(2)])
    _insert(session, "secrets", [(SECRET.format(n), {"name": one, **system}) for n, one in enumerate(hidden.secrets)])
    _insert(
        session,
        "accounts",
        [
            (other(number), {"name": name, "owner": owner, "credit": 5, "code": f"C{number}", "tags": tags, **system})
            for number, name in [*named, *((10 + n, f"Gone {n}") for n in range(hidden.deleted))]
        ],
    )
    _insert(
        session,
        "accounts",
        [
            (
                mine(number),
                {
                    "name": name,
                    "owner": rep,
                    "credit": hidden.credits[number],
                    "claimed": what.claimed[number],
                    "phone": "shown" if what.claimed[number] else hidden.phones[number] or None,
                    "level": what.levels[number],
                    "parent": other(0) if hidden.parents[number] and hidden.others else None,
                    "papers": [FILE] if hidden.file else None,
                    "tags": [TAG.format(1)],
                    **system,
                },
            )
            for number, name in enumerate(what.names)
        ],
    )
    deals = [(deal(number), _deal(number, what, hidden) | system) for number in range(len(what.deals))]
    _insert(session, "deals", deals)


def _deal(number: int, what: Seen, hidden: Hidden) -> dict[str, Any]:
    title, amount, account = what.deals[number]
    led, about = hidden.led[number], hidden.about[number]
    values = {"title": title, "amount": amount, "stage": "open"}
    if account is not None and account < len(what.names):
        values["account"] = mine(account)
    elif led is not None and led < len(hidden.others):
        values["account"] = other(led)
    if about is not None and about < len(hidden.secrets):
        values["about"] = SECRET.format(about)
    return values


def _insert(session: Any, table: str, given: list[tuple[str, dict[str, Any]]]) -> None:
    record_writes.insert(session, session.whole.table(f"crm.{table}"), given)


class Stopped(datetime.datetime):
    """The time stands still, so that the two worlds are asked at the same moment.

    They are made at one moment, too: that something hidden was changed shows in when a record was changed last.
    """

    moment = NOW

    @classmethod
    def now(cls, tz: Any = None) -> datetime.datetime:  # type: ignore[override]
        return cls.moment.astimezone(tz)


def signed_in(app: FastAPI, email: str) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(email, PASSWORD).status_code == 200
    return visitor


def two_workspaces(database: Database) -> Iterator[Two]:
    """An installation with both workspaces, in the same time."""
    environment = {
        "FORMWORK_DATA": str(database.folder),
        "FORMWORK_DATABASE_URL": database.url,
        "FORMWORK_API_RATE": "0",
    }
    settings = Settings.from_environment(environment)
    stores = open_stores(settings)
    owner, first = accounts.create_owner(stores, email=OWNER_EMAIL, name="Ana", password=PASSWORD, workspace="Acme")
    second = workspaces.create(stores, owner.id, "Acme")
    rep = accounts.add_person(stores, first.id, email=REP_EMAIL, name="Rep", password=PASSWORD, role="member")
    with stores.control.write() as session:
        workspaces.insert_membership(session, second.id, rep.id, "member")
    workspaces.mirror(stores, second.id)
    acting, ids = person(owner.id, "owner"), [first.id, second.id]
    places = [stores.workspace(one) for one in ids]
    for place in places:
        with place.write(acting) as session:
            apps.apply(session, app())
            roles.give(session, "crm.rep", rep.id)
    tokens = [api_tokens.create(stores, rep.id, one, "test")[1] for one in ids]
    made = create_app(settings, stores)
    visitor = signed_in(made, REP_EMAIL)
    with mock.patch.object(sessions, "datetime", Stopped):
        yield Two(made, stores, acting, rep.id, ids, tokens, [visitor, visitor], places)
    made.state.site.background.close()
    stores.close()
