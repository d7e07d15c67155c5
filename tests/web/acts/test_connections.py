"""Where webhooks go, the secret that is shown once, and trying a connection out."""

from __future__ import annotations

import re

from standardwebhooks import Webhook

from tests.support.webhooks import Answer, WebhookReceiver
from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import Work, text_of

PAGE = "/apps/shop/-/connections"


def test_a_connection_is_set_and_its_secret_shown_once(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    assert "Not set up" in text_of(acts.get(PAGE))
    answer = acts.post(PAGE, name="erp", url=webhook_receiver.url)
    assert re.search(r'id="secret" value="whsec_[\w+/=]+"', answer.text)
    shown = acts.get(PAGE)
    assert "whsec_" not in shown.text
    assert "Connected" in text_of(shown)
    assert f'value="{webhook_receiver.url}"' in shown.text
    again = acts.post(PAGE, name="erp", url=f"{webhook_receiver.url}other")
    assert "The secret stays as it was." in text_of(again)


def test_a_test_is_signed_and_sent_as_a_run_would(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    secret = re.search(r"whsec_[\w+/=]+", acts.post(PAGE, name="erp", url=webhook_receiver.url).text)
    assert secret
    answer = acts.post(f"{PAGE}/tests", name="erp")
    assert "Test: The receiver answered 200." in text_of(answer)
    (request,) = webhook_receiver.requests
    sent = Webhook(secret[0]).verify(request.body, dict(request.headers.items()))
    assert sent["type"] == "formwork.test"
    webhook_receiver.answer = Answer(500)
    assert "Test: The receiver answered 500." in text_of(acts.post(f"{PAGE}/tests", name="erp"))


def test_a_new_secret_is_shown_once(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    first = re.search(r"whsec_[\w+/=]+", acts.post(PAGE, name="erp", url=webhook_receiver.url).text)
    second = re.search(r"whsec_[\w+/=]+", acts.post(f"{PAGE}/secrets", name="erp").text)
    assert first
    assert second
    assert first[0] != second[0]


def test_addresses_that_may_not_be_called_are_refused_where_they_were_typed(acts: Acts) -> None:
    for url in ("ftp://example.com", "http://10.1.2.3/", "https://user:pw@example.com/", "nonsense", " "):
        answer = acts.post(PAGE, name="erp", url=url)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert f'value="{url.strip()}"' in answer.text
    assert "Not set up" in text_of(acts.get(PAGE))


def test_a_receiver_that_is_down_is_told_without_details(acts: Acts) -> None:
    acts.post(PAGE, name="erp", url="http://127.0.0.1:9/")
    text = text_of(acts.post(f"{PAGE}/tests", name="erp"))
    assert "Test: The address cannot be reached, or may not be called." in text


def test_what_is_not_set_cannot_be_tried(acts: Acts) -> None:
    answer = acts.post(f"{PAGE}/tests", name="erp")
    assert answer.status_code == 422
    assert "does not lead anywhere yet" in text_of(answer)
    assert acts.post(PAGE, name="nothing", url="https://example.com/").status_code == 404


def test_the_last_call_is_shown_with_its_run(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    acts.post(PAGE, name="erp", url=webhook_receiver.url)
    assert "Nothing has been sent yet." in text_of(acts.get(PAGE))
    acts.win()
    acts.happen()
    answer = acts.get(PAGE)
    assert re.search(r"Last call .*: The receiver answered 200\.", text_of(answer))
    assert f"{acts.at}/runs/{acts.runs()[0].id}" in answer.text


def test_a_connection_is_forgotten(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    acts.post(PAGE, name="erp", url=webhook_receiver.url)
    assert "Disconnected." in text_of(acts.post(f"{PAGE}/removals", name="erp"))
    assert "Not set up" in text_of(acts.get(PAGE))


def test_members_cannot_reach_them(acts: Acts, member: Work) -> None:
    assert member.post(PAGE, name="erp", url="https://example.com/").status_code == 403
    assert member.post(f"{PAGE}/tests", name="erp").status_code == 403
