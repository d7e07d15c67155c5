"""Another key for stored secrets: all of them are sealed anew, nothing stops meanwhile, and it can be broken off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from engine import account_mail, accounts, audit, connections, hooks, keys, repeats, second_factor
from engine.access.principals import ENGINE, person
from engine.account_mail import Words
from engine.cli.run import run
from engine.egress import Egress
from engine.errors import Conflict
from engine.opening import open_stores
from engine.settings import Settings
from engine.storage import automation_tables
from engine.storage.control_tables import second_factors
from engine.storage.session import Session
from engine.storage.stores import Store, Stores, Workspace
from engine.vault import CannotOpen, Vault
from tests.support.databases import Database
from tests.support.terminal import FakeTerminal
from tests.support.workspaces import install

TABLES = {"items": {"fields": {"name": {"type": "text"}}}}
ERP = {"erp": {"type": "webhook", "label": "ERP"}, "shop": {"type": "webhook", "label": "Shop"}}
WISHES = {"options": {"filters": {"dataTypes": ["tableData"]}}}


@dataclass
class Safe:
    """An installation with one secret of every kind."""

    settings: Settings
    stores: Stores
    vault: Vault
    home: Workspace
    user_id: str

    def all(self) -> list[Store]:
        return [self.stores.control, self.home]

    def stored(self) -> str:
        """Every row of every table."""
        found = []
        for store in self.all():
            with store.read() as session:
                for table in _tables(session):
                    found += [
                        repr(tuple(row)) for row in session.connection.execute(sa.text(f'SELECT * FROM "{table}"'))
                    ]
        return "\n".join(found)

    def opens(self, vault: Vault) -> None:
        """Everything that was sealed opens."""
        with self.home.read(person(self.user_id, "owner")) as session:
            assert len(connections.endpoint(session, vault, "shop", "erp").secrets) == 2
            hook, secret = session.connection.execute(sa.text("SELECT id, secret FROM _hooks")).one()
            assert vault.open(secret, hooks.place_of(hook))
            kept = repeats.known(session, "one")
            assert kept
            assert vault.open(kept.body or "", repeats.place_of("one")) == "answer"
        with self.stores.control.read() as session:
            seed = session.connection.execute(sa.select(second_factors.c.seed)).scalar_one()
            assert len(vault.open(seed, second_factor.place_of(self.user_id))) == 32
            body = session.connection.execute(sa.select(automation_tables.outbox.c.body)).scalar_one()
            assert vault.open(body, account_mail.place_of("ada@example.com")) == "words"


def _tables(session: Session) -> list[str]:
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    if session.dialect == "postgresql":
        names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return list(session.connection.execute(sa.text(names)).scalars())


@pytest.fixture
def safe(database_url: Database) -> Iterator[Safe]:
    settings = Settings.from_environment(
        {
            "FORMWORK_DATA": str(database_url.folder),
            "FORMWORK_DATABASE_URL": database_url.url,
            "FORMWORK_SMTP_HOST": "127.0.0.1",
            "FORMWORK_SMTP_FROM": "formwork@example.com",
        }
    )
    stores, vault = open_stores(settings), Vault.at(settings.key_file)
    ada, home = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password="four words in a row", workspace="Acme"
    )
    made = Safe(settings, stores, vault, stores.workspace(home.id), ada.id)
    asker, egress = person(ada.id, "owner"), Egress.of(settings)
    install(made.home, asker, TABLES, connections=ERP)
    with made.home.write(asker) as session:
        for name in ERP:
            connections.connect(session, vault, egress, "shop", name, f"https://{name}.example.com/in")
        connections.new_secret(session, vault, "shop", "erp")
        hooks.create(session, vault, egress, "shop", None, WISHES)
        repeats.begin(session, "one", "asked")
        repeats.finish(session, "one", 200, vault.seal("answer", repeats.place_of("one")))
    seed = second_factor.new_seed()
    second_factor.switch_on(stores, vault, ada, seed, second_factor.code_at(seed, datetime.now(UTC)))
    with stores.control.write() as session:
        account_mail.put(session, vault, settings, "ada@example.com", Words("About", "words"))
    yield made
    stores.close()


def test_everything_is_sealed_anew_and_both_keys_count_meanwhile(safe: Safe) -> None:
    old = safe.vault.marks[0]
    running = Vault.at(safe.settings.key_file)  # of a server that goes on
    assert safe.stored().count(old) == 7
    done = keys.rotate(safe.stores, safe.vault)
    assert (done.is_new, done.sealed, done.unreadable) == (True, 7, ())
    assert old not in safe.stored()
    safe.opens(running)
    assert running.marks == safe.vault.marks == [safe.vault.marks[0], old]
    assert keys.drop_old(safe.stores, safe.vault) == 1
    safe.opens(running)
    safe.opens(Vault.at(safe.settings.key_file))
    assert len(safe.settings.key_file.read_text().split()) == 1
    assert safe.settings.key_file.stat().st_mode & 0o077 == 0


def test_who_is_broken_off_goes_on_where_it_was(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    seal, sealed = Vault.seal, 0

    def break_off(vault: Vault, text: str, place: str) -> str:
        nonlocal sealed
        sealed += 1
        if sealed == 4:
            raise KeyboardInterrupt
        return seal(vault, text, place)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "seal", break_off)
        with pytest.raises(KeyboardInterrupt):
            keys.rotate(safe.stores, safe.vault)
    safe.opens(safe.vault)
    with pytest.raises(Conflict, match="older keys"):
        keys.drop_old(safe.stores, safe.vault)
    begun = safe.vault.marks
    done = keys.rotate(safe.stores, safe.vault)
    assert (done.is_new, safe.vault.marks) == (False, begun)
    assert begun[1] not in safe.stored()
    assert keys.rotate(safe.stores, safe.vault).is_new


def test_a_slice_at_a_time_is_all_of_them(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "SLICE", 1)
    assert keys.rotate(safe.stores, safe.vault).sealed == 7
    safe.opens(safe.vault)


def test_what_is_sealed_for_another_place_does_not_open(safe: Safe) -> None:
    """T-SEC-02: whoever can write into the database gains nothing by moving a secret about."""
    with safe.home.write() as session:
        rows = session.connection.execute(sa.text("SELECT name, secret FROM _connections")).all()
        found: dict[str, str] = {str(row[0]): str(row[1]) for row in rows}
        c = automation_tables.connections.c
        for name, other in (("erp", "shop"), ("shop", "erp")):
            change = sa.update(automation_tables.connections).where(c.name == name)
            session.connection.execute(change.values(secret=found[other]))
    with safe.home.read() as session, pytest.raises(CannotOpen):
        connections.endpoint(session, safe.vault, "shop", "shop")


def test_what_no_key_opens_is_named_and_stops_nothing(safe: Safe) -> None:
    with safe.home.write() as session:
        session.connection.execute(sa.text("UPDATE _hooks SET secret = 'v1.00000000.AAAA'"))
    done = keys.rotate(safe.stores, safe.vault)
    assert done.sealed == 6
    assert [place.partition("/")[0] for place in done.unreadable] == ["hooks"]
    assert keys.drop_old(safe.stores, safe.vault) == 1


def test_the_commands_do_it_and_the_log_tells(safe: Safe) -> None:
    def formwork(*words: str) -> Any:
        terminal = FakeTerminal()
        assert run([*words, "--json"], terminal, settings=safe.settings, stores=safe.stores) == 0
        return json.loads(terminal.printed)

    assert formwork("key", "rotate") == {"new": True, "sealed": 7, "unreadable": []}
    assert formwork("key", "drop") == {"count": 1}
    safe.opens(safe.vault)
    with safe.stores.control.read(ENGINE) as session:
        noted = audit.entries(session, workspace=safe.home.id)
    assert [one.act for one in noted if one.act.startswith("key.")] == ["key.dropped", "key.rotated", "key.added"]
    assert not any(key in str(noted) for key in safe.settings.key_file.read_text().split())


def test_a_spoilt_file_changes_nothing_for_who_runs(safe: Safe) -> None:
    safe.settings.key_file.write_text("spoilt")
    safe.opens(safe.vault)
    safe.vault.seal("a", "b")
