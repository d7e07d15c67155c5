"""The inbox of each person, and the outbox of mails."""

from __future__ import annotations

import re

from engine import notifications, outbox
from engine.settings import Settings
from tests.web import shop
from tests.web.acts.conftest import Acts, joined
from tests.web.pages.conftest import Work, text_of


def tell(acts: Acts, message: str, **about: str) -> None:
    with acts.store.write(shop.principal(acts.who)) as session:
        notifications.tell(session, [acts.who], message, **about)


def test_a_message_leads_to_its_record_and_is_read_then(acts: Acts) -> None:
    deal = acts.win()
    acts.happen()
    home = acts.get("")
    assert re.search(r'href="[^"]+/inbox".*?<span class="count is-new">1</span>', home.text, re.DOTALL)
    inbox = acts.get("/inbox")
    assert "1 message that you have not read." in text_of(inbox)
    assert "Won: Big one" in text_of(inbox)
    (message,) = re.findall(rf"{acts.at}/inbox/(ntf\w+)", inbox.text)
    opened = acts.get(f"/inbox/{message}")
    assert opened.url.path == f"{acts.at}/apps/shop/deals/records/{deal}"
    assert 'class="count is-new"' not in acts.get("").text
    assert "is-unread" not in acts.get("/inbox").text


def test_messages_are_marked_as_read_one_by_one_and_all(acts: Acts) -> None:
    for number in range(3):
        tell(acts, f"Message {number}")
    first = re.findall(r'name="message" value="(ntf\w+)"', acts.get("/inbox").text)[0]
    assert "Marked as read: 1." in text_of(acts.post("/inbox/reading", message=first))
    assert "2 messages that you have not read." in text_of(acts.get("/inbox"))
    assert "Marked as read: 2." in text_of(acts.post("/inbox/reading"))


def test_a_message_about_something_gone_stays_where_it_is(acts: Acts) -> None:
    tell(acts, "It was <b>there</b>", table="shop.gone", record_id="rec00000000000000")
    inbox = acts.get("/inbox")
    assert "It was &lt;b&gt;there&lt;/b&gt;" in inbox.text
    (message,) = re.findall(rf"{acts.at}/inbox/(ntf\w+)", inbox.text)
    assert acts.get(f"/inbox/{message}").url.path == f"{acts.at}/inbox"


def test_everybody_reads_their_own_only(acts: Acts, member: Work) -> None:
    tell(acts, "For Ada alone")
    (message,) = re.findall(rf"{acts.at}/inbox/(ntf\w+)", acts.get("/inbox").text)
    assert "Nothing to tell you" in text_of(member.get("/inbox"))
    assert member.get(f"/inbox/{message}").status_code == 404
    assert "Marked as read: 0." in text_of(member.post("/inbox/reading", message=message))


def test_many_messages_come_in_pages(acts: Acts) -> None:
    for number in range(notifications.PAGE + 1):
        tell(acts, f"Message {number:02}.")
    first = acts.get("/inbox")
    assert "Message 00." not in text_of(first)
    older = re.search(r'href="([^"]+\?before=ntf\w+)"', first.text)
    assert older
    assert "Message 00." in text_of(acts.visitor.get(older[1]))


def test_without_a_mail_server_mails_are_kept_and_that_is_said(acts: Acts) -> None:
    assert "No mails yet" in text_of(acts.get("/outbox"))
    acts.win()
    acts.happen()
    answer = acts.get("/outbox")
    text = text_of(answer)
    assert "No mail server is set, so mails are kept here" in text
    assert "Kept Won Big one sales@example.com" in text
    assert "Send now" not in text


def test_a_kept_mail_is_sent_once_there_is_a_server(acts: Acts) -> None:
    acts.win()
    acts.happen()
    given = {"FORMWORK_SMTP_HOST": "127.0.0.1", "FORMWORK_SMTP_FROM": "shop@example.com"}
    object.__setattr__(acts.site, "settings", Settings.from_environment(given))
    (mail,) = re.findall(r'<details class="mail" id="(mai\w+)"', acts.get("/outbox").text)
    assert "The mail is on its way." in text_of(acts.post(f"/outbox/{mail}/sendings"))
    with acts.store.read(shop.principal(acts.who)) as session:
        assert outbox.mails(session)[0].status == "waiting"
    assert acts.post(f"/outbox/{mail}/sendings").status_code == 404


def test_only_builders_see_mails(acts: Acts, member: Work) -> None:
    assert member.get("/outbox").status_code == 403
    assert "Outbox" not in text_of(member.get("/inbox"))
    assert joined(acts, "builder").get("/outbox").status_code == 200
