"""The pages of hooks: made with a secret shown once, tried, paused, kept alive, deleted; what there was to tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re

import pytest

from engine import records
from tests.support.webhooks import Answer, WebhookReceiver
from tests.web import shop
from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import Work, text_of

PAGE = "/apps/shop/-/hooks"
ALL = {"data": "tableData", "scope": "", "changes": ["add", "remove", "update"]}


def make(acts: Acts, **given: object) -> tuple[str, str]:
    """The address of a new hook's page, and its secret."""
    answer = acts.post(PAGE, **{**ALL, **given})  # type: ignore[arg-type]
    assert answer.status_code == 200, text_of(answer)
    secret = re.search(r'id="secret" value="([\w+/=]+)"', answer.text)
    hook = re.search(rf"{PAGE}/(ach\w+)/deletion", answer.text)
    assert secret
    assert hook
    return f"{PAGE}/{hook[1]}", secret[1]


def add_tag(acts: Acts, name: str) -> None:
    with acts.store.write(shop.principal(acts.who)) as session:
        records.create(session, shop.TAGS, [{"name": name}])


def test_without_hooks_the_page_invites(acts: Acts) -> None:
    assert "No program is told of changes" in text_of(acts.get(PAGE))
    assert f'href="{acts.at}{PAGE}/new"' in acts.get(PAGE).text


def test_a_hook_is_made_and_its_secret_shown_once(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    hook, secret = make(acts, url=webhook_receiver.url, scope="tags", changes="add")
    shown = acts.get(hook)
    assert secret not in shown.text
    assert "Calls" in text_of(shown)
    assert "Nobody was called yet." in text_of(shown)
    assert "Records · Tag · created" in text_of(acts.get(PAGE))
    add_tag(acts, "new")
    acts.happen()
    (request,) = webhook_receiver.requests
    mac = hmac.new(base64.b64decode(secret), request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Airtable-Content-MAC"] == f"hmac-sha256={mac}"
    assert "taken" in text_of(acts.get(PAGE))
    assert '"name": "new"' in acts.get(hook).text.replace("&#34;", '"')


def test_it_is_tried_paused_and_resumed(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    hook, _secret = make(acts, url=webhook_receiver.url)
    assert "Try: HTTP 200" in text_of(acts.post(f"{hook}/tests"))
    assert json.loads(webhook_receiver.requests[0].body)["base"] == {"id": "shop"}
    webhook_receiver.answer = Answer(503)
    assert "Try: HTTP 503" in text_of(acts.post(f"{hook}/tests"))
    assert "Paused" in text_of(acts.post(f"{hook}/deactivation"))
    add_tag(acts, "meanwhile")
    acts.happen()
    assert len(webhook_receiver.requests) == 2
    webhook_receiver.answer = Answer(200)
    acts.post(f"{hook}/activation")
    add_tag(acts, "then")
    acts.happen()
    assert len(webhook_receiver.requests) == 3
    assert "meanwhile" in acts.get(hook).text


def test_a_call_that_failed_says_so_and_when_it_is_tried_again(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer = Answer(503, headers={"Retry-After": "3600"})
    make(acts, url=webhook_receiver.url)
    add_tag(acts, "new")
    acts.happen()
    assert re.search(r"Last call .*: HTTP 503 · next try in", text_of(acts.get(PAGE)))


def test_it_lives_longer_and_is_deleted_after_a_question(acts: Acts) -> None:
    hook, _secret = make(acts)
    assert "Only fetched" in text_of(acts.get(hook))
    assert acts.post(f"{hook}/tests").status_code == 409
    assert "seven more days" in text_of(acts.post(f"{hook}/extension"))
    assert "do not come back" in text_of(acts.get(f"{hook}/deletion"))
    assert "The hook is gone." in text_of(acts.post(f"{hook}/deletion"))
    assert acts.get(hook).status_code == 404
    assert "No program is told of changes" in text_of(acts.get(PAGE))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"url": "ftp://example.com"}, "The address must begin with https://"),
        ({"data": ""}, "Choose at least one."),
        ({"changes": ""}, "Choose at least one."),
        ({"scope": "nothing"}, "There is no table or view nothing."),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_typed(acts: Acts, given: dict[str, str], says: str) -> None:
    answer = acts.post(PAGE, **{**ALL, "url": "https://example.com/", **given})  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert f'value="{given.get("url", "https://example.com/")}"' in answer.text
    assert "No program is told of changes" in text_of(acts.get(PAGE))


def test_older_payloads_are_a_page_away(acts: Acts) -> None:
    hook, _secret = make(acts)
    for number in range(22):
        add_tag(acts, f"tag {number}")
    older = re.search(r'href="([^"]+\?before=\d+)"', acts.get(hook).text)
    assert older
    assert "tag 0" in acts.visitor.get(older[1]).text
    assert acts.visitor.get(f"{acts.at}{hook}?before=1").status_code == 200


def test_a_hook_whose_table_is_gone_says_so(acts: Acts) -> None:
    make(acts, scope="deals.board")
    acts.apply(lambda document: document["tables"]["deals"]["views"].pop("board"))
    assert "What it asked for is not there (any more)." in text_of(acts.get(PAGE))


def test_members_are_told_whom_to_ask(acts: Acts, member: Work) -> None:
    hook, _secret = make(acts)
    for path in (PAGE, f"{PAGE}/new", hook, f"{hook}/deletion"):
        assert member.get(path).status_code == 403
    assert member.post(f"{hook}/deletion").status_code == 403
