"""A real IMAP server (pymap) on loopback under TLS, with one mailbox in memory, and what a mail program does there."""

from __future__ import annotations

import asyncio
import imaplib
import ssl
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.raw_server import certificate

HOST, ACCOUNT, PASSWORD = "imap.example", "desk@acme.example", 'schlüssel "der" post'


class ImapServer:
    """`port` is where it listens for `HOST`; `trust` what a client must trust. The mailbox has only an inbox."""

    def __init__(self, folder: Path) -> None:
        self._tls = certificate(folder, HOST)
        self._pem = folder / f"{HOST}.pem"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(60)

    def close(self) -> None:
        """Hang up on everybody."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def trust(self) -> ssl.SSLContext:
        """TLS that believes this server's certificate and no other."""
        return ssl.create_default_context(cafile=str(self._pem))

    @contextmanager
    def program(self) -> Iterator[imaplib.IMAP4]:
        """A mail program that is signed in and has the inbox open."""
        trust = self.trust()
        trust.check_hostname = False
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=trust) as program:
            program.authenticate("PLAIN", lambda _asked: f"\0{ACCOUNT}\0{PASSWORD}".encode())
            program.select("INBOX")
            yield program

    def put(self, *mails: bytes) -> None:
        """Mails arrive."""
        with self.program() as program:
            for mail in mails:
                assert program.append("INBOX", "", "", mail)[0] == "OK"

    def flags(self) -> list[set[str]]:
        """How each mail is marked, the oldest first."""
        with self.program() as program:
            (found, *_rest) = program.search(None, "ALL")[1]
            answers = [program.fetch(number.decode(), "(FLAGS)")[1][0] for number in found.split()]
        marks = [imaplib.ParseFlags(each) for each in answers if isinstance(each, bytes)]
        return [{one.decode() for one in each} - {r"\Recent"} for each in marks]

    async def _serve(self) -> None:
        # Only who needs them waits for them: all tests load this file.
        from proxyprotocol.reader import ProxyProtocolReader
        from pymap.backend.dict import DictBackend
        from pymap.imap import IMAPServer, IMAPService

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        reader = ArgumentParser()
        DictBackend.add_subparser("dict", reader.add_subparsers(dest="backend"))
        IMAPService.add_arguments(reader)
        reader.set_defaults(passlib_cfg=None, debug=False)
        words = ["--no-tls", "dict", "--demo-user", ACCOUNT, "--demo-password", PASSWORD]  # TLS is around it, as on 993
        backend, config = await DictBackend.init(reader.parse_args(words))
        config.apply_context()
        talk = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
        answering = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=self._tls)
        self.port = answering.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        answering.close()


@pytest.fixture
def imap_server(tmp_path: Path) -> Iterator[ImapServer]:
    """A mail server of its own for the test."""
    server = ImapServer(tmp_path)
    yield server
    server.close()
