"""The only module that opens an outgoing connection: calls to addresses that users typed, mailboxes, and mail.

A call is made to an address that was checked, and to no other: the name is resolved once, every answer is
judged (see addresses.py), the connection goes to that very address and the peer is compared once more. No
redirect is followed, no proxy or netrc of the environment counts, no cookie is kept.
"""

from __future__ import annotations

import http.client
import imaplib
import io
import ipaddress
import queue
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

from engine.addresses import IMAPS, Address, EgressRefused, Rules, Target, not_reachable, read_host, read_url
from engine.errors import FormworkError
from engine.settings import Settings
from engine.text import Text, _

RESOLVE_SECONDS = 3.0
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024
MAX_TRIED_ADDRESSES = 4
MAX_LOOKUPS = 32
USER_AGENT = "Formwork"
SECURE = frozenset({"https", "smtps", IMAPS})

Failure = Literal["dns", "connect", "tls", "timeout", "too_large", "protocol", "rejected"]
Resolver = Callable[[str, int], Sequence[Address]]


def system_addresses(host: str, port: int) -> Sequence[Address]:
    """Every address that this machine's resolver knows for `host`. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_rest, place in found]


@cache
def verifying_context() -> ssl.SSLContext:
    """TLS as the system trusts it: certificate and name are checked, TLS 1.2 at least."""
    return ssl.create_default_context()


class EgressFailed(FormworkError):
    """The call was allowed but did not come to an answer. `kind` names the class of failure.

    `detail` is for the operator's log only: to others it would tell about the inside of our network.
    """

    status = 502
    code = "egress_failed"

    def __init__(self, kind: Failure, detail: str = "", permanent: bool = False) -> None:
        super().__init__(_words(kind))
        self.kind = kind
        self.detail = detail[:200]
        self.permanent = permanent


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are lower case; `cut` says that the body was longer than what was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int
    cut: bool = False


@dataclass(frozen=True)
class Limits:
    """How long and how much one call may take, in seconds and bytes."""

    resolve: float = RESOLVE_SECONDS
    connect: float = CONNECT_SECONDS
    total: float = TOTAL_SECONDS
    head: int = MAX_HEAD
    body: int = MAX_BODY


@dataclass(frozen=True)
class Egress:
    """The way out: rules of the operator, limits, and how names are resolved (tests bring their own)."""

    rules: Rules = Rules()
    limits: Limits = Limits()
    resolve: Resolver = system_addresses
    trust: Callable[[], ssl.SSLContext] = verifying_context

    @classmethod
    def of(cls, settings: Settings) -> Egress:
        """The way out that the operator's settings allow."""
        return cls(Rules.of(settings))

    @classmethod
    def to(cls, settings: Settings, url: str) -> Egress:
        """The way out to a host that the operator's settings name; others are called under the rules for all."""
        return cls(replace(Rules.of(settings), named=frozenset({read_url(url).host})))

    def check(self, url: str) -> None:
        """Say at once, without a connection, what is wrong with a URL that someone typed. Raises EgressRefused."""
        self.rules.target(url)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch `url`. Raises EgressRefused, EgressFailed. A redirect is an answer like any other."""
        return self._call("GET", url, None, headers or {})

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Send `body` to `url`. Raises EgressRefused, EgressFailed. A redirect is an answer like any other."""
        return self._call("POST", url, body, headers or {})

    def connected(self, target: Target, deadline: float) -> socket.socket:
        """A connection to an address of the target that was checked. Raises EgressRefused, EgressFailed."""
        addresses = self._addresses(target)
        self.rules.check_addresses(target, addresses)
        return self._connected(target, addresses, deadline)

    def mailbox(self, host: str, port: int) -> Mailbox:
        """A connection to a mail server, to which nobody is signed in yet. Raises EgressRefused, EgressFailed."""
        deadline = time.monotonic() + self.limits.total
        target = self.rules.mailbox(host, port)
        connection = self.connected(target, deadline)
        try:
            return Mailbox(_Timed(connection, deadline, self.limits))
        except BaseException:
            connection.close()
            raise

    def _call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        started = time.monotonic()
        deadline = started + self.limits.total
        target = self.rules.target(url)
        connection = self.connected(target, deadline)
        try:
            answer = _exchange(method, target, body, headers, _Timed(connection, deadline, self.limits))
        except TimeoutError as error:
            raise EgressFailed("timeout", str(error)) from error
        except http.client.LineTooLong as error:
            raise EgressFailed("too_large", "a line of the head") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EgressFailed("protocol", repr(error)) from error
        finally:
            connection.close()
        return replace(answer, milliseconds=round((time.monotonic() - started) * 1000))

    def _addresses(self, target: Target) -> Sequence[Address]:
        """The target's addresses, found within the time limit. Any surprise is a failure: the guard fails closed."""
        try:
            return [ipaddress.ip_address(target.host)]
        except ValueError:
            pass
        try:
            found = _within_seconds(self.limits.resolve, lambda: self.resolve(target.host, target.port))
        except Exception as error:
            raise EgressFailed("dns", repr(error)) from error
        if not found:
            raise EgressFailed("dns", "no address")
        return found

    def _connected(self, target: Target, addresses: Sequence[Address], deadline: float) -> socket.socket:
        """A connection to the first of `addresses` that takes one, with TLS where the scheme says so."""
        last: OSError | None = None
        tried = list(dict.fromkeys(addresses))[:MAX_TRIED_ADDRESSES]
        for address in tried:
            seconds = min(self.limits.connect / len(tried), deadline - time.monotonic())
            try:
                plain = socket.create_connection((str(address), target.port), timeout=max(seconds, 0.01))
            except OSError as error:
                last = error
                continue
            try:
                self._check_peer(plain, target, address)
                return self._secured(plain, target, deadline) if target.scheme in SECURE else plain
            except BaseException:
                plain.close()
                raise
        raise EgressFailed("connect", repr(last)) from last

    def _check_peer(self, connection: socket.socket, target: Target, address: Address) -> None:
        """The other end must be the checked address, and must not be this very machine under a public address."""
        peer = ipaddress.ip_address(connection.getpeername()[0])
        here = ipaddress.ip_address(connection.getsockname()[0])
        may_be_here = target.host in self.rules.named or self.rules.allows(peer)
        if peer != address or (peer == here and not may_be_here):
            raise EgressRefused("address")

    def _secured(self, plain: socket.socket, target: Target, deadline: float) -> socket.socket:
        trust = self.trust()  # reads the system's certificates, so the time that is left is looked at after it
        plain.settimeout(max(deadline - time.monotonic(), 0.01))
        try:
            return trust.wrap_socket(plain, server_hostname=target.host)
        except TimeoutError as error:
            raise EgressFailed("timeout", "TLS handshake") from error
        except (OSError, ValueError) as error:
            raise EgressFailed("tls", repr(error)) from error


