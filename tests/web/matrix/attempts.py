"""What somebody tries who may not, past the pages: at the engine's verbs, and with requests that no page of ours makes.

A page often asks before its verb does; the verb has to refuse by itself, whoever calls it.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from engine import (
    apps,
    archives,
    audit,
    automations,
    bases,
    business_calendar,
    by_item,
    catalog,
    comments,
    connections,
    copies,
    forms,
    formula_fields,
    guises,
    held_files,
    history,
    hooks,
    imports,
    invitations,
    ledgers,
    mailboxes,
    queries,
    records,
    roles,
    search,
    sequences,
    sessions,
    shares,
    totals,
    trash,
    typecast,
    undo,
    upserts,
    verifying,
    workspaces,
)
from engine.access import door, principals
from engine.access.principals import Principal, Shared, person
from engine.access.scopes import Scope
from engine.account_mail import Words
from engine.archives import transfers
from engine.automations import by_hand, outside
from engine.automations.steps import Means
from engine.egress import Egress
from engine.errors import Forbidden
from engine.files import Limits
from engine.imports import lookups, mappings
from engine.queries import Query
from engine.storage.session import Session
from engine.trash import parts
from tests.web.matrix.asking import Ask, Crowd
from tests.web.matrix.examples import ask
from tests.web.matrix.place import Place

TAGS, ACCOUNTS, SECRETS = "crm.tags", "crm.accounts", "crm.secrets"
PLAIN: dict[str, Any] = {
    "formwork": 1,
    "key": "plain",
    "label": "Plain",
    "tables": {"things": {"fields": {"name": {"type": "text"}}}},
}
Verb = Callable[[Session], Any]


@dataclass(frozen=True)
class Attempt:
    """Something that is tried, and the name of the error, or the status, that it meets."""

    name: str
    expected: str
    act: Callable[[], str]

    def is_missed(self) -> bool:
        """Whether something else comes of it."""
        return self.act() != self.expected


def attempts(crowd: Crowd) -> Iterator[Attempt]:
    """All of them."""
    yield from _verbs(crowd.place)
    yield from _of_people(crowd.place)
    yield from _requests(crowd)


def _verbs(place: Place) -> Iterator[Attempt]:
    ids, here = place.here.ids, place.here
    lead, builder = person(place.people["lead"].id), person(place.people["builder"].id, "builder")
    rep, owner = person(place.people["rep"].id), person(place.people["owner"].id, "owner")
    reading = replace(owner, kind="token", scope=Scope(writes=False))
    within = replace(owner, kind="token", scope=Scope(within=(TAGS,)))
    form = principals.public_form("crm", "tags", "enquiry")
    share = principals.share("shr", Shared(ACCOUNTS, "all", "", owner))
    nobody = Principal("person", "usr00000000000000", "usr00000000000000", "")

    def verb(name: str, who: Principal, act: Verb, expected: str = "Forbidden", *, says: bool = False) -> Attempt:
        """`says`: the words of the refusal are expected, where what follows it would be refused by the same error."""

        def tried() -> str:
            try:
                with here.store.read(who) as session:
                    found = act(session)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong further on is not the refusal that is looked for
                return str(error) if says else type(error).__name__
            return str(found)

        return Attempt(f"{name} as {who.kind} {who.role}", expected, tried)

    def of(session: Session, address: str = TAGS) -> Any:
        return session.whole.table(address)

    everything = Query(TAGS)
    for name, act in {
        "ids": lambda session: queries.ids_of(session, everything),
        "count": lambda session: queries.count(session, everything),
        "find": lambda session: records.find(session, everything),
        "several": lambda session: records.get_many(session, TAGS, [ids["tag"]]),
        "titles": lambda session: queries.find_titles(session, TAGS, "c"),
        "totals": lambda session: totals.totals(session, everything, [("count", "name")]),
        "history": lambda session: history.of_record(session, TAGS, ids["tag"]),
        "balances": lambda session: ledgers.balances(session, "crm.entries"),
        "names": lambda session: lookups.records_by_name(session, [TAGS]),
        "comments": lambda session: comments.counts(session, TAGS, [ids["tag"]]),
        "a formula": lambda session: formula_fields.try_out(session, TAGS, "{name}"),
        "gaps": lambda session: sequences.gaps(session, TAGS, "name"),
        "by item": lambda session: by_item.page(session, everything, [], {}),
    }.items():
        yield verb(name, form, act, "NotFound")
    yield verb("search", form, lambda session: search.everywhere(session, "canary"), "NotFound")
    yield verb(
        "choices", share, lambda session: forms.choices(session, of(session), of(session).forms["enquiry"]), "NotFound"
    )
    yield verb("read", nobody, lambda session: door.enter(nobody, "read", of(session)))
    yield verb("may", reading, lambda session: door.may(reading, "create", of(session)), "False")
    yield verb("more than the form asks", form, lambda session: door.enter(form, "create", of(session), {"level"}))
    yield verb("outside", within, lambda session: door.enter(within, "read", of(session, SECRETS)))
    yield verb("build", reading, lambda _session: door.enter_builder(reading))
    yield verb("own", reading, lambda _session: door.enter_owner(reading))
    yield verb("own", builder, lambda _session: door.enter_owner(builder))
    yield verb("copy", reading, lambda session: copies.refresh(session, "crm.deals", [ids["deal"]]))
    yield verb("shares", reading, shares.belonging_to)
    yield verb("audit", builder, audit.entries)
    yield verb("audit proof", builder, audit.verify)
    log = audit.Log("workspace", lambda: here.store.read(builder))
    yield verb("audit export", builder, lambda _session: list(audit.export(lambda: here.store.read(builder), log)))
    yield verb("a mapping", reading, lambda session: mappings.put(session, TAGS, "x", {}))
    yield verb("an archive", lead, lambda session: archives.pack(session, "crm", io.BytesIO()))
    builds = replace(builder, kind="token", scope=Scope(builds=True))
    holders = archives.Wanted(holders=True)
    yield verb("holders of roles", builds, lambda session: archives.pack(session, "crm", io.BytesIO(), holders))
    yield verb(
        "an archive to bring",
        lead,
        lambda _session: transfers.start_in(place.here.store, lead, [b""], "a", archives.Wishes()),
    )
    yield verb("from an archive", lead, lambda session: _bring(place, session))
    yield verb("export", rep, lambda session: apps.export(session, "crm"))
    yield verb("revisions", rep, lambda session: apps.revisions(session, "crm"))
    clerk = Principal("person", rep.id, rep.id, "member", held=frozenset({"crm.clerk"}))
    yield verb("the other side", clerk, lambda session: records.update(session, ACCOUNTS, {ids["mine"]: {"deals": []}}))
    yield verb("undo a change", reading, lambda session: undo.undo(session, ids["act on tag"]))
    yield verb("undo a deletion", reading, lambda session: undo.undo(session, ids["act on gone tag"]))
    yield verb("bring back", reading, lambda session: trash.restore(session, [ids["thing tag"]]))
    yield verb("reverse", reading, lambda session: ledgers.reverse(session, "crm.entries", [ids["entry"]]))
    yield verb("update or create", form, lambda session: upserts.upsert(session, TAGS, [], ["name"]), "NotFound")
    vault, egress = place.site.vault, Egress.of(place.site.settings)
    wishes = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    yield verb("make a hook", reading, lambda session: hooks.create(session, vault, egress, "crm", None, wishes))
    document = {"formwork": 1, "key": "new", "label": "New", "tables": {}}
    for name, act in {
        "apply": lambda session: apps.apply(session, document),
        "install": lambda session: catalog.install(session, "crm"),
        "a base": lambda session: bases.get(session, ids["base"]),
        "a token of a base": lambda session: bases.begin(session, place.site.vault, "pat", []),
        "payloads to look at": lambda session: hooks.newest(session, "crm", ids["hook"]),
        "mailboxes": mailboxes.of_workspace,
        "a mailbox": lambda session: mailboxes.connect(
            session, vault, egress, "crm.tags.enquiry", host="imap.example.com", account="a", password="b"
        ),
        "calendar": lambda session: business_calendar.change(session, {}, ""),
        "connections": lambda session: connections.last_calls(session, "crm"),
        "a new secret": lambda session: connections.new_secret(session, place.site.vault, "crm", "erp"),
        "an import of a new table": lambda session: imports.start(session, io.BytesIO(b"a\n1\n"), "a.csv"),
        "roles": lambda session: roles.of_app(session, "crm"),
        "roles of departments": lambda session: roles.of_departments(session, "crm"),
        "give": lambda session: roles.give(session, "crm.lead", rep.id),
        "take": lambda session: roles.take(session, "crm.lead", lead.id),
        "give a department": lambda session: roles.give_department(session, "crm.lead", ids["department"]),
        "take from a department": lambda session: roles.take_department(session, "crm.lead", ids["department"]),
        "verify": verifying.verify,
        "count what to verify": verifying.count,
        "purge": lambda session: trash.purge(session, [ids["thing tag"]]),
    }.items():
        yield verb(name, lead, act)
    # Lines that come second: what comes to each by itself.
    no_form = "There is no such form."
    yield verb("gaps by a form", form, lambda session: sequences.gaps(session, TAGS, "name"), no_form, says=True)
    yield verb("files of a table by a form", form, lambda session: held_files._may_read(session, TAGS), "False")
    named = [{"tag": "canary"}]
    yield verb(
        "a link by name by a form", form, lambda session: typecast.typecast(session, "crm.entries", named), no_form,
        says=True,
    )  # fmt: skip
    gone: Any = SimpleNamespace(kind="field", app="gone", table="gone.things", key="name", revision=1)
    yield verb("parts of an app", lead, lambda session: parts.restore(session, [gone]))
    looker = person(place.people["looker"].id)
    yield verb("runs", looker, automations.runs_of)
    yield verb("counts of runs", looker, lambda session: automations.counts(session, "crm"))
    steering = replace(lead, kind="token", scope=Scope(writes=False))
    yield verb("pause", steering, lambda session: automations.pause(session, "crm.watch"))
    yield verb("a run by hand", rep, lambda session: by_hand.run(session, "crm.greet", [ids["mine"]]))


def _bring(place: Place, session: Session) -> archives.Brought:
    """The app of the place, to stand beside itself under another key."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crm.zip"
        with path.open("wb") as made, place.here.store.read(person(place.here.owner.id, "owner")) as reading:
            archives.pack(reading, "crm", made)
        with archives.opened(path) as archive:
            return archives.bring(session, archive, Limits(10**6, 10**6), archives.Wishes("crm_again"))


