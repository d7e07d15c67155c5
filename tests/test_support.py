"""What the other tests stand on does what it says."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest
import sqlalchemy
from playwright.sync_api import Page

from tests.support.databases import Database
from tests.support.mail import SmtpSink
from tests.support.network import NetworkClosed
from tests.support.webhooks import Answer, WebhookReceiver


@pytest.fixture
def left_open() -> Iterator[ExitStack]:
    """What a test forgets to close until after the sweeping (it stands before the database among the arguments)."""
    with ExitStack() as forgotten:
        yield forgotten


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_gets_a_clean_database(left_open: ExitStack, database_url: Database, attempt: int) -> None:
    engine = sqlalchemy.create_engine(database_url.sqlalchemy_url, poolclass=sqlalchemy.NullPool)
    assert sqlalchemy.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE TABLE left_by_{attempt} (id INTEGER)"))
    raw = engine.raw_connection()
    raw.cursor().execute(f"SELECT * FROM left_by_{attempt}")
    left_open.callback(raw.dbapi_connection.close)  # type: ignore[union-attr]
    raw.detach()


def test_mail_arrives(smtp_sink: SmtpSink) -> None:
    message = EmailMessage()
    message["Subject"] = "Größe"
    message.set_content("Hello")
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.send_message(message, "a@example.com", ["b@example.com"])
    assert [sent["Subject"] for sent in smtp_sink.messages] == ["Größe"]
    assert smtp_sink.recipients == [["b@example.com"]]


def test_mail_is_refused_when_told(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer = "550 No such user"
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client, pytest.raises(smtplib.SMTPDataError):
        client.sendmail("a@example.com", ["b@example.com"], "Hello")
    assert smtp_sink.messages == []


def test_a_webhook_is_kept_as_it_came(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answers.append(Answer(503, b"later", {"Retry-After": "7"}))
    with httpx2.Client(trust_env=False) as client:
        first = client.post(webhook_receiver.url + "hook?a=1", content=b'{"a":  1}', headers={"Webhook-Id": "msg_1"})
        second = client.post(webhook_receiver.url + "hook", content=b"")
    assert (first.status_code, first.text, first.headers["retry-after"]) == (503, "later", "7")
    assert second.status_code == 200
    received = webhook_receiver.wait_for(2)[0]
    assert (received.method, received.path, received.body) == ("POST", "/hook?a=1", b'{"a":  1}')
    assert received.headers["webhook-id"] == "msg_1"


def test_a_receiver_outlives_a_sender_that_gives_up(webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answers.append(Answer(delay=0.3))
    with (
        httpx2.Client(trust_env=False, timeout=httpx2.Timeout(60, read=0.05)) as client,
        pytest.raises(httpx2.ReadTimeout),
    ):
        client.post(webhook_receiver.url, content=b"one")
    with httpx2.Client(trust_env=False) as client:
        assert client.post(webhook_receiver.url, content=b"two").status_code == 200
    assert [request.body for request in webhook_receiver.wait_for(2)] == [b"one", b"two"]


def test_waiting_for_what_does_not_come_fails(webhook_receiver: WebhookReceiver) -> None:
    with pytest.raises(AssertionError, match="0 of 1 requests came"):
        webhook_receiver.wait_for(1, seconds=0.01)


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_no_socket_leaves_this_machine(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as out, pytest.raises(NetworkClosed):
        out.connect((address, 80))


def test_no_name_is_looked_up_elsewhere() -> None:
    with pytest.raises(NetworkClosed):
        socket.getaddrinfo("example.com", 80)
    assert socket.getaddrinfo("localhost", 80)


def test_a_socket_reaches_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_the_browser_shows_a_page_and_reaches_nobody(page: Page, webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer = Answer(200, b"<h1>Hello</h1>", {"Content-Type": "text/html"})
    page.goto(webhook_receiver.url)
    assert page.inner_text("h1") == "Hello"
    assert page.viewport_size == {"width": 1440, "height": 900}
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")


def test_real_input_lies_beside_the_checkout(shared_data: Path) -> None:
    assert (shared_data / "crm_sales").is_dir()