class Mailbox(imaplib.IMAP4):
    """IMAP over a connection that is open already; `allow` says what each part of the talk may take."""

    def __init__(self, connection: _Timed) -> None:
        self._given = connection
        with told_as_failures():
            super().__init__()

    def allow(self, seconds: float, size: int = 0) -> None:
        """What follows may take so long, and answers may be larger by `size` bytes than the head of a page."""
        self._given.deadline = time.monotonic() + seconds
        self._given.allowance = self._given.limits.head + size

    def _create_socket(self, timeout: float | None) -> Any:
        return self._given

    def shutdown(self) -> None:
        """Hang up."""
        self._given.connection.close()


@contextmanager
def told_as_failures() -> Iterator[None]:
    """What goes wrong with a mailbox, as EgressFailed; `rejected` where the server says no."""
    try:
        yield
    except imaplib.IMAP4.abort as error:
        late = isinstance(error.__context__, TimeoutError)
        raise EgressFailed("timeout" if late else "protocol", repr(error)) from error
    except imaplib.IMAP4.error as error:
        raise EgressFailed("rejected", repr(error)) from error
    except TimeoutError as error:
        raise EgressFailed("timeout", repr(error)) from error
    except (OSError, ValueError) as error:
        raise EgressFailed("protocol", repr(error)) from error


def send_mail(
    message: EmailMessage,
    settings: Settings,
    seconds: float = TOTAL_SECONDS,
    resolve: Resolver = system_addresses,
) -> None:
    """Hand `message` to the operator's mail server; return once the server has taken it for every recipient.

    Raises EgressFailed: `permanent` when the server said that it will never take it; otherwise the same message
    (same Message-ID) may be sent again. A server that no longer offers STARTTLS gets neither mail nor password.
    """
    try:
        server = _MailServer(settings, seconds, resolve)
        try:
            server.greet()
            if settings.smtp_security == "starttls":
                server.starttls(context=verifying_context())
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            try:
                refused = server.send_message(message)
            except smtplib.SMTPNotSupportedError as error:  # an address in letters that this server does not take
                raise EgressFailed("rejected", repr(error), permanent=True) from error
            with suppress(smtplib.SMTPException, OSError):  # it has the mail: trouble at parting is no reason to resend
                server.quit()
        finally:
            server.close()
    except smtplib.SMTPRecipientsRefused as error:
        raise _mail_refused(error.recipients.values()) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _mail_refused([(error.smtp_code, error.smtp_error)]) from error
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        raise EgressFailed("tls", repr(error)) from error
    except EgressRefused as error:
        raise EgressFailed("connect", f"the mail server {settings.smtp_host} may not be called") from error
    except TimeoutError as error:
        raise EgressFailed("timeout", repr(error)) from error
    except (smtplib.SMTPException, OSError) as error:  # also the sign-in: the operator can mend that
        raise EgressFailed("connect", repr(error)) from error
    if refused:
        raise _mail_refused(refused.values())


