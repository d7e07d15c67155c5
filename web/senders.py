"""Where a request comes from: the other end of the connection, or what proxies say that the operator trusts."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.requests import Request

from engine.settings import Network


def sender_of(request: Request, trusted: Sequence[Network]) -> str:
    """The network address of whoever asks.

    `X-Forwarded-For` is believed from its right end, for as long as a trusted proxy wrote it: what stands further
    left came from outside, and anybody can write it.
    """
    sender = request.client.host if request.client else ""
    said = [part.strip() for line in request.headers.getlist("x-forwarded-for") for part in line.split(",")]
    while said and _is_within(sender, trusted):
        sender = said.pop()
    return sender


def _is_within(sender: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(sender)
    except ValueError:
        return False
    return any(address.version == one.version and address in one for one in networks)
