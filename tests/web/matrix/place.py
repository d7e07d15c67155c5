"""Two workspaces that have one of everything, and everybody who may come: what the matrix is about."""

from __future__ import annotations

import copy
import io
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from fastapi import FastAPI

from engine import (
    accounts,
    api_tokens,
    apps,
    archives,
    bases,
    comments,
    connections,
    departments,
    files,
    guises,
    history,
    hooks,
    imports,
    invitations,
    mailboxes,
    notifications,
    outbox,
    records,
    remembered,
    resets,
    roles,
    second_factor,
    sendings,
    sessions,
    shares,
    trash,
    ways_in,
    workspaces,
)
from engine.access.principals import Principal, person
from engine.access.scopes import Scope
from engine.accounts import Person
from engine.archives import Wanted, Wishes, transfers
from engine.automations import by_hand
from engine.bases import keeping
from engine.egress import Egress
from engine.files import Limits
from engine.ids import new_secret, secret_hash
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage import automation_tables, control_tables, index_tables, share_tables
from engine.storage.stores import Stores, Workspace
from tests.engine.access.shop import APP, MINE
from tests.support.databases import Database
from tests.support.pictures import picture
from tests.web.conftest import PASSWORD
from web.app import create_app
from web.pages.signed_files import address_of
from web.site import Site

BASES = {  # imports of bases in every state that an act needs
    "base": "choosing", "base fetched": "fetched", "base failed": "failed", "base under way": "fetching",
    "base done": "done",
}  # fmt: skip
ROOM = Limits(2**20, 2**30)
SHARE_PASSWORD = "correct horse battery"
CSV = b"name,owner\nAlder again,rep@example.com\n"
FAR_AHEAD = "2099-01-01T00:00:00.000Z"
LONG_AGO = "2020-01-01T00:00:00.000Z"
HOOK = "http://127.0.0.1:9/hook"
FULL = {"credit": 987651, "phone": "canary-phone", "level": "a"}
# What stands in records, by who may not see it: others see more.
OF_SECRETS = ("canary-secret", "canary-gone", "canary-words")
OF_ACCOUNTS = ("canary-mine", "canary-theirs", "canary-unclaimed", "987651", "987652", "1975302", "canary-phone")
OF_TAGS = ("canary-tag", "canary-unused", "canary-said", "canary-unsaid")
HIDDEN = {
    "rep": (*OF_SECRETS, "canary-theirs", "987651", "987652", "1975302"),
    "guise": (*OF_SECRETS, "canary-theirs", "987651", "987652", "1975302"),
    "looker": (*OF_SECRETS, *OF_ACCOUNTS),
    "guest": (*OF_SECRETS, *OF_ACCOUNTS),
    "stranger": (*OF_SECRETS, *OF_ACCOUNTS),
    "nobody": (*OF_SECRETS, *OF_ACCOUNTS, *OF_TAGS),
    "expired": (*OF_SECRETS, *OF_ACCOUNTS, *OF_TAGS),
    "off": (*OF_SECRETS, *OF_ACCOUNTS),
    "elsewhere": (*OF_SECRETS, *OF_ACCOUNTS),
    "tags": (*OF_SECRETS, *OF_ACCOUNTS),
}
SMTP_PASSWORD, CLIENT_SECRET = "canary-of-smtp", "canary-of-oidc"
# Somebody for every way of belonging, by the words of the table.
PEOPLE = {
    "guest": "guest",
    "looker": "member",
    "rep": "member",
    "lead": "member",
    "builder": "builder",
    "owner": "owner",
    "off": "owner",  # switched off, with everything that they had before
}


