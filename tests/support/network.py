"""No test reaches beyond this machine: a connection or a look-up of a name that would is refused, loudly."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_closed = False


class NetworkClosed(RuntimeError):
    """A test tried to reach another machine. No OSError, which the code under test might take for a bad line."""


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Let sockets of this process reach loopback and Unix addresses only."""
    global _closed
    if not _closed:
        sys.addaudithook(_refuse)  # sees the sockets of every library; it cannot be taken away, hence the switch
    _closed = True
    yield
    _closed = False


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if not _closed:
        return
    if event in ("socket.connect", "socket.sendto") and not _is_near(arguments[1]):
        raise NetworkClosed(f"a test may not reach {arguments[1]}")
    if event == "socket.getaddrinfo" and not _is_near_or_number(arguments[0]):
        raise NetworkClosed(f"a test may not look up {arguments[0]}")


def _is_near(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # the path of a Unix socket
    host = address[0]
    return _is_local_name(host) or (_is_number(host) and ipaddress.ip_address(host).is_loopback)


def _is_near_or_number(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return not name or _is_local_name(name) or _is_number(name)


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
