"""Handing mail to the operator's server, whatever it answers. T-SSRF-06, T-SSRF-11."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine import addresses
from engine.addresses import unwrapped
from engine.egress import EgressFailed, send_mail
from engine.settings import Settings
from tests.engine.test_addresses import CORPUS, fake_resolver
from tests.support.mail import SmtpSink
from tests.support.raw_server import Conversation, RawServer, certificate

METADATA = [
    "169.254.169.254",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "metadata.google.internal",
    "metadata.amazonaws.com",
    "169-254-169-254.to.example",
]


def message(to: str = "ada@example.com") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "crm@example.com", to, "Größe 客户"
    mail["Message-ID"] = "<mail1@example.com>"
    mail.set_content("Hello 客户\n")
    return mail


def settings(port: int, security: str = "none", **more: str) -> Settings:
    return Settings.from_environment(
        {
            "FORMWORK_SMTP_HOST": "127.0.0.1",
            "FORMWORK_SMTP_PORT": str(port),
            "FORMWORK_SMTP_FROM": "crm@example.com",
            "FORMWORK_SMTP_SECURITY": security,
            **more,
        }
    )


@pytest.fixture
def scripted() -> Iterator[list[RawServer]]:
    servers: list[RawServer] = []
    yield servers
    for server in servers:
        server.close()


def replying(**replies: bytes | None) -> Conversation:
    """An SMTP server that answers the given verbs as told; None hangs up instead. `body` is after the dot."""

    def talk(connection: socket.socket) -> None:
        said = {"banner": b"220 mail.example", "ehlo": b"250 mail.example", "data": b"354 go on", "quit": b"221 bye"}
        said |= {name: reply for name, reply in replies.items() if reply}
        hang_up = {name for name, reply in replies.items() if reply is None}
        lines = connection.makefile("rb")
        connection.sendall(said["banner"] + b"\r\n")
        for line in lines:
            verb = line.split()[0].decode().lower()
            if verb in hang_up:
                return
            connection.sendall(said.get(verb, b"250 ok") + b"\r\n")
            if verb == "data" and said["data"].startswith(b"354"):
                while next(lines) != b".\r\n":
                    pass
                if "body" in hang_up:
                    return
                connection.sendall(said.get("body", b"250 ok") + b"\r\n")

    return talk


def failed(port: int, security: str = "none", seconds: float = 15) -> EgressFailed:
    with pytest.raises(EgressFailed) as error:
        send_mail(message(), settings(port, security), seconds)
    return error.value


def _hosts() -> set[str]:
    """The hosts of the corpus of hostile addresses, as somebody would set them."""
    found = set(METADATA)
    for url in CORPUS:
        with suppress(ValueError):
            found.add(urlsplit(url).netloc)
            found.add(urlsplit(url).hostname or "")
    return {host for host in found if "\0" not in host} - {""}


def test_no_mail_server_is_a_metadata_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator names it, so it may be anywhere else, at any port."""
    called: list[str] = []

    def refusing(place: tuple[str, int], *_more: object, **_options: object) -> socket.socket:
        called.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("engine.egress.socket.create_connection", refusing)
    for host in sorted(_hosts()):
        with pytest.raises(EgressFailed):
            send_mail(message(), settings(25, FORMWORK_SMTP_HOST=host), resolve=fake_resolver)
    found = {inner for one in called for inner in unwrapped(ipaddress.ip_address(one))}
    assert not found & addresses.METADATA
    assert ipaddress.ip_address("10.0.0.1") in found
    called.clear()
    for host in METADATA:
        with pytest.raises(EgressFailed, match="cannot be reached"):
            send_mail(message(), settings(25, FORMWORK_SMTP_HOST=host), resolve=fake_resolver)
    assert called == []