def app_of_all() -> dict[str, Any]:
    """The sales app with roles, and a form, a ledger, files, automations and a connection."""
    made = copy.deepcopy(APP)
    tables = made["tables"]
    tables["accounts"]["fields"] |= {"papers": {"type": "attachment"}}
    tables["accounts"]["views"]["board"] = {"type": "kanban", "by": "level"}
    tables["accounts"]["forms"] = {"desk": {"label": "Desk", "fields": ["name", "phone"]}}
    tables["deals"]["fields"] |= {"account_credit": {"type": "snapshot", "through": "account", "field": "credit"}}
    tables["deals"]["forms"] = {"desk": {"label": "Desk", "fields": ["title"]}}
    tables["deals"]["views"] = {"all": {"type": "grid"}, "board": {"type": "kanban", "by": "stage"}}
    tables["tags"]["fields"] |= {"level": {"type": "select", "choices": {"a": {"label": "A"}, "b": {"label": "B"}}}}
    tables["tags"]["views"] = {"all": {"type": "grid"}, "board": {"type": "kanban", "by": "level"}}
    tables["tags"]["forms"] = {
        "enquiry": {
            "label": "Enquiry",
            "fields": ["name"],
            "public": True,
            "corrections": {"days": 30},
            "mail": {"subject": "name"},
        },
        "desk": {"label": "Desk", "fields": ["name"]},
    }
    tables["secrets"]["fields"] |= {"level": {"type": "select", "choices": {"a": {"label": "A"}}}}
    tables["secrets"]["views"] = {"all": {"type": "grid"}, "board": {"type": "kanban", "by": "level"}}
    tables["secrets"]["forms"] = {"desk": {"label": "Desk", "fields": ["name"]}}
    tables["secrets"]["fields"] |= {"about": {"type": "link", "to": "tags"}}
    tables["entries"] = {
        "label": "Entries",
        "title": "what",
        "fields": {
            "what": {"type": "text"},
            "amount": {"type": "number"},
            "day": {"type": "date"},
            "tag": {"type": "link", "to": "tags"},
            "reversal_of": {"type": "link", "to": "entries"},
        },
        "ledger": {"date": "day", "amounts": ["amount"], "by": ["tag"], "reversal": "reversal_of"},
    }
    made["roles"]["rep"]["tables"]["accounts"]["export"] = MINE
    made["roles"]["clerk"] = {"tables": {"accounts": {"read": True, "update": True}, "deals": {"read": True}}}
    made["connections"] = {"erp": {"type": "webhook", "label": "ERP"}}
    made["automations"] = {
        "watch": {
            "label": "Watch",
            "trigger": {"type": "record_created", "table": "secrets"},
            "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "A secret"}},
        },
        "greet": {
            "label": "Greet",
            "trigger": {"type": "record_updated", "table": "accounts", "fields": ["papers"]},
            "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "Papers"}},
        },
    }
    made["roles"]["rep"]["automations"] = {"greet": "seen"}
    made["roles"]["lead"]["automations"] = {"*": "steered"}
    return made


@dataclass
class Side:
    """One workspace with one of everything. `ids` are called like the parameters of routes, and more exactly."""

    id: str
    store: Workspace
    owner: Person
    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class Place:
    """Both workspaces, and who comes: `sids` are the cookies of people, `tokens` what programs send."""

    app: FastAPI
    site: Site
    here: Side
    other: Side
    people: dict[str, Person] = field(default_factory=dict)
    sids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # of the machine, of a phone, of a connection
    own: dict[str, dict[str, str]] = field(default_factory=dict)  # what belongs to one person, by whose it is

    def hidden_from(self, who: str) -> Iterator[str]:
        """What no answer to somebody may hold: secrets of the machine, and what others alone may see."""
        yield from (SMTP_PASSWORD, CLIENT_SECRET, *self.secrets.values())
        yield from HIDDEN.get(who, ())

    @property
    def stores(self) -> Stores:
        return self.site.stores


