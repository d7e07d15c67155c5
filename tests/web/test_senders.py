"""Where a request comes from cannot be made up, and behind a proxy that is trusted it is known all the same.

T-PRX-01.
"""

from __future__ import annotations

import ipaddress

import pytest
from starlette.requests import Request

from web.senders import sender_of

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def _request(sender: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return Request({"type": "http", "headers": headers, "client": (sender, 40_000)})


@pytest.mark.parametrize(
    ("sender", "forwarded", "expected"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.7",), "203.0.113.9"),  # no proxy of ours: it may say what it likes
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("made up, 127.0.0.1, 198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("192.0.2.1", "198.51.100.7, 10.0.0.2"), "198.51.100.7"),
        ("10.0.0.1", ("10.9.9.9, 198.51.100.7, 10.0.0.2",), "198.51.100.7"),
        ("fd00::1", ("2001:db8::7",), "2001:db8::7"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("",), ""),
        ("testclient", ("198.51.100.7",), "testclient"),
    ],
)
def test_what_a_proxy_says_counts_as_far_as_it_is_trusted(
    sender: str, forwarded: tuple[str, ...], expected: str
) -> None:
    assert sender_of(_request(sender, *forwarded), PROXIES) == expected


def test_without_a_trusted_proxy_nothing_that_is_said_counts() -> None:
    assert sender_of(_request("127.0.0.1", "198.51.100.7"), ()) == "127.0.0.1"