def _of_people(place: Place) -> Iterator[Attempt]:
    """What changes who belongs where, and what nobody writes who only looks."""
    stores, site, home = place.stores, place.site, place.here.id
    ids = {name: who.id for name, who in place.people.items()}
    builder, lead = person(ids["builder"], "builder"), person(ids["lead"])
    share = principals.share("shr", Shared(ACCOUNTS, "all", "", person(ids["owner"], "owner")))
    here = sessions.session_of(stores, place.sids["builder"])
    assert here

    def act(name: str, tried: Callable[[], Any]) -> Attempt:
        def outcome() -> str:
            try:
                tried()
            except Exception as error:  # noqa: BLE001 - whatever goes wrong further on is not the refusal that is looked for
                return type(error).__name__
            return "done"

        return Attempt(name, "Forbidden", outcome)

    def write(who: Principal) -> None:
        with place.here.store.write(who):
            pass

    def test_connection() -> None:
        outside.try_out(
            place.here.store, lead, Means(site.settings, Egress.of(site.settings), site.vault), "crm", "erp"
        )

    def run_import() -> None:
        reading = Principal("token", "tok", ids["owner"], "owner", Scope(writes=False))
        imports.carry_out(place.here.store, reading, place.here.ids["import"])

    invitation = invitations.invite(
        stores, site.vault, site.settings, home, ids["owner"], role="guest", email="someone@example.com"
    )
    mailed = urlsplit(invitation.link).path.rsplit("/", 1)[1]
    lonely = workspaces.create(stores, ids["elsewhere"], "Lonely")
    yield act("write by a share", lambda: write(share))
    yield act("write in a guise", lambda: write(principals.guise(builder)))
    yield act("look as an owner", lambda: guises.begin(stores, here.id, builder, home, person=ids["owner"]))
    yield act("look as a role", lambda: guises.begin(stores, here.id, lead, home, held=["crm.rep"]))
    yield act("test a connection", test_connection)
    yield act("import with a token that reads", run_import)
    yield act("leave nobody", lambda: workspaces.remove_person(stores, lonely.id, ids["elsewhere"]))
    yield act(
        "invite as a builder",
        lambda: invitations.invite(
            stores, site.vault, site.settings, home, ids["builder"], role="guest", words=Words("", "")
        ),
    )
    yield act("join by the invitation of another", lambda: invitations.join(stores, mailed, place.people["elsewhere"]))


