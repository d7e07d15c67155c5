"""Asking the other service: at its pace, with patience, trusting nothing. T-FLT-05, T-SSRF-06, T-SSRF-07."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from engine.addresses import EgressRefused, Rules
from engine.bases import OtherSide, asking
from engine.bases.asking import PACE, TRIES, Asker, Moved
from engine.egress import Egress, Limits
from engine.errors import Refused
from tests.engine.test_addresses import CORPUS, fake_resolver, guard
from tests.support.raw_server import RawServer, read_request
from tests.support.spoken_base import Said, Spoken, spoken

LOOPBACK = (ip_network("127.0.0.0/8"),)
TABLE = {"id": "tblA", "name": "A", "fields": [{"id": "fldA", "name": "A", "type": "singleLineText"}]}


class Patient(Asker):
    """Asks like any other, and notes how long it would wait instead of waiting."""


@pytest.fixture
def waited() -> list[float]:
    """How long the asker would have waited, each time."""
    return []


@pytest.fixture
def base() -> Iterator[Spoken]:
    """A small base."""
    with spoken(Spoken(tables=[TABLE], records={"tblA": []})) as found:
        yield found


def asker(url: str, waited: list[float], *, pace: float = 0.0, **limits: float) -> Asker:
    """Who asks there."""
    egress = Egress(Rules(LOOPBACK), Limits(resolve=60, connect=60))
    return Asker(egress, f"{url}/v0", "patSecret", pause=waited.append, pace=pace, **limits)  # type: ignore[arg-type]


def after(count: int, said: Said, base: Spoken) -> None:
    """Let `count` requests be answered so, and the others as always."""
    left = [said] * count
    base.first = lambda _path, _query: left.pop() if left else None


def test_it_asks_five_times_a_second_at_most(base: Spoken, waited: list[float]) -> None:
    one = asker(base.url, waited, pace=PACE)
    one.bases()
    one.bases()
    assert len(waited) == 1
    assert 0 < waited[0] <= PACE
    assert PACE >= 1 / 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 30.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "soon"}, 30.0), ({"Retry-After": "99999"}, 120.0)],
)
def test_it_waits_as_long_as_it_is_told(
    base: Spoken, waited: list[float], headers: dict[str, str], seconds: float
) -> None:
    after(1, Said({"errors": [{"error": "RATE_LIMIT_REACHED"}]}, 429, headers), base)
    assert [one.name for one in asker(base.url, waited).bases()] == ["One"]
    assert sum(waited) == pytest.approx(seconds)


def test_a_stumble_is_tried_again_and_trouble_is_told_in_the_end(base: Spoken, waited: list[float]) -> None:
    after(2, Said({}, 503), base)
    asker(base.url, waited).bases()
    assert len(base.asked) == 3
    after(TRIES, Said({}, 500), base)
    with pytest.raises(OtherSide):
        asker(base.url, waited).bases()
    assert len(base.asked) == 3 + TRIES


def test_what_is_wrong_with_the_token_or_the_base_is_told_at_its_field(base: Spoken, waited: list[float]) -> None:
    for status, at in ((401, "/token"), (403, "/token"), (404, "/base")):
        after(1, Said({"error": {"type": "NOPE", "message": "<b>no</b>"}}, status), base)
        with pytest.raises(Refused) as caught:
            asker(base.url, waited).tables("appOne")
        assert caught.value.problems[0].at == at
        assert "<b>" not in caught.value.problems[0].says


def test_it_follows_no_redirect(base: Spoken, waited: list[float]) -> None:
    with spoken(Spoken()) as inside:
        after(1, Said({}, 302, {"Location": f"{inside.url}/v0/meta/bases"}), base)
        with pytest.raises(Refused):
            asker(base.url, waited).bases()
        assert inside.asked == []


def test_the_token_goes_to_the_service_alone(base: Spoken, waited: list[float]) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        connection.sendall(Said(b"words").spelled())

    elsewhere = RawServer(talk)
    answer = asker(base.url, waited).file(f"http://127.0.0.1:{elsewhere.port}/a.txt", 100)
    elsewhere.close()
    assert answer.body == b"words"
    assert b"patSecret" not in heard[0]


def test_nothing_private_is_asked_unless_the_operator_allows_it(base: Spoken) -> None:
    with pytest.raises(EgressRefused):
        Asker(Egress(), f"{base.url}/v0", "pat").bases()
    with pytest.raises(EgressRefused):
        Asker(Egress(), "https://api.example.com/v0", "pat").file("http://169.254.169.254/latest", 100)
    assert base.asked == []


@pytest.mark.parametrize("url", CORPUS)
def test_no_file_is_fetched_from_a_hostile_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("engine.egress.socket.create_connection", opened)
    with pytest.raises(EgressRefused):
        Asker(Egress(guard(), resolve=fake_resolver), "https://api.example.com/v0", "pat").file(url, 100)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"bases": NaN}',
        b'{"bases": [], "bases": [{"id": "a", "name": "b"}]}',
        b'{"bases": {}}',
        b'{"bases": [1]}',
        b'{"bases": [{"name": "x"}]}',
        b'{"bases": [{"id": "../../etc", "name": "x"}]}',
        b'{"bases": [], "offset": 7}',
        b'{"bases": [], "offset": "' + b"x" * 5_000 + b'"}',
        b"[" * 100_000,
        b'{"bases": [{"id": "a", "name": "\\ud800"}]}',
    ],
)
def test_what_has_no_shape_that_we_know_is_refused(base: Spoken, waited: list[float], body: bytes) -> None:
    after(1, Said(body), base)
    with pytest.raises(OtherSide):
        asker(base.url, waited).bases()


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"id": "tblA"},
        {"id": "tblA", "fields": []},
        {"id": "tblA", "fields": [{"id": "f", "name": "A"}, {"id": "f", "name": "B"}]},
        {"id": "tbl/A", "fields": [{"id": "f", "name": "A"}]},
        {"id": "tblA", "fields": [{"id": f"f{number}"} for number in range(500)]},
    ],
)
def test_so_are_tables(base: Spoken, waited: list[float], table: Any) -> None:
    base.tables = [table]
    with pytest.raises(OtherSide):
        asker(base.url, waited).tables("appOne")


def test_what_has_no_end_is_broken_off(base: Spoken, waited: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_ANSWER", 10_000)
    after(1, Said({"bases": [{"id": "a", "name": "x" * 20_000}]}), base)
    with pytest.raises(OtherSide):
        asker(base.url, waited).bases()
    base.first = lambda _path, _query: Said({"bases": [{"id": "a", "name": "A"}], "offset": "again"})
    assert len(asker(base.url, waited).bases()) == asking.MOST_BASES


def test_an_answer_that_trickles_in_takes_no_longer_than_it_may(waited: list[float]) -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{")
        while True:
            if server.done.wait(0.05):
                return
            connection.sendall(b" ")

    server = RawServer(talk)
    with pytest.raises(OtherSide):
        asker(f"http://127.0.0.1:{server.port}", waited, tries=1, seconds=0.5).bases()
    server.close()


def test_a_place_in_a_list_may_be_forgotten_there(base: Spoken, waited: list[float]) -> None:
    after(1, Said({"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}, 422), base)
    with pytest.raises(Moved):
        asker(base.url, waited).records("appOne", "tblA", "old")
