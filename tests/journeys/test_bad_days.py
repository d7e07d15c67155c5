"""Days on which something is not there or not as it should be, as the people see them: a sentence, never a trace."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from engine import accounts, apps, records
from engine.access.principals import person
from engine.storage.stores import Stores
from tests.support.databases import CLOSE_OTHERS, Database, PostgresServer
from tests.support.desk import Desk, watch
from tests.support.server import Machine, Server

PASSWORD = "four words in a row"
DEFINITION = {
    "formwork": 1,
    "key": "stock",
    "label": "Stock",
    "tables": {
        "items": {
            "label": "Item",
            "title": "name",
            "fields": {"name": {"type": "text", "label": "Name"}, "price": {"type": "number", "label": "Price"}},
            "views": {"all": {"type": "grid", "label": "All"}},
        }
    },
}
TRACES = ("Traceback", 'File "', "psycopg", "sqlalchemy", "sqlite3")


def is_plain(text: str) -> bool:
    """Whether nothing in it is meant for programmers."""
    return not any(trace in text for trace in TRACES)


def fill(database: Database) -> None:
    """An owner, and an app with two records."""
    stores = Stores(database.folder, database.url)
    _ada, made = accounts.create_owner(stores, email="ada@example.com", name="Ada", password=PASSWORD, workspace="Acme")
    with stores.workspace(made.id).write(person(_ada.id, "owner")) as session:
        apps.apply(session, DEFINITION)
        records.create(session, "stock.items", [{"name": "Bolt", "price": 3}, {"name": "Cord", "price": 3}])
    stores.close()


def sign_in(page: Page, server: Server) -> Desk:
    """The owner at their workspace."""
    desk = Desk(page, server.url)
    page.goto(f"{server.url}/sign-in")
    page.fill("#email", "ada@example.com")
    page.fill("#password", PASSWORD)
    page.click(".plain-card button")
    page.wait_for_url(f"{server.url}/w/*")
    desk.home = page.url
    return desk


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Machine]:
    """An installation on SQLite with a small app."""
    machine = Machine(Database("", tmp_path / "data"))
    fill(machine.database)
    yield machine
    machine.close()


def test_what_people_mistype_and_bring(small: Machine, browser_context: BrowserContext, tmp_path: Path) -> None:
    complaints = watch(browser_context)
    server = small.serve()
    desk = sign_in(browser_context.new_page(), server)
    page = desk.page

    for path in ("no/such/page", "apps/none", "apps/stock/none", "apps/stock/items/records/rec0000000000nope"):
        desk.open(path)
        expect(page.locator("h1, h2").first).to_have_text("There is nothing here")
        assert is_plain(page.content())
    page.locator("a", has_text="To the start").click()
    page.wait_for_url(desk.home)

    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200))
    (tmp_path / "nothing.csv").write_bytes(b"")
    for name in ("picture.csv", "nothing.csv"):
        desk.open("imports/new?table=stock.items")
        page.set_input_files("input[name=file]", tmp_path / name)
        page.locator("main form button.btn-primary").click()
        expect(page.locator("#file-wrong")).to_be_visible()
        assert is_plain(page.content())
    desk.open("imports")
    expect(page.locator(".list > a")).to_have_count(0)

    desk.view("stock.items", "all")
    cell = desk.cell(0, "price")
    desk.type_in_cell(cell, "three")
    expect(page.locator("#cell-error")).to_have_text("Price must be a number, such as 1234.50.")
    page.keyboard.press("Escape")
    assert [one for one in complaints if "status of 404" not in one and "status of 422" not in one] == []
    server.stop()
    assert is_plain("\n".join(server.lines))


def test_the_server_ends_while_somebody_works(small: Machine, browser_context: BrowserContext) -> None:
    server = small.serve()
    desk = sign_in(browser_context.new_page(), server)
    desk.view("stock.items", "all")
    server.stop(signal.SIGKILL)
    desk.type_in_cell(desk.cell(0, "price"), "4")
    expect(desk.page.locator("#saving")).to_have_text("Not saved")
    expect(desk.page.locator(".cell-form input")).to_have_value("4")
    again = small.serve(FORMWORK_PORT=server.url.rsplit(":", 1)[1])
    desk.page.keyboard.press("Enter")
    expect(desk.cell(0, "price")).to_have_text("4")
    assert again.stop() == 0


def test_a_store_that_is_damaged(small: Machine) -> None:
    for file in small.database.folder.rglob("*.sqlite*"):
        file.write_bytes(b"This was a database once. " * 400)
    for words in (("apps",), ("serve",)):
        done = small.run(*words)
        assert (done.code, done.out, done.err.count("\n")) == (3, "", 1), done
        assert is_plain(done.err)


def test_wrong_files_at_the_command_line(small: Machine, tmp_path: Path) -> None:
    wrong = {**DEFINITION, "tables": {"items": {"label": "Item", "title": "nome", "fields": {"name": {"type": "txt"}}}}}
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    for words in (("apply", "wrong.json"), ("import", "stock.items", "picture.csv")):
        done = small.run(*words, folder=tmp_path)
        assert (done.code, done.out) == (1, ""), done
        assert done.err.startswith("formwork: ")
        assert is_plain(done.err), done
    assert json.loads(small.run("query", "stock.items", "--count", "--json").out) == {"count": 2}


def test_the_database_goes_away_and_comes_back(
    postgres_server: PostgresServer, postgres_url: str, postgres_database: str, browser_context: BrowserContext,
    tmp_path: Path,
) -> None:  # fmt: skip
    """The way to PostgreSQL is a link that the test takes away, so that the server of the other tests goes on."""
    way = tmp_path / "socket"
    way.symlink_to(postgres_server.folder)
    machine = Machine(Database(PostgresServer(way).url(postgres_database), tmp_path / "data"))
    try:
        fill(machine.database)
        token = machine.run("token", "create", "test").out.strip()
        server = machine.serve()
        desk = sign_in(browser_context.new_page(), server)
        desk.view("stock.items", "all")

        way.unlink()
        with postgres_server.connect(postgres_database) as connection:
            connection.execute(CLOSE_OTHERS)
        desk.type_in_cell(desk.cell(0, "price"), "5")
        expect(desk.page.locator("#saving")).to_have_text("Not saved")
        desk.page.reload()
        expect(desk.page.locator("main")).to_contain_text("The database does not answer. Try again in a moment.")
        assert is_plain(desk.page.content())
        assert asked(f"{server.url}/v0/stock/items", token) == (
            503,
            "The database does not answer. Try again in a moment.",
        )
        done = machine.run("apps")
        assert (done.code, done.err) == (3, "formwork: The database does not answer. Try again in a moment.\n")

        way.symlink_to(postgres_server.folder)
        desk.view("stock.items", "all")
        desk.type_in_cell(desk.cell(0, "price"), "5")
        expect(desk.cell(0, "price")).to_have_text("5")
        assert server.stop() == 0
    finally:
        machine.close()


def asked(url: str, token: str) -> tuple[int, str]:
    """What the API answers when it refuses: its status and the message of its error object."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(request, timeout=30)
    with failed.value as answer:
        return answer.code, json.load(answer)["error"]["message"]