def _requests(crowd: Crowd) -> Iterator[Attempt]:
    place = crowd.place

    def sent(name: str, path: str, expected: str, who: str = "builder", **more: Any) -> Attempt:
        def tried() -> str:
            browser = crowd.browser(who)
            more.setdefault("data", {"form_token": crowd.form_token(who, path)})
            return str(browser.post(path, follow_redirects=False, **more).status_code)

        return Attempt(f"{name} {path}", expected, tried)

    here, form = f"/w/{place.here.id}", f"/f/{place.here.id}/crm/tags/enquiry"
    crowd.browser("builder")
    token = {"X-CSRF-Token": crowd.form_token("builder", here)}
    yield sent("from another site", "/account/sessions/end", "403", headers={"Sec-Fetch-Site": "cross-site"})
    yield sent("without a token", "/account/sessions/end", "403", data={"x": "y"})
    yield sent("as JSON", "/account/sessions/end", "403", json={}, data=None, headers=token)
    yield sent("without a token", form, "403", data={"name": "x"})
    yield sent(
        "what nobody may choose", f"{here}/invitations", "403", data={"form_token": token["X-CSRF-Token"], "role": "x"}
    )
    plain = workspaces.create(place.stores, place.people["owner"].id, "Without roles")
    with place.stores.control.write() as session:
        workspaces.insert_membership(session, plain.id, place.people["lead"].id, "member")
    with place.stores.workspace(plain.id).write(person(place.people["owner"].id, "owner")) as session:
        apps.apply(
            session,
            {
                "formwork": 1,
                "key": "plain",
                "label": "Plain",
                "tables": {"things": {"fields": {"name": {"type": "text"}}}},
            },
        )
    there = f"/w/{plain.id}"
    of_one_table = Principal("token", "tok", place.here.owner.id, "owner", Scope(within=("plain.things",)))

    def definition() -> str:
        try:
            with place.stores.workspace(plain.id).read(of_one_table) as session:
                door.enter_definition(session, "plain")
        except Forbidden as error:
            return type(error).__name__
        return "seen"

    yield Attempt("the definition where there are no roles, by a token for one table", "Forbidden", definition)
    crowd.browser("lead")
    yield sent("where there are no roles", f"{there}/definitions", "403", "lead")
    yield sent("where there are no roles", f"{there}/definitions/schemas", "403", "lead")
    change = {"form_token": crowd.form_token("lead", there), "document": json.dumps(PLAIN), "revision": "1"}
    yield sent("where there are no roles", f"{there}/definitions/applications", "403", "lead", data=change)
    restoration = Ask("GET", f"{there}/apps/plain/-/revisions/1/restoration", {})
    yield Attempt("see a restoration", "403", lambda: str(crowd.asks("lead", restoration).status_code))
    yield Attempt("a file for nothing", "0", lambda: str(_files_left(crowd)))
    yield Attempt(
        "a token that is not said to be one",
        "401",
        lambda: str(
            crowd.program.get(
                "/v0/meta/whoami", headers={"Authorization": f"Basic {place.tokens['owner']}"}
            ).status_code
        ),
    )


def _files_left(crowd: Crowd) -> int:
    """How many files there are more when a program that may only read has sent one."""
    folder = crowd.place.here.store.files
    before = len(list(folder.rglob("*")))
    path = "/v0/{app}/{record}/{field}/uploadAttachment"
    crowd.asks("reading", ask(crowd.place, "reading", "POST", path, "attach to mine"))
    return len(list(folder.rglob("*"))) - before
