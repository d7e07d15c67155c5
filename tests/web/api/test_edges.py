"""At the edges of the API: how often, tags, requests sent twice, short answers, other sites; on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response
from starlette.testclient import TestClient

from engine import accounts, api_tokens, repeats
from engine.access.principals import ENGINE
from engine.access.scopes import Scope
from engine.storage import repeat_tables
from engine.storage.session import Session
from tests.web.api.conftest import Client, Installation
from web.rate import Rate

ORDERS = "/shop/orders"


def ask(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Response:
    """The whole answer."""
    told = {"Authorization": f"Bearer {client.token}", **{name.replace("_", "-"): one for name, one in headers.items()}}
    return client.http.request(method, f"/v0{path}", json=body, headers=told)


def count(client: Client) -> int:
    return len(client.ask("GET", ORDERS)["records"])


def test_one_token_may_ask_so_often(installation: Installation) -> None:
    now = 0.0
    rate = Rate(3, 10, clock=lambda: now)
    installation.app.state.site = replace(installation.app.state.site, api_rate=rate)
    client, other = installation.client(), installation.client()
    first = ask(client, "GET", ORDERS)
    assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == ("3", "2")
    assert first.headers["ratelimit-policy"] == "3;w=10"
    now = 4.0
    ask(client, "GET", ORDERS)
    assert ask(client, "GET", ORDERS).headers["ratelimit-remaining"] == "0"
    refused = ask(client, "GET", ORDERS)
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "RATE_LIMIT_REACHED")
    assert (refused.headers["retry-after"], refused.headers["ratelimit-remaining"]) == ("6", "0")
    assert ask(other, "GET", ORDERS).status_code == 200
    now = 10.1
    assert ask(client, "GET", ORDERS).status_code == 200
    assert "retry-after" not in ask(other, "GET", ORDERS).headers


def test_the_limit_can_be_switched_off(api: Client) -> None:
    assert "ratelimit-limit" not in ask(api, "GET", ORDERS).headers


def test_what_did_not_change_is_not_sent_again(api: Client) -> None:
    (order,) = api.create({"number": "1"})
    for path in (ORDERS, f"{ORDERS}/{order}", "/meta/bases"):
        tag = ask(api, "GET", path).headers["etag"]
        again = ask(api, "GET", path, If_None_Match=f'W/"x", W/{tag}')
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert ask(api, "GET", path, If_None_Match='"x"').status_code == 200
    tag = ask(api, "GET", ORDERS).headers["etag"]
    api.ask("PATCH", f"{ORDERS}/{order}", {"fields": {"number": "2"}})
    assert ask(api, "GET", ORDERS, If_None_Match=tag).status_code == 200


def test_only_what_nobody_changed_meanwhile_is_changed(api: Client) -> None:
    (order,) = api.create({"number": "1"})
    path = f"{ORDERS}/{order}"
    tag = ask(api, "GET", path).headers["etag"]
    by_key = ask(api, "GET", f"{path}?returnFieldsByFieldId=1").headers["etag"]
    changed = {"fields": {"number": "2"}}
    assert ask(api, "PATCH", path, changed, If_Match='"x", "y"').status_code == 412
    assert ask(api, "PATCH", path, changed, If_Match=by_key).status_code == 200
    for method in ("PATCH", "PUT", "DELETE"):
        refused = ask(api, method, path, changed, If_Match=tag)
        assert (refused.status_code, refused.json()["error"]["type"]) == (412, "PRECONDITION_FAILED")
    assert api.ask("GET", path)["fields"]["Order number"] == "2"
    assert ask(api, "PUT", path, changed, If_Match="*").status_code == 200
    assert ask(api, "DELETE", path, None, If_Match=ask(api, "GET", path).headers["etag"]).status_code == 200


def test_a_tag_tells_only_of_what_the_asker_sees(installation: Installation, api: Client) -> None:
    """A token for one table: what changes in another, behind links that it does not see, changes no tag."""
    (acme,) = api.create({"Name": "Acme"}, table="customers")
    home = installation.membership.id
    scope = Scope(within=("shop.customers",))
    secret = api_tokens.create(installation.stores, installation.owner.id, home, "scoped", scope=scope)[1]
    scoped = Client(TestClient(installation.app), secret)
    path = f"/shop/customers/{acme}"
    hidden, seen = ask(scoped, "GET", path).headers["etag"], ask(api, "GET", path).headers["etag"]
    api.create({"number": "1", "customer": [acme], "amount": 5})
    assert ask(scoped, "GET", path, If_None_Match=hidden).status_code == 304
    assert ask(api, "GET", path, If_None_Match=seen).status_code == 200


def test_a_request_that_is_sent_again_does_nothing_twice(api: Client) -> None:
    body = {"fields": {"number": "1"}}
    first = ask(api, "POST", ORDERS, body, Idempotency_Key="a")
    again = ask(api, "POST", ORDERS, body, Idempotency_Key="a")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert count(api) == 1
    other = ask(api, "POST", ORDERS, {"fields": {"number": "2"}}, Idempotency_Key="a")
    assert (other.status_code, other.json()["error"]["type"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert ask(api, "POST", "/shop/customers", body, Idempotency_Key="a").status_code == 422
    ask(api, "POST", ORDERS, body, Idempotency_Key="b")
    assert count(api) == 2
    assert ask(api, "POST", ORDERS, body, Idempotency_Key="x" * 256).status_code == 422
    path = f"{ORDERS}/{first.json()['id']}"
    for _time in range(2):
        assert ask(api, "DELETE", path, None, Idempotency_Key="c").json()["deleted"]
    assert ask(api, "DELETE", path, None, Idempotency_Key="d").status_code == 404


def test_a_secret_that_is_answered_is_not_kept_as_it_is(installation: Installation, api: Client) -> None:
    wanted = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
    first = ask(api, "POST", "/bases/shop/webhooks", wanted, Idempotency_Key="a").json()
    assert ask(api, "POST", "/bases/shop/webhooks", wanted, Idempotency_Key="a").json() == first
    with installation.stores.workspace(installation.membership.id).read(ENGINE) as session:
        kept = session.connection.execute(sa.select(repeat_tables.repeats.c.body)).scalar_one()
    assert first["macSecretBase64"] not in kept


def test_the_key_is_of_one_token_for_a_day(installation: Installation, api: Client) -> None:
    body = {"fields": {"number": "1"}}
    ask(api, "POST", ORDERS, body, Idempotency_Key="a")
    bo = accounts.add_person(
        installation.stores, installation.membership.id, email="bo@example.com", name="Bo", password="four other words",
        role="member",
    )  # fmt: skip
    ask(installation.client(bo), "POST", ORDERS, body, Idempotency_Key="a")
    assert count(api) == 2
    with installation.stores.workspace(installation.membership.id).write(ENGINE) as session:
        session.now += timedelta(hours=23)
        assert repeats.sweep(session, 10) == 0
        session.now += timedelta(hours=2)
        assert repeats.sweep(session, 10) == 2
    ask(api, "POST", ORDERS, body, Idempotency_Key="a")
    assert count(api) == 3


def test_what_was_refused_may_be_sent_again_with_the_same_key(api: Client) -> None:
    wrong = {"fields": {"number": "1", "amount": -1}}
    for _time in range(2):
        assert ask(api, "POST", ORDERS, wrong, Idempotency_Key="a").status_code == 422
    new_choice = {"fields": {"status": "Newest", "amount": -1}, "typecast": True}  # the choice is made, the record not
    for _time in range(2):
        assert ask(api, "POST", ORDERS, new_choice, Idempotency_Key="b").status_code == 422
    assert count(api) == 0


def test_of_twins_one_is_carried_out(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(4)
    begin = repeats.begin

    def at_once(session: Session, name: str, request: str) -> None:
        if not together.broken:
            try:
                together.wait(0.5)
            except threading.BrokenBarrierError:  # on SQLite one writes after the other
                together.abort()
        begin(session, name, request)

    monkeypatch.setattr(repeats, "begin", at_once)
    answers: list[Response] = []
    body = {"fields": {"number": "1"}}
    asking = [
        threading.Thread(target=lambda: answers.append(ask(api, "POST", ORDERS, body, Idempotency_Key="twin")))
        for _each in range(4)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert count(api) == 1
    (done,) = {one.json()["id"] for one in answers if one.status_code == 200}
    assert {one.status_code for one in answers} <= {200, 409}
    assert ask(api, "POST", ORDERS, body, Idempotency_Key="twin").json()["id"] == done


def test_long_answers_are_short_on_the_way(api: Client) -> None:
    api.create(*({"number": f"Order {number}"} for number in range(100)))
    short = ask(api, "GET", ORDERS, Accept_Encoding="gzip")
    whole = ask(api, "GET", ORDERS, Accept_Encoding="identity")
    assert short.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in whole.headers
    assert int(short.headers["content-length"]) * 3 < int(whole.headers["content-length"])
    assert (short.json(), short.headers["etag"]) == (whole.json(), whole.headers["etag"])
    assert "content-encoding" not in ask(api, "GET", "/meta/whoami", Accept_Encoding="gzip").headers


def test_pages_of_other_sites_may_ask_with_a_token(api: Client) -> None:
    before = api.http.options("/v0/shop/orders/rec1", headers={"Origin": "https://example.com"})
    assert before.status_code == 204
    assert before.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in before.headers["access-control-allow-headers"]
    for answer in (ask(api, "GET", ORDERS), api.http.get("/v0/shop/orders")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
