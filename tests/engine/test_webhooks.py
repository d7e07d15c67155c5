"""Signing as Standard Webhooks asks, and when an attempt is repeated (T-WH-02)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from engine import webhooks
from engine.errors import Refused
from engine.webhooks import Verdict, after_answer, after_failure, body_of, headers, new_message_id, new_secret

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_what_is_signed_verifies_with_the_library_of_the_standard() -> None:
    secret, body = new_secret(), body_of({"title": "Größe 客户", "amount": 12.5}, "deal.won", NOW)
    sent = headers(new_message_id(), datetime.now(UTC), body, [secret])
    assert Webhook(secret).verify(body, sent) == {
        "type": "deal.won",
        "timestamp": "2026-11-21T12:00:00.000Z",
        "data": {"title": "Größe 客户", "amount": 12.5},
    }


def test_the_published_vector() -> None:
    body = b'{"test": 2432232314}'
    moment = datetime.fromtimestamp(1614265330, UTC)
    sent = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, body, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sent["webhook-timestamp"] == "1614265330"


def test_both_secrets_sign_while_one_replaces_the_other() -> None:
    old, new = new_secret(), new_secret()
    body = body_of({"a": 1}, None, NOW)
    sent = headers("msg_1", datetime.now(UTC), body, [new, old])
    assert sent["webhook-signature"].count("v1,") == 2
    assert Webhook(old).verify(body, sent) == Webhook(new).verify(body, sent) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, sent)


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp"])
def test_a_changed_byte_is_noticed(part: str) -> None:
    secret, body = new_secret(), body_of({"a": 1}, None, NOW)
    sent = headers("msg_1", datetime.now(UTC), body, [secret])
    if part == "body":
        body = body.replace(b"1", b"2")
    else:
        sent[part] = sent[part][:-1] + chr(ord(sent[part][-1]) ^ 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, sent)


def test_a_receiver_without_a_secret_gets_no_signature() -> None:
    assert "webhook-signature" not in headers("msg_1", NOW, b"{}", [])


def test_an_attempt_later_has_the_same_id_and_body_and_another_time() -> None:
    secret, body = new_secret(), body_of({"b": 1, "a": [1, 2]}, "x.y", NOW)
    first = headers("msg_1", NOW, body, [secret])
    later = headers("msg_1", NOW + timedelta(hours=75), body, [secret])
    assert first["webhook-id"] == later["webhook-id"]
    assert first["webhook-timestamp"] != later["webhook-timestamp"]
    assert first["webhook-signature"] != later["webhook-signature"]
    assert body == body_of({"b": 1, "a": [1, 2]}, "x.y", NOW.astimezone(timezone(timedelta(hours=8))))


def test_without_an_event_the_content_goes_as_it_is() -> None:
    assert body_of({"b": None, "a": [True]}, None, NOW) == b'{"b":null,"a":[true]}'


def test_a_body_has_a_limit() -> None:
    body_of("x" * (webhooks.MAX_BODY - 2), None, NOW)
    with pytest.raises(Refused):
        body_of("x" * (webhooks.MAX_BODY - 1), None, NOW)


def test_ids_are_long_and_hold_no_dot() -> None:
    ids = {new_message_id() for _again in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("msg_") and len(one) == 36 and "." not in one for one in ids)


def test_secrets_are_checked_when_they_are_entered() -> None:
    webhooks.check_secret(new_secret())
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32
    for wrong in ("", "whsec_", "whsec_c2hvcnQ=", new_secret().removeprefix("whsec_"), "whsec_***", "whsec_é"):
        with pytest.raises(Refused):
            webhooks.check_secret(wrong)


@pytest.mark.parametrize(("attempt", "planned"), list(enumerate(webhooks.RETRY_AFTER_SECONDS))[1:])
def test_waits_follow_the_table_within_the_jitter(attempt: int, planned: float) -> None:
    waits = [after_failure(attempt).wait or 0 for _again in range(200)]
    assert min(waits) >= planned * 0.8
    assert max(waits) <= planned * 1.2
    assert max(waits) - min(waits) > planned * 0.1


def test_ten_attempts_and_no_more() -> None:
    assert after_failure(9).wait is not None
    assert after_failure(10) == after_answer(500, {}, 10, NOW) == Verdict()
    assert sum(webhooks.RETRY_AFTER_SECONDS) == 75 * 3600 + 35 * 60 + 5


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_delivered(status: int) -> None:
    assert after_answer(status, {}, 1, NOW) == Verdict(delivered=True)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 409, 500, 502])
def test_all_else_is_a_failure_and_tried_again(status: int) -> None:
    verdict = after_answer(status, {}, 1, NOW)
    assert not verdict.delivered
    assert 4 <= (verdict.wait or 0) <= 6


def test_gone_is_for_good() -> None:
    assert after_answer(410, {"retry-after": "5"}, 1, NOW) == Verdict(gone=True)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("120", 120),
        ("Sat, 21 Nov 2026 12:02:00 GMT", 120),
        ("604800", 86_400),
        ("99999999999999999999", 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_retry_after_is_honoured_up_to_a_day(status: int, asked: str, wait: int) -> None:
    assert after_answer(status, {"retry-after": asked}, 1, NOW).wait == wait


@pytest.mark.parametrize("asked", ["", "-5", "soon", "0", "1", "Sat, 21 Nov 2020 12:00:00 GMT", "٣", "1e9"])
def test_retry_after_never_shortens_the_wait(asked: str) -> None:
    assert 4 <= (after_answer(503, {"retry-after": asked}, 1, NOW).wait or 0) <= 6


def test_retry_after_counts_only_with_the_statuses_it_belongs_to() -> None:
    assert (after_answer(500, {"retry-after": "120"}, 1, NOW).wait or 0) <= 6
