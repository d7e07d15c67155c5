"""Automations in words, switched on and off; their runs, and trying again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine import connections, records
from engine.queries import Query
from tests.support.webhooks import Answer, WebhookReceiver
from tests.web import shop
from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import Work, text_of

LIST = "/apps/shop/-/automations"
WON = f"{LIST}/won"


def connect(acts: Acts, url: str) -> None:
    with acts.store.write(shop.principal(acts.who)) as session:
        connections.connect(session, acts.means.vault, acts.means.egress, "shop", "erp", url)


def test_the_list_says_what_each_does(acts: Acts) -> None:
    text = text_of(acts.get(LIST))
    assert re.search(r"When a record in Deals begins to match a condition ?: State is Won · Amount ≥ \$50\.00", text)
    for words in (
        "Change Hot, Notes of the record",
        "Create a record in Tag",
        "Notify Owner",
        "Send a webhook to ERP",
    ):
        assert words in text
    assert "never ran" in text


def test_it_speaks_the_readers_language(acts: Acts) -> None:
    acts.visitor.submit("/preferences", on="/account", language="zh")
    answer = acts.get(WON)
    assert "赢单" in answer.text
    assert "企业系统" in answer.text


def test_one_automation_shows_conditions_and_steps_with_labels(acts: Acts) -> None:
    text = text_of(acts.get(WON))
    for words in (
        "Tells everybody.",
        "Only if Customer is not empty",
        "State is Won",
        "{Customer.Name}",
        "{Amount} > 60",
    ):
        assert words in text
    assert "Won: {{ Title }}" in text
    assert '"deal": "={title}"' in text
    assert "It has not run yet." in text


def test_it_is_switched_off_and_on(acts: Acts) -> None:
    off = acts.post(f"{WON}/deactivation")
    assert "Deal won is off." in text_of(off)
    acts.win()
    assert acts.runs() == []
    shown = acts.post(f"{WON}/activation", htmx="div#automation")
    assert 'aria-checked="true"' in shown.text
    assert "<html" not in shown.text
    acts.win("Second")
    assert len(acts.runs()) == 1
    token = acts.visitor.token(acts.at)
    answer = acts.visitor.delete(f"{acts.at}{WON}/activation", headers={"X-CSRF-Token": token, "HX-Request": "true"})
    assert answer.status_code == 200
    acts.win("Third")
    assert len(acts.runs()) == 1


def test_one_that_its_definition_has_off_is_switched_on(acts: Acts) -> None:
    acts.post(f"{LIST}/quiet/activation")
    assert acts.document()["automations"]["quiet"]["enabled"] is True
    with acts.store.write(shop.principal(acts.who)) as session:
        records.create(session, shop.TAGS, [{"name": "new"}])
    assert len(acts.runs("quiet")) == 1


def test_a_run_shows_every_step_and_what_it_left(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    connect(acts, webhook_receiver.url)
    acts.win()
    acts.happen()
    listed = acts.get(WON)
    assert "Done Big one" in text_of(listed)
    (run,) = acts.runs()
    answer = acts.get(f"/runs/{run.id}")
    text = text_of(answer)
    assert text.index("Change Hot, Notes") < text.index("Create a record in Tag") < text.index("Send a webhook to ERP")
    assert re.search(r'class="chip" href="[^"]+/tags/records/rec\w+">.*?won Big one', answer.text, re.DOTALL)
    assert "The receiver answered 200." in text
    assert '"deal": "Big one"' in text
    assert "msg_" in text
    assert "Rights those of the app" in text
    assert f"{acts.at}/apps/shop/deals/records/{run.record_id}" in answer.text
    assert "hx-trigger" not in answer.text.partition('id="run"')[2].partition("</main>")[0]


def test_runs_are_chosen_by_state(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    connect(acts, webhook_receiver.url)
    acts.win()
    acts.happen()
    assert "Big one" in text_of(acts.get(f"{WON}?status=done"))
    assert "No run in this state." in text_of(acts.get(f"{WON}?status=failed"))
    assert "1 done" in text_of(acts.get(LIST))


def test_a_run_that_waits_says_when_it_goes_on(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answer = Answer(503, headers={"Retry-After": "3600"})
    connect(acts, webhook_receiver.url)
    acts.win()
    acts.happen()
    (run,) = acts.runs()
    text = text_of(acts.get(f"/runs/{run.id}"))
    assert "Waiting" in text
    assert "The receiver answered 503." in text
    assert re.search(r"Attempt 2 follows in (1 hour|\d+ minutes)\.", text)
    assert "1 waiting" in text_of(acts.get(LIST))


def test_a_failed_run_is_tried_again(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answers.append(Answer(410))
    connect(acts, webhook_receiver.url)
    acts.win()
    acts.happen()
    (run,) = acts.runs()
    failed = acts.get(f"/runs/{run.id}")
    assert "gone for good" in text_of(failed)
    assert "Try again" in text_of(failed)
    connect(acts, webhook_receiver.url)  # switched off by the answer; saved again it counts
    again = acts.post(f"/runs/{run.id}/retries")
    assert "Tried again." in text_of(again)
    acts.happen()
    assert "Done" in text_of(acts.get(f"/runs/{run.id}"))
    assert acts.post(f"/runs/{run.id}/retries").status_code == 409


def test_steps_that_were_not_reached_are_told(acts: Acts) -> None:
    acts.apply(lambda document: document["automations"]["won"]["steps"]["thank"]["values"].update(name="=''"))
    acts.win()
    acts.happen()
    (run,) = acts.runs()
    text = text_of(acts.get(f"/runs/{run.id}"))
    assert "Failed" in text
    assert "Send a webhook to ERP not reached" in text


def test_it_is_run_by_hand_for_a_chosen_record(acts: Acts, webhook_receiver: WebhookReceiver) -> None:
    connect(acts, webhook_receiver.url)
    won = acts.win()
    acts.happen()
    assert f'href="{acts.at}{WON}/runs/new"' in acts.get(WON).text
    form = acts.get(f"{WON}/runs/new?record={won}")
    assert "Run Deal won now" in text_of(form)
    assert (f'name="records" value="{won}"' in form.text, "Deal 001" in form.text) == (True, False)
    assert "Big one" in text_of(acts.get(f"{WON}/runs/offered?q=big"))
    answer = acts.post(f"{WON}/runs", records=won)
    assert "Started." in text_of(answer)
    newest, _first = acts.runs()
    assert f"/runs/{newest.id}" in str(answer.url)
    acts.happen()
    assert acts.runs()[0].status == "done"


def test_what_it_cannot_be_run_for_is_said_at_the_field(acts: Acts) -> None:
    with acts.store.read(shop.principal(acts.who)) as session:
        open_deal = next(
            one.id for one in records.find(session, Query(shop.DEALS)).records if one.values["state"] == "open"
        )
    refused = acts.post(f"{WON}/runs", records=open_deal)
    assert refused.status_code == 422
    assert "This record does not match what the automation waits for." in text_of(refused)
    assert f'value="{open_deal}"' in refused.text
    assert acts.post(f"{WON}/runs", records="").status_code == 422
    assert acts.runs() == []


@pytest.mark.parametrize(
    "path", [LIST, WON, f"{WON}/runs/new", f"{WON}?status=nonsense&before=run0", "/apps/shop/-/connections"]
)
def test_members_are_told_whom_to_ask(acts: Acts, member: Work, path: str) -> None:
    assert acts.get(path).status_code == 200
    answer = member.get(path)
    assert answer.status_code == 403
    assert "Only owners and builders" in text_of(answer)
    assert member.post(f"{WON}/deactivation").status_code == 403


def test_what_does_not_exist_is_not_found(acts: Acts) -> None:
    for path in (f"{LIST}/nothing", "/apps/nothing/-/automations", "/runs/run0"):
        assert acts.get(path).status_code == 404
    assert acts.post(f"{LIST}/nothing/activation").status_code == 404


def test_an_app_without_automations_invites(acts: Acts) -> None:
    acts.apply(lambda document: document.pop("automations"))
    assert "Nothing happens by itself yet" in text_of(acts.get(LIST))


def seller(given: str) -> dict[str, Any]:
    """A role that sees won deals without their owners, and no tags; and this much of the automation."""
    deals = {
        "read": {"field": "state", "op": "is", "value": "won"},
        "fields": {"owner": "hidden", "customer": "hidden"},
    }
    return {"seller": {"default": True, "tables": {"deals": deals}, "automations": {"won": given}}}


def test_a_member_sees_of_a_run_what_their_role_lets_them(
    acts: Acts, member: Work, webhook_receiver: WebhookReceiver
) -> None:
    webhook_receiver.answers.append(Answer(410))
    acts.apply(lambda document: document.update(roles=seller("seen")))
    connect(acts, webhook_receiver.url)
    acts.win()
    acts.happen()
    (run,) = acts.runs()
    assert f'href="{acts.at}{LIST}"' in member.get("/apps/shop").text
    listed, one = member.get(LIST), member.get(WON)
    assert "Deal won" in listed.text
    assert "Off at first" not in listed.text
    for page in listed, one:
        assert 'role="switch"' not in page.text
    assert "is Won" not in text_of(one)
    answer = member.get(f"/runs/{run.id}")
    text = text_of(answer)
    assert "It failed. Who builds the app sees why." in text
    assert "Send a webhook" in text
    assert "The receiver answered 410." in text
    for hidden in ("won Big one", '"deal"', "msg_", "ERP", "gone for good", "/retries"):
        assert hidden not in answer.text
    assert member.post(f"/runs/{run.id}/retries").status_code == 403
    assert member.post(f"{WON}/deactivation").status_code == 403


def test_a_member_who_steers_an_automation_does_so(acts: Acts, member: Work, webhook_receiver: WebhookReceiver) -> None:
    webhook_receiver.answers.append(Answer(410))
    acts.apply(lambda document: document.update(roles=seller("steered")))
    connect(acts, webhook_receiver.url)
    acts.win()
    acts.happen()
    (run,) = acts.runs()
    connect(acts, webhook_receiver.url)
    assert "Tried again." in text_of(member.post(f"/runs/{run.id}/retries"))
    acts.happen()
    assert "Done" in text_of(member.get(f"/runs/{run.id}"))
    assert 'aria-checked="false"' in member.post(f"{WON}/deactivation").text
    assert 'aria-checked="true"' in member.post(f"{WON}/activation").text
    assert "Big one" in member.get(f"{WON}/runs/new").text
