"""A real SMTP server on loopback that keeps what it is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class SmtpSink:
    """Where it listens, and the messages it took, oldest first. A message's envelope is in `recipients`."""

    host: str = "127.0.0.1"
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: str = "250 OK"  # set it to "451 Try later" or "550 No such user" to refuse

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.messages.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


class _OwnSocket(Controller):
    """A controller on a port that the system chose; the library's own would ask for port 0 and then call that."""

    def __init__(self, sink: SmtpSink) -> None:
        self.listening = socket.create_server((sink.host, 0))
        sink.port = self.listening.getsockname()[1]
        super().__init__(sink, hostname=sink.host, port=sink.port, ready_timeout=60)

    def _create_server(self):  # type: ignore[no-untyped-def]
        return self.loop.create_server(self._factory_invoker, sock=self.listening)


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """An SMTP server without TLS or sign-in that keeps every message."""
    sink = SmtpSink()
    controller = _OwnSocket(sink)
    controller.start()
    yield sink
    controller.stop()
