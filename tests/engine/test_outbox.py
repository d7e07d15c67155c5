"""Mail kept, sent, and sent again; and only so many in a day (T-LIM-01)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine import outbox
from engine.access.principals import person
from engine.errors import Forbidden, NotFound, Refused
from engine.outbox import Mail
from tests.support.databases import Database
from tests.support.house import OWNER, House
from tests.support.mail import SmtpSink


@pytest.fixture
def posting(database_url: Database, smtp_sink: SmtpSink) -> Iterator[House]:
    """A house with a mail server."""
    smtp = {
        "FORMWORK_SMTP_HOST": "127.0.0.1",
        "FORMWORK_SMTP_PORT": str(smtp_sink.port),
        "FORMWORK_SMTP_FROM": "CRM <crm@example.com>",
        "FORMWORK_SMTP_SECURITY": "none",
        "FORMWORK_PUBLIC_URL": "https://formwork.example.com",
    }
    made = House(database_url.url, database_url.folder, **smtp)
    made.install({})
    yield made
    made.close()


def put(house: House, *to: str, subject: str = "Größe", body: str = "Hello\n客户") -> list[str]:
    with house.workspace.write(OWNER) as session:
        return outbox.put(session, to, subject, body, house.settings)


def mails(house: House) -> list[Mail]:
    with house.workspace.read(OWNER) as session:
        return outbox.mails(session)[::-1]


def test_mail_goes_out_one_to_each_address(posting: House, smtp_sink: SmtpSink) -> None:
    put(posting, "a@example.com", "b@bücher.example")
    posting.work()
    assert smtp_sink.recipients == [["a@example.com"], ["b@xn--bcher-kva.example"]]
    first = smtp_sink.messages[0]
    assert (first["From"], first["To"], first["Subject"]) == ("CRM <crm@example.com>", "a@example.com", "Größe")
    assert first.get_content().split() == ["Hello", "客户"]
    assert first["Message-ID"].endswith("@formwork.example.com>")
    assert first["Auto-Submitted"] == "auto-generated"
    assert [mail.status for mail in mails(posting)] == ["sent", "sent"]
    posting.work()
    assert len(smtp_sink.messages) == 2


def test_without_a_server_mail_is_kept_until_somebody_sends_it(house: House, smtp_sink: SmtpSink) -> None:
    house.install({})
    (kept,) = put(house, "a@example.com")
    house.work()
    assert [mail.status for mail in mails(house)] == ["kept"]
    with pytest.raises(Refused), house.workspace.write(OWNER) as session:
        outbox.send_again(session, kept, house.settings)


def test_a_kept_or_failed_mail_can_be_sent(posting: House, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer = "550 No such user"
    (mail,) = put(posting, "a@example.com")
    posting.work()
    (failed,) = mails(posting)
    assert (failed.status, failed.says) == ("failed", "The mail server did not accept the message.")
    posting.clock.forward(100_000)
    posting.work()
    assert mails(posting)[0].attempt == 1
    smtp_sink.answer = "250 OK"
    with posting.workspace.write(OWNER) as session:
        outbox.send_again(session, mail, posting.settings)
    posting.work()
    assert mails(posting)[0].status == "sent"
    with pytest.raises(NotFound), posting.workspace.write(OWNER) as session:
        outbox.send_again(session, mail, posting.settings)


def test_a_server_that_says_later_gets_it_later_with_the_same_id(posting: House, smtp_sink: SmtpSink) -> None:
    put(posting, "a@example.com")
    smtp_sink.answer = "451 Greylisted"
    posting.work()
    (waiting,) = mails(posting)
    assert (waiting.status, waiting.attempt) == ("waiting", 1)
    posting.work()
    assert mails(posting)[0].attempt == 1
    smtp_sink.answer = "250 OK"
    posting.clock.forward(61)
    posting.work()
    assert smtp_sink.messages[0]["Message-ID"] == waiting.message_id
    assert mails(posting)[0].status == "sent"


def test_a_server_that_is_down_for_two_hours_loses_nothing(database_url: Database, smtp_sink: SmtpSink) -> None:
    smtp = {"FORMWORK_SMTP_HOST": "127.0.0.1", "FORMWORK_SMTP_FROM": "a@example.com", "FORMWORK_SMTP_SECURITY": "none"}
    house = House(database_url.url, database_url.folder, FORMWORK_SMTP_PORT="1", **smtp)
    house.install({})
    put(house, *(f"a{number}@example.com" for number in range(5)))
    for _again in range(24):
        house.work()
        house.clock.forward(300)
    assert {mail.status for mail in mails(house)} == {"waiting"}
    ahead = house.clock.ahead
    house.close()
    house = House(database_url.url, database_url.folder, FORMWORK_SMTP_PORT=str(smtp_sink.port), **smtp)
    house.clock.ahead = ahead
    house.clock.forward(7200)
    house.work()
    assert len(smtp_sink.messages) == 5
    house.close()


def test_after_the_last_attempt_it_is_failed_and_still_there(tmp_path: Path) -> None:
    smtp = {"FORMWORK_SMTP_HOST": "127.0.0.1", "FORMWORK_SMTP_FROM": "a@example.com", "FORMWORK_SMTP_PORT": "1"}
    house = House("", tmp_path, **smtp)
    house.install({})
    put(house, "a@example.com")
    for wait in (0, *outbox.RETRY_AFTER_SECONDS):
        assert mails(house)[0].status == "waiting"
        house.clock.forward(wait)
        house.work()
    assert (mails(house)[0].status, mails(house)[0].attempt) == ("failed", 11)
    house.close()


def test_what_is_no_address_is_refused(sqlite_house: House) -> None:
    house = sqlite_house
    house.install({})
    for wrong in (
        "nobody",
        "a@b",
        "a@example.com\r\nBcc: x@example.com",
        "a@example.com, b@example.com",
        "@example.com",
    ):
        with pytest.raises(Refused):
            put(house, wrong)
    assert mails(house) == []


def test_the_outbox_is_for_builders(sqlite_house: House) -> None:
    house = sqlite_house
    house.install({})
    with pytest.raises(Forbidden), house.workspace.read(person("usrBob", "member")) as session:
        outbox.mails(session)


def test_the_same_mail_has_the_same_bytes_each_time(posting: House) -> None:
    put(posting, "a@example.com", body="A long line " * 100)
    (mail,) = mails(posting)
    assert bytes(outbox.message_of(mail, posting.settings)) == bytes(outbox.message_of(mail, posting.settings))


def test_so_many_go_out_in_a_day_and_the_others_wait(posting: House, smtp_sink: SmtpSink) -> None:
    posting.worker.means = replace(posting.means, settings=replace(posting.settings, mails_a_day=2))
    put(posting, *(f"{name}@example.com" for name in "abc"))
    posting.work()
    assert [mail.status for mail in mails(posting)] == ["sent", "sent", "waiting"]
    assert "sent 2 mails within a day" in str(mails(posting)[-1].says)
    posting.clock.forward(23 * 3600)
    posting.work()
    assert len(smtp_sink.messages) == 2
    posting.clock.forward(2 * 3600)
    posting.work()
    assert [mail.status for mail in mails(posting)] == ["sent"] * 3
    assert mails(posting)[-1].says is None