class _MailServer(smtplib.SMTP):
    """The operator's mail server: named by the settings, so anywhere and on any port, but no metadata service."""

    def __init__(self, settings: Settings, seconds: float, resolve: Resolver) -> None:
        """Connect to it. Raises EgressRefused, EgressFailed."""
        # With a name of our own; else smtplib asks DNS who we are, which may take long.
        super().__init__(local_hostname=_greeting_name(settings), timeout=seconds)
        scheme = "smtps" if settings.smtp_security == "tls" else "smtp"
        host = read_host(settings.smtp_host)
        limits = Limits(min(RESOLVE_SECONDS, seconds), min(CONNECT_SECONDS, seconds), seconds)
        way = Egress(Rules(named=frozenset({host})), limits, resolve)
        self._host = host  # which its certificate must name after STARTTLS
        self.sock = way.connected(Target(scheme, host, settings.smtp_port, ""), time.monotonic() + seconds)
        self.sock.settimeout(seconds)

    def greet(self) -> None:
        """Hear its greeting. Raises SMTPConnectError."""
        code, says = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, says)


def _greeting_name(settings: Settings) -> str:
    host = urlsplit(settings.public_url).hostname or ""
    return host if host and not host.replace(".", "").isdigit() and ":" not in host else "localhost"


def _mail_refused(replies: Iterable[tuple[int, Any]]) -> EgressFailed:
    answers = list(replies)
    return EgressFailed("rejected", repr(answers), permanent=all(500 <= code < 600 for code, _said in answers))


def _exchange(
    method: str, target: Target, body: bytes | None, headers: Mapping[str, str], connection: _Timed
) -> Answer:
    """One request and its answer over an open connection."""
    caller = http.client.HTTPConnection(target.host, target.port)
    caller.auto_open = 0  # a second connection would not be the checked one
    caller.sock = connection
    caller.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    ours = {"Host": target.host_header, "User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    if body is not None:
        ours["Content-Length"] = str(len(body))
    for name, value in {**headers, **ours}.items():
        caller.putheader(name, value)
    caller.endheaders(body)
    with http.client.HTTPResponse(connection, method=method) as response:  # type: ignore[arg-type]
        response.begin()
        limit = connection.limits.body
        connection.allowance = 2 * limit + connection.limits.head  # twice: chunks have an overhead of their own
        content = response.read(limit)
        cut = len(content) == limit and bool(response.read(1))
        if response.length and not cut:
            raise http.client.IncompleteRead(content, response.length)
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, answered, content, 0, cut)


class _Timed(io.RawIOBase):
    """A connection seen as `http.client` sees a socket, that ends at a deadline and after so many bytes.

    A socket's own timeout starts anew at each byte: a receiver that sends one a second would hold us for hours.
    """

    def __init__(self, connection: socket.socket, deadline: float, limits: Limits) -> None:
        self.connection = connection
        self.deadline = deadline
        self.limits = limits
        self.allowance = limits.head

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        # A receiver may answer and hang up before it read all: its answer is what counts.
        with suppress(BrokenPipeError):
            while rest:
                self._set_time()
                rest = rest[self.connection.send(rest) :]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._set_time()
        count = self.connection.recv_into(buffer)
        self.allowance -= count
        if self.allowance < 0:
            raise EgressFailed("too_large")
        return count

    def _set_time(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self.connection.settimeout(left)


_lookups = threading.BoundedSemaphore(MAX_LOOKUPS)


def _within_seconds(seconds: float, look_up: Callable[[], Sequence[Address]]) -> Sequence[Address]:
    """What `look_up` gives, or TimeoutError: the system's resolver knows no time limit of its own.

    The thread of a lookup that hangs is left behind; MAX_LOOKUPS bounds how many there can be.
    """
    outcome: queue.SimpleQueue[Sequence[Address] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put(look_up())
        except Exception as error:  # noqa: BLE001 - it is raised again where the answer is awaited
            outcome.put(error)
        finally:
            _lookups.release()

    if not _lookups.acquire(timeout=seconds):
        raise TimeoutError("too many lookups hang")
    threading.Thread(target=run, name="lookup", daemon=True).start()
    try:
        found = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(found, Exception):
        raise found
    return found


def _words(kind: Failure) -> Text:
    return {
        "dns": not_reachable(),
        "connect": not_reachable(),
        "tls": _("The other side has no valid certificate, or does not offer a secure connection."),
        "timeout": _("The other side took too long to answer."),
        "too_large": _("The answer is too large."),
        "protocol": _("The other side broke off or answered something that is not understood."),
        "rejected": _("The mail server did not accept the message."),
    }[kind]
