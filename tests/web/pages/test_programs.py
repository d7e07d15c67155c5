"""The page of an app's API: what there is to ask, examples from its records, and sending a request."""

from __future__ import annotations

import json

from engine import api_tokens
from tests.web.pages.conftest import Work, text_of
from tests.web.routes import filled, operations
from web import api_examples
from web.api.openapi import operations as operations_of
from web.api_examples import Subject

AT = "/apps/shop/-/api"
SUBJECT = Subject("http://127.0.0.1:8000", "shop", "deals", "rec0000000000000A", {"Title": "It's"})


def test_it_tells_addresses_fields_and_examples_of_each_table(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.get(f"{AT}?table=deals")
    said = text_of(answer)
    for expected in (
        "GET /v0/shop/deals?pageSize=3",
        f"PATCH /v0/shop/deals/{deal.id}",
        "Title title singleLineText",
        f"record = table.get('{deal.id}')",
        'curl "http://127.0.0.1:8000/v0/shop/deals?pageSize=3"',
        'endpointUrl: "http://127.0.0.1:8000"',
    ):
        assert expected in said, expected
    assert "openapi.json" in answer.text
    assert work.get("/apps/nothing/-/api").status_code == 404


def test_every_address_is_one_of_the_application(work: Work) -> None:
    routes = {(method, path) for method, path in operations(work.visitor.app) if path.startswith("/v0/{app}/{table}")}  # type: ignore[arg-type]
    known = {"app": "shop", "table": "deals", "record": SUBJECT.record}
    there = {(method, filled(path, known)) for method, path in routes}
    for one in api_examples.addresses(SUBJECT):
        assert (one.method, one.path.partition("?")[0]) in there


def test_the_examples_are_programs() -> None:
    compile(api_examples.in_python(SUBJECT), "example.py", "exec")
    assert "It'\\''s" in api_examples.in_curl(SUBJECT)


def test_whoever_is_signed_in_may_look(work: Work, guest: Work) -> None:
    asked = {"table": "deals", "method": "GET", "path": "/v0/shop/deals?sort[0][field]=Title&pageSize=1", "body": ""}
    said = text_of(work.post(f"{AT}/requests", **asked))
    first = work.deals()[0].values["title"]
    assert "200" in said
    assert first in said
    part = work.post(f"{AT}/requests", htmx="div#answer", **asked)
    assert "<form" not in part.text
    assert first in part.text
    assert "TABLE_NOT_FOUND" in text_of(work.post(f"{AT}/requests", **{**asked, "path": "/v0/shop/nothing"}))
    assert first in text_of(guest.post(f"{AT}/requests", **asked))


def test_without_a_token_nothing_is_changed_and_with_one_it_is(work: Work, guest: Work) -> None:
    body = json.dumps({"fields": {"Title": "By the page"}})
    asked = {"table": "deals", "method": "POST", "path": "/v0/shop/deals", "body": body}
    before = len(work.deals())
    refused = work.post(f"{AT}/requests", **asked)
    assert (refused.status_code, "Without a token you can only look" in text_of(refused)) == (422, True)
    assert "By the page" in refused.text  # what was typed stays
    for path in ("/w/other", "http://example.com/v0/", ""):
        assert work.post(f"{AT}/requests", **{**asked, "method": "GET", "path": path}).status_code == 422
    # Of what only builders see, an owner without a token that says so sees nothing, whatever the address.
    assert "INVALID_PERMISSIONS" in text_of(
        work.post(f"{AT}/requests", **{**asked, "method": "GET", "path": "/v0/meta/people"})
    )
    _token, secret = api_tokens.create(work.site.stores, work.who, work.membership.id, "page")
    done = work.post(f"{AT}/requests", token=secret, **asked)
    assert "By the page" in text_of(done)
    assert secret not in done.text
    assert len(work.deals()) == before + 1
    assert "AUTHENTICATION_REQUIRED" in text_of(work.post(f"{AT}/requests", token="fwk_wrong", **asked))


def test_the_document_is_the_one_of_the_api(work: Work) -> None:
    document = json.loads(work.get(f"{AT}/openapi.json").text)
    assert document["openapi"] == "3.1.0"
    told = {method for path in document["paths"].values() for method in path if method != "parameters"}
    assert told == {one.method.lower() for one in operations_of(work.visitor.app)}  # type: ignore[arg-type]
