"""The command and the server as people start them: processes of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from engine import accounts, apps, cli
from engine.access.principals import person
from engine.cli.commands import COMMANDS, GROUPS
from engine.opening import open_stores
from engine.settings import Settings
from tests.engine.cli.conftest import SHOP
from tests.support.databases import Database
from tests.support.server import COMMAND, ROOT, Finished, Machine
from web import command


def with_shop(machine: Machine) -> Machine:
    """The installation, with an owner and the shop in it."""
    environment = machine.environment({})
    stores = open_stores(Settings.from_environment(environment))
    owner, membership = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password="four words in a row", workspace="Acme"
    )
    with stores.workspace(membership.id).write(person(owner.id, "owner")) as session:
        apps.apply(session, SHOP)
    stores.close()
    return machine


@pytest.fixture
def shop(machine: Machine) -> Machine:
    """The shop in SQLite files, where one process at a time may open them."""
    return with_shop(machine)


def get(url: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_first_start_prints_a_link_for_the_owner(machine: Machine) -> None:
    server = machine.serve()
    link = server.wait_for(r"within 30 minutes: (\S+)")
    assert link.startswith(f"{server.url}/setup/")
    assert get(link)[0] == 200
    assert server.stop(signal.SIGINT) == 0
    assert not any("Traceback" in line for line in server.lines)


def test_commands_work_beside_the_server_as_without_it(database_url: Database, tmp_path: Path) -> None:
    shop = with_shop(Machine(database_url))
    server = shop.serve()
    assert server.process.poll() is None
    (tmp_path / "customers.csv").write_text("Name\nAcme\nBolt\n")
    done = shop.run("import", "customers", "customers.csv", folder=tmp_path)
    assert done.code == 0, done
    assert [one["name"] for one in json.loads(shop.run("query", "customers", "--json").out)] == ["Acme", "Bolt"]
    made = shop.run("record", "create", "customers", "--file", "-", stdin='{"name": "Cord"}')
    assert made.out.startswith("Created rec")
    refused = shop.run("record", "create", "customers", "name=Acme")
    assert refused == Finished(1, "", "formwork: /0/name: Another record already has this Name.\n")
    assert shop.run("qurey").code == 2
    token = shop.run("token", "create", "test").out.strip()
    request = urllib.request.Request(f"{server.url}/v0/shop/customers", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert len(json.load(answer)["records"]) == 3
    assert server.stop() == 0
    assert json.loads(shop.run("query", "customers", "--count", "--json").out) == {"count": 3}
    shop.close()


def test_two_commands_at_once(shop: Machine) -> None:
    done: list[Finished] = []

    def create(name: str) -> None:
        done.append(shop.run("record", "create", "customers", f"name={name}"))

    threads = [threading.Thread(target=create, args=(name,)) for name in ("Acme", "Bolt", "Cord")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.code for one in done] == [0, 0, 0], done
    assert json.loads(shop.run("query", "customers", "--count", "--json").out) == {"count": 3}


def test_a_killed_server_leaves_nothing_in_the_way(shop: Machine) -> None:
    shop.serve().stop(signal.SIGKILL)
    assert shop.run("record", "create", "customers", "name=Acme").code == 0
    again = shop.serve()
    assert json.loads(shop.run("query", "customers", "--count", "--json").out) == {"count": 1}
    assert again.stop() == 0


def test_a_used_port(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = machine.run("serve", FORMWORK_PORT=port)
    says = f"formwork: Port {port} is in use by another program. Choose another one with FORMWORK_PORT.\n"
    assert done == Finished(3, "", says)


def test_a_second_server_on_one_folder(machine: Machine) -> None:
    server = machine.serve()
    done = machine.run("serve")
    assert done.code == 3
    assert done.err.startswith(f"formwork: Another process has the data folder {machine.database.folder} open.")
    assert done.err.count("\n") == 1
    assert server.stop() == 0


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    machine = Machine(Database("", tmp_path / "file"))
    for words in (("apps",), ("serve",)):
        done = machine.run(*words)
        assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
        assert "cannot be written" in done.err


def test_a_database_that_is_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    machine = Machine(Database(f"postgresql+psycopg://nobody@127.0.0.1:{port}/none", tmp_path))
    for words in (("apps",), ("serve",)):
        done = machine.run(*words)
        assert done == Finished(3, "", "formwork: The database does not answer. Try again in a moment.\n")


def test_a_damaged_database(machine: Machine) -> None:
    machine.database.folder.mkdir()
    (machine.database.folder / "control.sqlite").write_bytes(b"no database at all" * 100)
    done = machine.run("apps")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "control.sqlite is damaged." in done.err


def test_wrong_settings_are_all_told(machine: Machine) -> None:
    done = machine.run("apps", FORMWORK_PORT="many", FORMWORK_LANGUAGE="tlh")
    assert done.code == 3
    assert [line.split()[1] for line in done.err.splitlines()] == ["FORMWORK_PORT", "FORMWORK_LANGUAGE"]
    assert machine.run("serve", FORMWORK_HOST="nonsense.invalid", FORMWORK_PUBLIC_URL="https://a.example").code == 3


def test_help_needs_no_store(tmp_path: Path) -> None:
    machine = Machine(Database("", tmp_path / "never made"))
    whole = machine.run("--help")
    assert whole.code == 0
    assert "formwork install crm" in whole.out
    assert not (tmp_path / "never made").exists()


def test_every_command_teaches_by_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    names: list[tuple[str, ...]] = [(name,) for _group, name, _where, _says in COMMANDS]
    names += [(name, part) for _group, name, _says, parts in GROUPS for part, _where, _part_says in parts]
    for words in [*names, ("serve",)]:
        assert cli.main([*words, "--help"], more=command.add_commands) == 0
        assert f"formwork {' '.join(words)}" in capsys.readouterr().out.partition("For example:")[2]
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == "0.1.0\n"


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    environment = {**os.environ, "FORMWORK_DATA": str(tmp_path)}
    command = subprocess.Popen(
        [*COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=ROOT
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait(30) == 0


def test_the_second_start_is_quick(machine: Machine) -> None:
    machine.serve().stop()
    server = machine.serve(PYTHONPROFILEIMPORTTIME="1")
    server.stop()
    imported = {line.rpartition("|")[2].strip() for line in server.lines if line.startswith("import time:")}
    assert "uvicorn" in imported  # else nothing was written down
    assert {"alembic", "mako", "pip", "pytest"} & imported == set()
    # Modules are what a start takes its time for; 1,284 when this was written.
    assert len(imported) < 1_400
