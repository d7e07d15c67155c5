"""The command `formwork serve`: the server with everything that runs beside it."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.cli.here import HERE, Here
from engine.errors import Misconfigured
from engine.text import _, harmless

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from engine.local_door import Terminal
    from engine.settings import Settings
    from engine.storage.stores import Stores

WAITING = 2048  # connections that the system holds until we take them
LAST_SECONDS = 5  # for requests that are under way when the server is told to end
WORKER_SECONDS = 30  # for steps of automations that are under way then


def serve(*, here: Here = HERE) -> int:
    """Start the server: pages, API, automations. It ends on Ctrl-C or SIGTERM, after what is under way.

    The first start prints a link, good for 30 minutes, to create the owner. Where it listens and keeps its data is
    set in the environment: `formwork settings` says how.

    For example:

        formwork serve
        FORMWORK_PORT=9000 FORMWORK_DATA=/srv/formwork formwork serve
    """
    settings = here.settings
    listening = _listen(settings)
    with ExitStack() as last, listening:
        if settings.port == 0:  # the system chose one
            settings = _with_port(settings, listening.getsockname()[1])
        _write_logs()
        for name in ("httpx2", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)

        from engine import accounts, settings_log
        from engine.opening import open_stores
        from web.app import create_app

        stores = open_stores(settings)
        last.callback(stores.close)
        if warning := settings_log.clock_is_behind(stores):
            here.note(warning)
        settings_log.note(stores, settings)
        app = create_app(settings, stores)
        last.callback(_start_worker(settings, stores))
        if not settings.database_url:
            last.callback(_open_door(settings, stores))

        def ready() -> None:
            here.note(_("Formwork is ready at {url}", url=settings.public_url))
            token = accounts.setup_link(stores)
            if token:
                here.note(_("Create the owner within 30 minutes: {url}", url=f"{settings.public_url}/setup/{token}"))

        _run(app, listening, ready)
    return 0


def _listen(settings: Settings) -> socket.socket:
    """The socket that people's browsers reach; one line instead of a trace when it cannot be had."""
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        says = _("FORMWORK_HOST is {host}, which is no address of this machine: {why}.", host=host, why=error.strerror)
        raise Misconfigured(says) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(WAITING)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            says = _("Port {port} is in use by another program. Choose another one with FORMWORK_PORT.", port=port)
        elif error.errno == errno.EACCES:
            says = _("Port {port} is reserved for the system. Choose one from 1024 up with FORMWORK_PORT.", port=port)
        else:
            why = error.strerror or str(error)
            says = _("{host} cannot be listened on: {why}. Look at FORMWORK_HOST.", host=host, why=why)
        raise Misconfigured(says) from error
    return listening


class OneLine(logging.Formatter):
    """A log whose lines are ours alone: what somebody typed begins no line of its own and steers no terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return harmless(super().formatMessage(record))


def _write_logs() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _with_port(settings: Settings, port: int) -> Settings:
    """The settings with the port that was chosen, also in the address people open unless that was set."""
    public_url = settings.public_url
    if public_url.endswith(":0"):
        public_url = f"{public_url.removesuffix(':0')}:{port}"
    return replace(settings, port=port, public_url=public_url)


def _start_worker(settings: Settings, stores: Stores) -> Callable[[], None]:
    from engine.automations.starts import something_began
    from engine.automations.steps import Means
    from engine.egress import Egress
    from engine.vault import Vault
    from engine.worker import Worker
    from web.texts import said_in

    worker = Worker(stores, Means(settings, Egress.of(settings), Vault.at(settings.key_file), said_in))
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        something_began.set()  # so that it does not sleep to the end of its turn
        thread.join(WORKER_SECONDS)

    return end


def _open_door(settings: Settings, stores: Stores) -> Callable[[], None]:
    from engine.cli.run import run
    from engine.local_door import LocalDoor
    from web.command import add_commands

    def carry_out(words: Sequence[str], terminal: Terminal) -> int:
        return run(words, terminal, settings=settings, stores=stores, more=add_commands)

    return LocalDoor(settings.data, carry_out).close


def _run(app: FastAPI, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until the process is told to end; `ready` is called once requests are answered."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if not self.should_exit:
                ready()

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            # Uvicorn would raise the signal anew when it is done, and that would end us before our stores are closed.
            before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for one, handler in before.items():
                    signal.signal(one, handler)

    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    Server(config_of(app)).run([listening])


def config_of(app: FastAPI) -> uvicorn.Config:
    """How requests are taken."""
    import uvicorn

    from web.slow import Protocol

    return uvicorn.Config(
        app,
        http=Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",  # nobody speaks WebSocket here, and the library takes memory
        timeout_graceful_shutdown=LAST_SECONDS,
    )