def test_a_name_that_leads_to_a_metadata_service_gets_nothing() -> None:
    for security in ("none", "starttls", "tls"):
        with pytest.raises(EgressFailed) as error:
            send_mail(
                message(),
                settings(25, security, FORMWORK_SMTP_HOST="mail.example.com"),
                resolve=lambda _host, _port: [ipaddress.ip_address("169.254.169.254")],
            )
        assert "may not be called" in error.value.detail


def test_a_mail_arrives_whole(smtp_sink: SmtpSink) -> None:
    send_mail(message(), settings(smtp_sink.port))
    arrived = smtp_sink.messages[0]
    assert arrived["Subject"] == "Größe 客户"
    assert arrived["Message-ID"] == "<mail1@example.com>"
    assert arrived.get_content().strip() == "Hello 客户"
    assert smtp_sink.recipients == [["ada@example.com"]]


@pytest.mark.parametrize(
    ("replies", "permanent"),
    [
        ({"rcpt": b"550 no such user"}, True),
        ({"rcpt": b"451 greylisted"}, False),
        ({"mail": b"553 not this sender"}, True),
        ({"mail": b"421 shutting down"}, False),
        ({"body": b"554 spam"}, True),
        ({"body": b"452 disk full"}, False),
        ({"data": b"451 later"}, False),
    ],
)
def test_only_what_the_server_refuses_for_good_is_permanent(
    scripted: list[RawServer], replies: dict[str, bytes], permanent: bool
) -> None:
    scripted.append(RawServer(replying(**replies)))
    error = failed(scripted[0].port)
    assert (error.kind, error.permanent) == ("rejected", permanent)


@pytest.mark.parametrize(
    "replies", [{"banner": b"421 busy"}, {"banner": b"554 go away"}, {"ehlo": None}, {"rcpt": None}, {"body": None}]
)
def test_a_server_that_breaks_off_gets_the_mail_again(
    scripted: list[RawServer], replies: dict[str, bytes | None]
) -> None:
    scripted.append(RawServer(replying(**replies)))
    error = failed(scripted[0].port)
    assert (error.kind, error.permanent) == ("connect", False)


def test_trouble_at_parting_does_not_undo_the_delivery(scripted: list[RawServer]) -> None:
    scripted.append(RawServer(replying(quit=None)))
    send_mail(message(), settings(scripted[0].port))


def test_a_server_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert (failed(port).kind, failed(port).permanent) == ("connect", False)


def test_a_server_that_says_nothing(scripted: list[RawServer]) -> None:
    def silent(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.recv(100)

    scripted.append(RawServer(silent))
    assert "timed out" in failed(scripted[0].port, seconds=0.3).detail


def test_stripped_starttls_gets_neither_mail_nor_password(scripted: list[RawServer]) -> None:
    seen: list[bytes] = []

    def listening(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example\r\n")
        for line in connection.makefile("rb"):
            seen.append(line)
            connection.sendall(b"250 ok\r\n")

    scripted.append(RawServer(listening))
    with pytest.raises(EgressFailed) as error:
        send_mail(
            message(),
            settings(scripted[0].port, "starttls", FORMWORK_SMTP_USER="me", FORMWORK_SMTP_PASSWORD="canary"),
            seconds=0.5,
        )
    assert (error.value.kind, error.value.permanent) == ("tls", False)
    assert not [line for line in seen if line.upper().startswith((b"MAIL", b"AUTH"))]


def test_an_address_that_the_server_cannot_write_is_refused_for_good(scripted: list[RawServer]) -> None:
    scripted.append(RawServer(replying()))
    with pytest.raises(EgressFailed) as error:
        send_mail(message("größe@example.com"), settings(scripted[0].port))
    assert (error.value.kind, error.value.permanent) == ("rejected", True)


def test_an_untrusted_certificate_gets_nothing(scripted: list[RawServer], tmp_path: Path) -> None:
    tls = certificate(tmp_path, "mail.example")
    assert isinstance(tls, ssl.SSLContext)
    scripted.append(RawServer(replying(), tls))
    assert failed(scripted[0].port, "tls").kind == "tls"
