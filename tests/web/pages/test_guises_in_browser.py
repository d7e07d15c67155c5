"""From "Who can see this?" to the reason, and on to seeing the workspace as that person, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.pages.clerk import add_clerk
from tests.web.pages.conftest import Browsing


def test_why_somebody_cannot_see_a_record_and_what_they_see_instead(browsing: Browsing) -> None:
    add_clerk(browsing.work)
    lost = next(one.id for one in browsing.work.deals() if one.values["title"] == "Deal 001")
    page = browsing.open(f"/apps/shop/deals/views/all?record={lost}")
    page.get_by_role("link", name="Who can see this?").click()
    expect(page.get_by_role("heading", name="Who can see Deal 001?")).to_be_visible()
    page.get_by_role("link", name="Cleo").click()
    reasons = page.locator("#reasons")
    expect(reasons.get_by_role("heading", name="Cannot see it")).to_be_visible()
    expect(reasons.locator(".clause").first).to_contain_text('{state} = "won"')
    expect(reasons.locator(".would").first).to_contain_text('It would be so if this held: {state} = "won"')
    page.get_by_label("Ask about").select_option(label="Amount")
    page.get_by_role("button", name="Ask why").first.click()
    expect(reasons).to_contain_text("the field is hidden")

    page.get_by_role("button", name="See as Cleo").click()
    banner = page.get_by_role("complementary", name="You look as somebody else")
    expect(banner).to_contain_text("You see Acme as Cleo, only to look.")
    expect(page.get_by_text("These people can give it: Ada.")).to_be_visible()  # the record is not there for Cleo
    page.goto(f"{browsing.base}{browsing.work.at}/apps/shop/deals/views/all")
    expect(page.get_by_text("Deal 003")).to_be_visible()
    expect(page.get_by_text("Deal 001")).to_have_count(0)
    page.locator("td.title", has_text="Deal 003").focus()  # a click would open the record beside it
    page.keyboard.press("Enter")
    page.keyboard.type("Anew")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("You look as somebody else, and can change nothing meanwhile.")
    page.keyboard.press("Escape")

    page.reload()
    page.keyboard.press("Tab")  # the way out comes right after the link to the content
    page.keyboard.press("Tab")
    expect(banner.get_by_role("button")).to_be_focused()
    page.keyboard.press("q")
    expect(banner).to_have_count(0)
    expect(page.get_by_text("Deal 001")).to_be_visible()
    assert [one for one in browsing.complaints if "status of 40" not in one] == []
