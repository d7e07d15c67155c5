"""A TCP server whose conversation a test writes itself, with TLS if wanted: for answers no honest server gives."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Conversation = Callable[[socket.socket], None]


class RawServer:
    """Accepts connections on loopback and has `conversation` with each; `accepted` counts them."""

    def __init__(self, conversation: Conversation, tls: ssl.SSLContext | None = None) -> None:
        self.conversation = conversation
        self.tls = tls
        self.accepted = 0
        self.done = threading.Event()  # set at the end of the test, so that no conversation outlives it
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all conversations and free the port."""
        self.done.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _serve(self) -> None:
        talks: list[threading.Thread] = []
        while not self.done.is_set():
            try:
                connection, _address = self._listening.accept()
            except OSError:
                break
            self.accepted += 1
            talks.append(threading.Thread(target=self._talk, args=(connection,), daemon=True))
            talks[-1].start()
        for talk in talks:
            talk.join(5)

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.tls is None:
                self.conversation(connection)
            else:
                with self.tls.wrap_socket(connection, server_side=True) as secured:
                    self.conversation(secured)


def read_request(connection: socket.socket) -> bytes:
    """Everything up to the end of one request with a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _end, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def certificate(folder: Path, name: str, *, days: int = 30) -> ssl.SSLContext:
    """A TLS context for a server called `name`, signed by itself; `folder/<name>.pem` is what a caller has to trust.

    With negative `days` it has expired.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=90))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file = folder / f"{name}.key"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_file)
    return context
