"""Outgoing calls against real servers that behave well, badly and worse.

T-SSRF-04, T-SSRF-07, T-SSRF-08, T-SSRF-10, T-FLT-05.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from engine import addresses
from engine.addresses import Address, EgressRefused, Rules, not_reachable
from engine.egress import Egress, EgressFailed, Limits
from tests.support.raw_server import Conversation, RawServer, certificate, read_request
from tests.support.webhooks import Answer, WebhookReceiver

LOOPBACK = ipaddress.ip_address("127.0.0.1")
Serve = Callable[..., RawServer]


def to_loopback(_host: str, _port: int) -> list[Address]:
    return [LOOPBACK]


# The other end of what must be given up says nothing for as long as the test lasts: that it is given up shows in the
# kind of failure. Only what must time out is in a hurry; all else may take its time on a busy machine.
PATIENT = Limits(resolve=60, connect=60, total=60)
EGRESS = Egress(Rules(allow=(ipaddress.ip_network("127.0.0.0/8"),)), PATIENT, resolve=to_loopback)
HASTY = replace(EGRESS, limits=replace(PATIENT, total=0.3))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that has the given conversation."""
    servers: list[RawServer] = []

    def start(conversation: Conversation, tls: ssl.SSLContext | None = None) -> RawServer:
        servers.append(RawServer(conversation, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answering(*pieces: bytes) -> Conversation:
    """Reads the request, then sends `pieces` and hangs up."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return talk


def silent(until: Callable[[], RawServer]) -> Conversation:
    """Reads nothing, says nothing, until the test ends."""

    def wait(_connection: socket.socket) -> None:
        until().done.wait(30)

    return wait


def trusting(pem: Path) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=str(pem))


def failure(url: str, egress: Egress = EGRESS) -> EgressFailed:
    with pytest.raises(EgressFailed) as failed:
        egress.post(url, b"{}")
    return failed.value


def test_post_carries_body_and_headers_and_nothing_of_the_environment(
    webhook_receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    webhook_receiver.answer = Answer(201, b'{"ok":true}', {"X-Trace": "abc"})
    port = webhook_receiver.url.rsplit(":", 1)[1].strip("/")
    answer = EGRESS.post(f"http://erp.example:{port}/hook?a=1", b'{"a":1}', {"webhook-id": "msg_1"})
    assert (answer.status, answer.body, answer.headers["x-trace"], answer.cut) == (201, b'{"ok":true}', "abc", False)
    assert 0 <= answer.milliseconds < 30_000
    request = webhook_receiver.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=1", b'{"a":1}')
    assert request.headers["Host"] == f"erp.example:{port}"
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["Authorization"] is None
    assert request.headers["Cookie"] is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_never_followed(webhook_receiver: WebhookReceiver, serve: Serve, status: int) -> None:
    trap = serve(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    webhook_receiver.answer = Answer(status, headers={"Location": f"http://127.0.0.1:{trap.port}/"})
    assert EGRESS.get(webhook_receiver.url).status == status
    assert len(webhook_receiver.requests) == 1
    assert trap.accepted == 0


def test_the_connection_goes_to_the_checked_address_however_the_name_moves(webhook_receiver: WebhookReceiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[Address]:
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else [ipaddress.ip_address("169.254.169.254")]

    url = webhook_receiver.url.replace("127.0.0.1", "rebind.example")
    assert replace(EGRESS, resolve=rebinding).get(url).status == 200
    assert asked == ["rebind.example"]


def test_a_peer_other_than_the_checked_address_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(lambda connection: None)
    honest = socket.create_connection
    monkeypatch.setattr(
        "engine.egress.socket.create_connection",
        lambda _address, timeout: honest(("127.0.0.1", server.port), timeout=timeout),
    )
    egress = replace(EGRESS, resolve=lambda _host, _port: [ipaddress.ip_address("127.0.0.9")])
    with pytest.raises(EgressRefused):
        egress.get(f"http://moved.example:{server.port}/")


def test_this_machine_is_refused_also_under_a_public_address(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    monkeypatch.setattr(addresses, "REFUSED", ())  # as if 127.0.0.1 were a public address of ours
    monkeypatch.setattr(addresses, "PUBLIC_PORTS", {server.port})
    with pytest.raises(EgressRefused):
        Egress(Rules(plain_http=True), resolve=to_loopback).get(f"http://me.example:{server.port}/")


def test_tls_verifies_the_name_that_was_called(serve: Serve, tmp_path: Path) -> None:
    server = serve(answering(b"HTTP/1.1 204 No Content\r\n\r\n"), certificate(tmp_path, "erp.example"))
    trusted = replace(EGRESS, trust=trusting(tmp_path / "erp.example.pem"))
    assert trusted.post(f"https://erp.example:{server.port}/", b"{}").status == 204
    assert failure(f"https://other.example:{server.port}/", trusted).kind == "tls"
    assert failure(f"https://erp.example:{server.port}/").kind == "tls"


def test_expired_certificate(serve: Serve, tmp_path: Path) -> None:
    server = serve(answering(b"HTTP/1.1 204 No Content\r\n\r\n"), certificate(tmp_path, "old.example", days=-1))
    trusted = replace(EGRESS, trust=trusting(tmp_path / "old.example.pem"))
    assert failure(f"https://old.example:{server.port}/", trusted).kind == "tls"


def test_a_plain_server_on_a_tls_port(serve: Serve) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 smtp.example ESMTP\r\n")
        connection.recv(1000)

    assert failure(f"https://erp.example:{serve(talk).port}/").kind == "tls"


def test_closed_port_and_missing_name_and_refused_address_sound_the_same() -> None:
    def missing(_host: str, _port: int) -> Sequence[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    closed = failure(f"http://127.0.0.1:{port}/")
    unknown = failure("http://nobody.example/", replace(EGRESS, resolve=missing))
    with pytest.raises(EgressRefused) as refused:
        EGRESS.get("http://10.0.0.1/")
    assert (closed.kind, unknown.kind, refused.value.kind) == ("connect", "dns", "address")
    assert closed.says == unknown.says == refused.value.says == not_reachable()


def test_an_internal_target_is_refused_before_anything_is_opened(serve: Serve) -> None:
    """An open and a closed port cannot be told apart, not by the time either: neither is ever knocked at."""
    open_port = serve(lambda connection: None)
    egress = Egress(resolve=to_loopback)
    says = []
    for port in (open_port.port, 1):
        with pytest.raises(EgressRefused) as refused:
            egress.get(f"https://inside.example:{port}/")
        says.append(refused.value.says)
    assert says == [not_reachable()] * 2
    assert open_port.accepted == 0


@pytest.mark.parametrize("error", [socket.gaierror(-3, "again"), RuntimeError("surprise"), UnicodeError("label")])
def test_the_guard_fails_closed_when_the_resolver_errs(error: Exception) -> None:
    def broken(_host: str, _port: int) -> Sequence[Address]:
        raise error

    assert failure("http://erp.example/", replace(EGRESS, resolve=broken)).kind == "dns"
    assert failure("http://erp.example/", replace(EGRESS, resolve=lambda _host, _port: [])).kind == "dns"


def test_a_resolver_that_hangs_is_left_behind() -> None:
    release = threading.Event()

    def hanging(_host: str, _port: int) -> Sequence[Address]:
        release.wait(30)
        return [LOOPBACK]

    assert (
        failure("http://erp.example/", replace(EGRESS, limits=replace(PATIENT, resolve=0.3), resolve=hanging)).kind
        == "dns"
    )
    release.set()


def test_the_next_address_is_tried_when_one_does_not_answer(webhook_receiver: WebhookReceiver) -> None:
    both: list[Address] = [ipaddress.ip_address("127.0.0.77"), LOOPBACK]
    url = webhook_receiver.url.replace("127.0.0.1", "two.example")
    assert replace(EGRESS, resolve=lambda _host, _port: both).get(url).status == 200


@pytest.mark.parametrize("pause", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b""])
def test_a_receiver_that_hangs_is_given_up(serve: Serve, pause: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(pause)
        server.done.wait(30)

    server = serve(talk)
    assert failure(f"http://slow.example:{server.port}/", HASTY).kind == "timeout"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_one_byte_at_a_time_does_not_hold_us(serve: Serve, head: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head)
        while not server.done.wait(0.05):
            connection.sendall(b"x")

    server = serve(talk)
    assert failure(f"http://slow.example:{server.port}/", HASTY).kind == "timeout"


def test_a_receiver_that_reads_nothing_does_not_hold_us(serve: Serve) -> None:
    server = serve(silent(lambda: server))
    with pytest.raises(EgressFailed) as failed:
        HASTY.post(f"http://deaf.example:{server.port}/", b"x" * 30_000_000)
    assert failed.value.kind == "timeout"


def test_tls_handshake_that_never_ends(serve: Serve) -> None:
    server = serve(silent(lambda: server))
    assert failure(f"https://mute.example:{server.port}/", HASTY).kind == "timeout"


def flood(head: bytes, piece: bytes) -> Conversation:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head)
        with suppress(OSError):
            while True:
                connection.sendall(piece)

    return talk


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_only_the_beginning_of_a_huge_body_is_read(serve: Serve, head: bytes) -> None:
    server = serve(flood(head, b"x" * 65536))
    answer = EGRESS.get(f"http://huge.example:{server.port}/")
    assert (answer.status, len(answer.body), answer.cut) == (200, 64 * 1024, True)


def test_only_the_beginning_of_endless_chunks_is_read(serve: Serve) -> None:
    server = serve(flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"))
    answer = EGRESS.get(f"http://huge.example:{server.port}/")
    assert (len(answer.body), answer.cut) == (64 * 1024, True)


def test_a_body_of_exactly_the_limit_is_whole(serve: Serve) -> None:
    server = serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", b"x" * 65536))
    answer = EGRESS.get(f"http://exact.example:{server.port}/")
    assert (len(answer.body), answer.cut) == (65536, False)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"y" * 65536),
        (b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"y" * 60000 + b"\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: y\r\n" * 1000),
    ],
)
def test_endless_heads_and_trailers_are_too_large(serve: Serve, head: bytes, piece: bytes) -> None:
    server = serve(flood(head, piece))
    assert failure(f"http://huge.example:{server.port}/").kind == "too_large"


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"garbage\r\n\r\n",),
        (b"HTTP/1.1 999999 Odd\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",),
    ],
)
def test_answers_that_are_none(serve: Serve, pieces: tuple[bytes, ...]) -> None:
    server = serve(answering(*pieces))
    assert failure(f"http://odd.example:{server.port}/").kind == "protocol"


def test_reset_in_mid_body(serve: Serve) -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server = serve(talk)
    assert failure(f"http://reset.example:{server.port}/").kind == "protocol"


def test_an_answer_before_the_whole_body_was_read_counts(serve: Serve) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while connection.recv(65536):
                pass

    server = serve(talk)
    assert EGRESS.post(f"http://early.example:{server.port}/", b"x" * 1_000_000).status == 410


def test_headers_cannot_be_smuggled_in(webhook_receiver: WebhookReceiver) -> None:
    with pytest.raises(EgressFailed):
        EGRESS.post(webhook_receiver.url, b"{}", {"X-Name": "a\r\nX-Evil: b"})
    assert webhook_receiver.requests == []
