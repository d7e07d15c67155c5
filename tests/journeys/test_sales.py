"""The whole of it in a real browser: from the one-time link to real sales data, a moved deal and a signed webhook."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from standardwebhooks import Webhook

from tests.journeys.importing import bring, take_back
from tests.support.databases import Database
from tests.support.desk import Desk, fill_in_enquiry, watch
from tests.support.server import Machine
from tests.support.webhooks import WebhookReceiver

OWNER = {"name": "Ada Lovelace", "email": "ada@example.com", "password": "four words in a row", "workspace": "Acme"}
ENQUIRY = {
    "name": "Maria Lindqvist",
    "company": "Nordljus Paper",
    "email": "maria@nordljus.example",
    "need": "Flow metering for 40 points.",
}
DEALS = "crm.opportunities"


@pytest.fixture
def machine(database_url: Database) -> Iterator[Machine]:
    """An installation with nothing in it, on each database."""
    made = Machine(database_url)
    yield made
    made.close()


def test_real_sales_data_from_an_empty_machine_to_a_signed_webhook(
    machine: Machine, browser: Browser, browser_context: BrowserContext, webhook_receiver: WebhookReceiver,
    shared_data: Path,
) -> None:  # fmt: skip
    complaints = watch(browser_context)
    server = machine.serve(FORMWORK_EGRESS_ALLOW="127.0.0.0/8")
    desk = Desk(browser_context.new_page(), server.url)
    desk.create_owner(server.wait_for(r"within 30 minutes: (\S+)"), **OWNER)
    desk.install("crm", samples=False)

    # On PostgreSQL without the 8,800 deals, which the engine's own tests bring in on both databases.
    whole = machine.database.dialect == "sqlite"
    bring_what_deals_link_to(desk, shared_data / "crm_sales")
    if whole:
        bring_the_deals(desk, shared_data / "crm_sales")
        the_numbers_are_right_in_the_views(desk)
        the_numbers_are_right_at_the_command_line(machine)
        the_numbers_are_right_in_the_api(machine, server.url)

    a_cell_is_put_right(desk)
    a_deal_is_made_and_moved(desk)

    secret = desk.connect("crm", "marketing", webhook_receiver.url)
    stranger = browser.new_context(locale="en-US", timezone_id="UTC", viewport={"width": 390, "height": 844})
    stranger_complaints = watch(stranger)
    fill_in_enquiry(stranger.new_page(), public_form(desk), **ENQUIRY)
    stranger.close()
    the_webhook_arrives_signed(webhook_receiver, secret)
    its_run_leaves_a_trace(desk)

    take_back(desk, "sales_pipeline.csv" if whole else "sales_teams.csv")
    only_the_deal_made_by_hand_is_left(desk)
    assert complaints + stranger_complaints == []
    assert server.stop() == 0
    assert not [line for line in server.lines if "Traceback" in line or " ERROR " in line]


def bring_what_deals_link_to(desk: Desk, files: Path) -> None:
    """Import three files through the pages. Every row is accounted for: none refused, none lost."""
    bring(desk, "crm.products", files / "products.csv", {}, {})
    bring(desk, "crm.accounts", files / "accounts.csv", {}, {})
    bring(desk, "crm.agents", files / "sales_teams.csv", {}, {})


def bring_the_deals(desk: Desk, files: Path) -> None:
    """Import all deals; the preview finds the product that is spelled two ways."""
    bring(desk, DEALS, files / "sales_pipeline.csv", {"close_value": "amount"}, {"GTXPro": "GTX Pro"})


def the_numbers_are_right_in_the_views(desk: Desk) -> None:
    desk.view(DEALS, "won")
    expect(desk.total("title")).to_contain_text("4,238")
    expect(desk.total("value")).to_contain_text("10,005,534")
    desk.view(DEALS, "lost")
    expect(desk.total("title")).to_contain_text("2,473")
    desk.view(DEALS, "closed")
    expect(desk.total("win")).to_contain_text("63.15")
    desk.view("crm.agents", "leaderboard")
    expect(desk.cell(0, "name")).to_have_text("Darcel Schlecht")
    expect(desk.cell(0, "won_count")).to_have_text("349")
    expect(desk.cell(0, "won_amount")).to_contain_text("1,153,214")
    desk.view(DEALS, "all")
    a_filter_is_set(desk.page)
    expect(desk.total("title")).to_contain_text("1,425")


def a_filter_is_set(page: Page) -> None:
    """Deals without an account, asked for by hand."""
    page.locator(".tools summary", has_text="Filter").click()
    line = page.locator(".filter [data-condition]").first
    line.locator("select[name$='.where']").select_option("account")
    line.locator("select[name$='.op']").select_option("is_empty")
    page.locator(".is-filter button", has_text="Apply").click()
    expect(page.locator(".tools summary", has_text=re.compile(r"^\s*1 filter\s*$"))).to_be_visible()


def the_numbers_are_right_at_the_command_line(machine: Machine) -> None:
    found = machine.run("query", DEALS, "--group", "status", "--sum", "value", "--json")
    by_status = {one["status"]: (one["count"], one["sum_value"]) for one in json.loads(found.out)}
    assert by_status["won"] == (4_238, 10_005_534)
    assert by_status["lost"][0] == 2_473
    assert by_status["open"][0] == 1_589 + 500


def the_numbers_are_right_in_the_api(machine: Machine, url: str) -> None:
    token = machine.run("token", "create", "journey").out.strip()
    query = "sort%5B0%5D%5Bfield%5D=won_amount&sort%5B0%5D%5Bdirection%5D=desc&maxRecords=1"
    asked = urllib.request.Request(f"{url}/v0/crm/agents?{query}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        best: dict[str, Any] = json.load(answer)["records"][0]["fields"]
    won = {key.lower().replace(" ", "_"): value for key, value in best.items()}
    assert (won["won_count"] if "won_count" in won else won["won"], won["won_amount"]) == (349, 1_153_214)


def a_cell_is_put_right(desk: Desk) -> None:
    """An industry that the file spells wrong; then the record is opened over its view and tells of it."""
    desk.view("crm.accounts", "all")
    cell = desk.cell(0, "sector")
    expect(cell).to_have_text("technolgy")
    desk.type_in_cell(cell, "technology")
    expect(desk.cell(0, "sector")).to_have_text("technology")
    desk.page.locator("#lines .title a").first.click()
    expect(desk.page.locator(".panel h1")).to_have_text("Acme Corporation")
    expect(desk.page.locator(".panel .history")).to_contain_text("technology")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".panel")).to_have_count(0)


def a_deal_is_made_and_moved(desk: Desk) -> None:
    """A new deal on the board is dragged to the next stage; the automation writes the stage history."""
    page = desk.page
    desk.view(DEALS, "pipeline")
    page.locator(".board-stack[aria-label=Prospecting] a[data-opens-panel]").first.click()
    page.locator(".panel #name").fill("Second line")
    page.locator(".panel #amount").fill("99000")
    page.locator(".panel button", has_text="Create Opportunity").click()
    desk.sees_toast("Created Second line")
    page.keyboard.press("Escape")
    card = page.locator("[aria-label=Prospecting] .card-record", has_text="Second line")
    expect(card).to_be_visible()
    target = page.locator(".board-stack[aria-label=Qualification] [data-stack]")
    desk.drag(card, target)
    expect(target.locator(".card-record", has_text="Second line")).to_be_visible()
    desk.sees_toast("Moved to Qualification")
    desk.view("crm.stage_logs", "all")
    lines = page.locator("#lines tr")
    desk.reload_until(lambda: lines.count() == 1)
    expect(lines.first).to_contain_text("Prospecting")


def public_form(desk: Desk) -> str:
    """The address that the page of forms gives to hand out."""
    desk.open("apps/crm/leads/forms")
    shown = desk.page.locator("a[href*='/f/'], input[value*='/f/']").first
    return shown.get_attribute("href") or shown.input_value()


def the_webhook_arrives_signed(receiver: WebhookReceiver, secret: str) -> None:
    (came,) = receiver.wait_for(1)
    told: dict[str, Any] = Webhook(secret).verify(came.body, dict(came.headers.items()))
    assert told["type"] == "lead.created"
    assert told["data"]["name"] == ENQUIRY["name"]
    assert told["data"]["email"] == ENQUIRY["email"]


def its_run_leaves_a_trace(desk: Desk) -> None:
    page = desk.page
    desk.open("apps/crm/-/automations/lead_event")
    run = page.locator("#runs a.run", has_text=ENQUIRY["name"])
    desk.reload_until(lambda: run.count() == 1 and "Done" in run.inner_text())
    run.click()
    expect(page.locator("#run .trace")).to_contain_text("Marketing system")
    page.locator("#run .trace summary").first.click()
    expect(page.locator("#run .trace")).to_contain_text("lead.created")


def only_the_deal_made_by_hand_is_left(desk: Desk) -> None:
    desk.view(DEALS, "all")
    expect(desk.page.locator("#lines tr")).to_have_count(1)
    expect(desk.cell(0, "title")).to_have_text("Second line")