def place_on(database: Database) -> Iterator[Place]:
    """Made anew; what it takes is a second or two."""
    settings = Settings.from_environment(
        {
            "FORMWORK_DATA": str(database.folder),
            "FORMWORK_DATABASE_URL": database.url,
            "FORMWORK_API_RATE": "0",
            "FORMWORK_EGRESS_ALLOW": "127.0.0.0/8",
            "FORMWORK_SMTP_HOST": "127.0.0.1",
            "FORMWORK_SMTP_PORT": "9",
            "FORMWORK_SMTP_FROM": "formwork@example.com",
            "FORMWORK_SMTP_SECURITY": "none",
            "FORMWORK_SMTP_USER": "formwork",
            "FORMWORK_SMTP_PASSWORD": SMTP_PASSWORD,
            "FORMWORK_OIDC_ISSUER": "http://127.0.0.1:9",
            "FORMWORK_OIDC_CLIENT_ID": "formwork",
            "FORMWORK_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
    )
    stores = open_stores(settings)
    app = create_app(settings, stores)
    site: Site = app.state.site
    site.public_forms.times = 1000  # everybody comes from one address here
    ana, home = accounts.create_owner(
        stores, email="owner@example.com", name="Owner", password=PASSWORD, workspace="Acme"
    )
    place = Place(app, site, Side(home.id, stores.workspace(home.id), ana), Side("", stores.workspace(home.id), ana))
    place.people["owner"] = ana
    for name, role in PEOPLE.items():
        if name != "owner":
            place.people[name] = _let_in(stores, home.id, name, role)
    away = workspaces.create(stores, ana.id, "Elsewhere")
    uma = _let_in(stores, away.id, "elsewhere", "owner")  # she never was here
    workspaces.remove_person(stores, away.id, ana.id)
    place.people["elsewhere"] = uma
    both = _let_in(stores, home.id, "both", "owner")
    with stores.control.write() as session:
        workspaces.insert_membership(session, away.id, both.id, "owner")
    workspaces.mirror(stores, away.id)
    place.people["both"] = both
    place.other = Side(away.id, stores.workspace(away.id), uma)
    for side, reps in ((place.here, place.people["rep"]), (place.other, both)):
        _furnish(site, side, reps)
    place.other.ids["user"] = uma.id  # who belongs there alone
    with place.here.store.write(person(ana.id, "owner")) as session:
        roles.give(session, "crm.lead", place.people["lead"].id)
    _give_ways_in(place)
    place.secrets["key"] = settings.key_file.read_text().split()[0]
    for name in ("secret of the hook", "secret of a connection", "password of a mailbox"):
        place.secrets[name] = place.here.ids.pop(name)
        place.other.ids.pop(name)
    seed = place.secrets["seed"] = second_factor.new_seed()
    both_here = place.people["both"]
    second_factor.switch_on(stores, site.vault, both_here, seed, second_factor.code_at(seed, datetime.now(UTC)))
    ways_in.disable(stores, place.people["off"].id)
    yield place
    site.background.close()
    stores.close()


def _let_in(stores: Stores, workspace: str, name: str, role: str) -> Person:
    return accounts.add_person(
        stores, workspace, email=f"{name}@example.com", name=name.title(), password=PASSWORD, role=role
    )


def _furnish(site: Site, side: Side, rep: Person) -> None:
    owner, store, ids = person(side.owner.id, "owner"), side.store, side.ids
    with store.write(owner) as session:
        apps.apply(session, app_of_all())
        roles.give(session, "crm.rep", rep.id)
    with store.write(owner) as session:
        changed = app_of_all() | {"label": "Sales"}
        apps.apply(session, changed)
    ids |= {
        "workspace": side.id, "app": "crm", "number": "1", "template": "crm", "automation": "watch", "role": "rep",
        "user": rep.id, "field": "tags", "size": "small",
    }  # fmt: skip
    _fill(site, side, owner, rep)
    _share(side, owner, rep)
    _happen(site, side, owner, rep)
    _bring(side, owner, rep)
    _move_apps(side, owner)


def _fill(site: Site, side: Side, owner: Principal, rep: Person) -> None:
    store, ids = side.store, side.ids
    ids["file"] = files.bring(store, owner, io.BytesIO(picture(80, 60)), "plan.png", ROOM).id
    ids["file of secrets"] = files.bring(store, owner, io.BytesIO(b"canary-words"), "hidden.txt", ROOM).id
    with store.write(owner) as session:
        ids["tag"], ids["unused tag"] = records.create(
            session, "crm.tags", [{"name": "canary-tag"}, {"name": "canary-unused"}]
        )
        ids["secret"] = records.create(session, "crm.secrets", [{"name": "canary-secret"}])[0]
        ids["mine"], ids["theirs"], ids["unclaimed"] = records.create(
            session,
            "crm.accounts",
            [
                {"name": "canary-mine", "owner": rep.id, "papers": [ids["file"]], **FULL, "tags": [ids["tag"]]},
                {"name": "canary-theirs", "owner": side.owner.id, "credit": 987652, "papers": [ids["file of secrets"]]},
                {"name": "canary-unclaimed", "owner": rep.id, **FULL},
            ],
        )
        ids["deal"] = records.create(
            session, "crm.deals", [{"title": "Deal", "account": ids["mine"], "amount": 5, "stage": "open"}]
        )[0]
        entries = [{"what": "In", "amount": 5, "day": "2026-01-01", "tag": ids["tag"]}]
        ids["entry"] = records.create(session, "crm.entries", entries)[0]
    for name, table, record, values in (
        ("act on mine", "accounts", "mine", {"claimed": True}),
        ("act on theirs", "accounts", "theirs", {"name": "canary-theirs anew"}),
        ("act on tag", "tags", "tag", {"name": "canary-tag now"}),
        ("act on secret", "secrets", "secret", {"name": "canary-secret now"}),
    ):
        by = person(rep.id) if name == "act on mine" else owner
        with store.write(by) as session:
            records.update(session, f"crm.{table}", {ids[record]: values})
            ids[name] = session.transaction_id
    with store.read(owner) as session:
        for table, one in (("accounts", "mine"), ("accounts", "theirs"), ("tags", "tag"), ("secrets", "secret")):
            ids[f"seen {one}"] = records.get(session, f"crm.{table}", ids[one]).values["updated_at"]
    with store.write(owner) as session:
        gone = records.create(session, "crm.tags", [{"name": "Gone"}]) + records.create(
            session, "crm.secrets", [{"name": "canary-gone"}]
        )
    for name, table, record in (("gone tag", "tags", gone[0]), ("gone secret", "secrets", gone[1])):
        with store.write(owner) as session:
            records.delete(session, f"crm.{table}", [record])
            ids[name], ids[f"act on {name}"] = record, session.transaction_id
    with store.read(owner) as session:
        things = {one.key: one.id for one in trash.entries(session)}
        ids["thing tag"], ids["thing secret"] = things[gone[0]], things[gone[1]]
        assert history.of_transaction(session, ids["act on tag"])

    with store.write(owner) as session:
        said = [comments.add(session, "crm.tags", ids["tag"], words).id for words in ("canary-said", "canary-unsaid")]
        comments.delete(session, "crm.tags", ids["tag"], said[1])
        ids["comment"], ids["gone comment"] = said
        comments.add(session, "crm.accounts", ids["mine"], "Said of it")
        tags, token = session.layout.table("crm.tags"), f"{side.id}.{new_secret()}"
        sendings.note(session, tags, tags.forms["enquiry"], ids["tag"], "a page")
        assert sendings.allow_correction(session, tags.forms["enquiry"], ids["tag"], token)
        ids["correction token"] = token


def _share(side: Side, owner: Principal, rep: Person) -> None:
    """Links of every kind: `token of ...`; `share` is the owner's."""
    kinds: dict[str, dict[str, Any]] = {
        "open": {"view": "board"},
        "locked": {"view": "board", "password": SHARE_PASSWORD},
        "record": {"view": "all", "record": side.ids["mine"]},
        "expired": {"view": "board", "days": 1},
        "revoked": {"view": "board"},
    }
    with side.store.write(owner) as session:
        made = {name: shares.create(session, "crm.accounts", **given) for name, given in kinds.items()}
    for name, (share, token) in made.items():
        side.ids[f"token of {name}"], side.ids[f"share of {name}"] = token, share.id
    with side.store.write(owner) as session:
        shares.revoke(session, made["revoked"][0].id)
        c = share_tables.shares.c
        aged = sa.update(share_tables.shares).where(c.id == made["expired"][0].id).values(expires_at=LONG_AGO)
        session.connection.execute(aged)
    with side.store.write(person(rep.id, "member")) as session:
        share, _token = shares.create(session, "crm.accounts", "all")
    side.ids |= {"share": side.ids["share of open"], "share of rep": share.id}


def _happen(site: Site, side: Side, owner: Principal, rep: Person) -> None:
    """What comes of automations, mails and departments."""
    store, ids = side.store, side.ids
    with store.write(owner) as session:
        ids["department"] = departments.create(session, "Sales")
        ids["empty department"] = departments.create(session, "Empty")
        ids["gone department"] = departments.create(session, "Gone")
        departments.remove(session, ids["gone department"])
        asks = {"options": {"filters": {"dataTypes": ["tableData"]}}}
        hook, ids["secret of the hook"] = hooks.create(session, site.vault, Egress.of(site.settings), "crm", HOOK, asks)
        ids["hook"] = hook.id
        ids["password of a mailbox"] = secrets.token_urlsafe()
        mailboxes.connect(
            session, site.vault, Egress.of(site.settings), "crm.tags.enquiry",
            host="127.0.0.1", port=9, account="desk@example.com", password=ids["password of a mailbox"],
        )  # fmt: skip
        ids["mail"] = outbox.put(session, ["a@example.com"], "Hello", "Words", site.settings)[0]
        session.connection.execute(sa.update(automation_tables.outbox).values(status="failed"))
        of_watch = sa.select(automation_tables.runs.c.id).where(automation_tables.runs.c.automation == "crm.watch")
        ids["run"] = session.connection.execute(of_watch).scalars().first() or ""
        ids["run of greet"] = by_hand.run(session, "crm.greet", [ids["mine"]])[0]
        failed = {"status": "failed", "step": "tell", "finished_at": LONG_AGO}
        session.connection.execute(sa.update(automation_tables.runs).values(**failed))
        shape = {"table": "crm.accounts", "equal": ["name"], "sort": []}
        row = {"name": "ax_name", "table_address": "crm.accounts", "shape": json.dumps(shape), "why": "[]"}
        session.connection.execute(sa.insert(index_tables.indexes).values(**row, state="ready", made_at=LONG_AGO))
        ids["index name"] = "ax_name"
        for name, state in BASES.items():
            held = bases.begin(session, site.vault, "pat", [bases.Base("appOne", "One")])
            ids[name] = keeping.change(session, held.id, state=state).id
        ids["secret of a connection"] = (
            connections.connect(session, site.vault, Egress.of(site.settings), "crm", "erp", HOOK) or ""
        )
    made = invitations.invite(site.stores, site.vault, site.settings, side.id, side.owner.id, role="guest")
    ids["invitation token"] = urlsplit(made.link).path.rsplit("/", 1)[1]
    ids["invitation"] = invitations.open_ones(site.stores, side.id)[0].id


def _bring(side: Side, owner: Principal, rep: Person) -> None:
    """Imports of the owner in every state, and one of the rep."""
    store, ids = side.store, side.ids

    def begun(by: Principal, table: str = "crm.accounts", csv: bytes = CSV) -> str:
        with store.write(by) as session:
            held = imports.start(session, io.BytesIO(csv), "accounts.csv", table)
            suggestion = imports.propose(session, held.id, table)
            imports.choose(session, held.id, suggestion.mapping)
        return held.id

    ids["import"] = begun(owner)
    imports.count_lines(store, owner, ids["import"])
    ids["import done"] = begun(owner, "crm.tags", b"name\nBrought\n")
    imports.count_lines(store, owner, ids["import done"])
    imports.carry_out(store, owner, ids["import done"])
    ids["import of rep"] = begun(person(rep.id, "member"))
    imports.count_lines(store, person(rep.id, "member"), ids["import of rep"])
    with store.write(person(rep.id, "member")) as session:
        document = imports.get(session, ids["import of rep"]).mapping or {}
        ids["mapping"] = imports.mappings.put(session, "crm.accounts", "Monthly", document).id
        ids["forgotten mapping"] = imports.mappings.put(session, "crm.accounts", "Then", document).id
        imports.mappings.remove(session, ids["forgotten mapping"])
    with store.write(owner) as session:
        ids["mapping of owner"] = imports.mappings.put(session, "crm.accounts", "Yearly", document).id
        ids["forgotten mapping of owner"] = imports.mappings.put(session, "crm.accounts", "Once", document).id
        imports.mappings.remove(session, ids["forgotten mapping of owner"])


def _move_apps(side: Side, owner: Principal) -> None:
    """Archives of the owner: one that is yet to be made, one that is made, and one whose app is here."""
    store, ids, limits = side.store, side.ids, Limits(10**6, 10**6)
    with store.write(owner) as session:
        ids["archive"] = transfers.start_out(session, "crm", Wanted()).id
        ids["archive made"] = transfers.start_out(session, "crm", Wanted()).id
    transfers.carry_out(store, owner, ids["archive made"], limits)
    plain: dict[str, Any] = {"formwork": 1, "key": "moved", "label": "Moved"}
    with store.write(owner) as session:
        apps.apply(session, {**plain, "tables": {"things": {"fields": {"name": {"type": "text"}}}}})
        made = io.BytesIO()
        archives.pack(session, "moved", made)
        apps.remove(session, "moved")
    held = transfers.start_in(store, owner, [made.getvalue()], "moved.zip", Wishes())
    ids["archive brought"] = transfers.carry_out(store, owner, held.id, limits).id


def _give_ways_in(place: Place) -> None:
    """Sessions, tokens, messages and links of everybody."""
    stores, home = place.stores, place.here.id
    for name, who in place.people.items():
        place.sids[name] = sessions.open_session(stores, who.id)
        here = sessions.session_of(stores, sessions.open_session(stores, who.id))
        assert here
        with stores.control.write() as session:
            known = remembered.remember(session, who.id, "A browser", "10.0.0.1")
        (browser,) = remembered.belonging_to(stores, who.id)
        own = place.own[name] = {"session": here.id, "browser": browser.id, "remembered": known}
        at = place.other if name == "elsewhere" else place.here
        if name == "owner":
            place.sids["unproven"] = sessions.open_session(stores, who.id)
            owner = person(who.id, "owner")
            guised = sessions.open_session(stores, who.id)
            place.sids["guise"] = guised
            in_guise = sessions.session_of(stores, guised)
            assert in_guise
            guises.begin(stores, in_guise.id, owner, home, person=place.people["rep"].id)
        token, place.tokens[name] = api_tokens.create(stores, who.id, at.id, name)
        own["token"], own["api token"] = token.id, token.id
        with at.store.write(person(at.owner.id, "owner")) as session:
            notifications.tell(session, [who.id], "Hello", table="crm.tags", record_id=at.ids["tag"])
            c = automation_tables.notifications.c
            own["message"] = str(session.connection.execute(sa.select(c.id).where(c.user_id == who.id)).scalar())
        own["address token"] = new_secret()
        with stores.control.write() as session:
            wish = {"token_hash": secret_hash(own["address token"]), "user_id": who.id, "email": f"new-{who.email}"}
            table = control_tables.email_changes
            session.connection.execute(sa.insert(table).values(**wish, expires_at=FAR_AHEAD))
        own["reset token"] = resets.link(stores, who.id)
        with place.here.store.read(person(place.here.owner.id, "owner")) as session:
            file = files.known(session, [place.here.ids["file"]])[place.here.ids["file"]]
        signed = urlsplit(address_of(place.site.signer, token.id, file)).path
        own["signed"], own["file name"] = signed.split("/")[2:4]
    for name, scope in (
        ("reading", Scope(writes=False)),
        ("tags", Scope(within=("crm.tags",))),
        ("deals", Scope(within=("crm.deals",))),
        ("writing", Scope()),
    ):
        _token, place.tokens[name] = api_tokens.create(stores, place.people["owner"].id, home, name, scope=scope)
    expired, place.tokens["expired"] = api_tokens.create(stores, place.people["owner"].id, home, "expired")
    with stores.control.write() as session:
        c = control_tables.sessions.c
        unproven = sa.update(control_tables.sessions).where(c.token_hash == secret_hash(place.sids["unproven"]))
        session.connection.execute(unproven.values(proved_at=LONG_AGO))
        t = control_tables.tokens
        session.connection.execute(sa.update(t).where(t.c.id == expired.id).values(expires_at=LONG_AGO))
