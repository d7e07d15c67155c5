"""Webhooks as pyairtable makes and reads them, and the calls that its verifier takes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyairtable
import pytest
from pyairtable.models import Webhook, WebhookNotification, WebhookPayload

from engine import apps, retention
from engine import forms as forms_of
from engine.access import principals
from engine.access.principals import ENGINE, person
from engine.automations.steps import Means
from engine.egress import Egress
from engine.settings import Settings
from engine.storage.stores import Workspace
from engine.vault import Vault
from engine.worker import Worker
from tests.support.webhooks import Answer, WebhookReceiver
from tests.web.api.clients.conftest import Started, refused
from web.whole_numbers import MOST

EVERYTHING: Any = {"options": {"filters": {"dataTypes": ["tableData", "tableFields", "tableMetadata"]}}}
ANYWHERE = "https://example.com/hook"
Make = Callable[..., Webhook]


@pytest.fixture
def make(client: pyairtable.Api) -> Make:
    """A webhook with these filters."""

    def made(url: str = ANYWHERE, includes: Any = None, **filters: Any) -> Webhook:
        base = client.base("shop")
        options: Any = {"filters": {"dataTypes": ["tableData"], **filters}}
        if includes:
            options["includes"] = includes
        return base.webhook(base.add_webhook(url, {"options": options}).id)

    return made


def told(hook: Webhook, **options: Any) -> list[WebhookPayload]:
    return list(hook.payloads(**options))


def test_webhooks_are_made_listed_switched_and_deleted(client: pyairtable.Api) -> None:
    base = client.base("shop")
    made = base.add_webhook(ANYWHERE, EVERYTHING)
    (hook,) = base.webhooks()
    assert (hook.id, hook.notification_url, hook.cursor_for_next_payload) == (made.id, ANYWHERE, 1)
    assert hook.are_notifications_enabled
    assert hook.is_hook_enabled
    assert made.expiration_time is not None
    assert hook.expiration_time == made.expiration_time
    assert made.expiration_time - datetime.now(UTC) > timedelta(days=6, hours=23)
    hook.disable_notifications()
    assert not base.webhook(hook.id).are_notifications_enabled
    hook.enable_notifications()
    assert base.webhook(hook.id).are_notifications_enabled
    hook.extend_expiration()
    hook.delete()
    assert base.webhooks() == []


def test_each_transaction_is_a_payload_in_order(make: Make, orders: pyairtable.Table, started: Started) -> None:
    hook = make()
    made = orders.create({"Order number": "1", "Amount": 5, "Status": "Open"})
    orders.update(made["id"], {"Amount": 6})
    more = orders.batch_create([{"Order number": "2"}, {"Order number": "3"}])
    orders.delete(made["id"])
    created, changed, several, gone = told(hook)
    assert [one.base_transaction_number for one in (created, changed, several, gone)] == [1, 2, 3, 4]
    first = created.changed_tables_by_id["orders"].created_records_by_id[made["id"]]
    stored = {"number": "1", "amount": 5, "status": "Open", "quantity": 1}
    assert first.cell_values_by_field_id == stored | {"total": 5, "ratio": 5}
    assert first.created_time.isoformat()[:19] == made["createdTime"][:19]
    assert created.action_metadata is not None
    assert created.action_metadata.source == "publicApi"
    assert created.action_metadata.source_metadata["user"]["email"] == "ada@example.com"
    change = changed.changed_tables_by_id["orders"].changed_records_by_id[made["id"]]
    assert change.current.cell_values_by_field_id == {"amount": 6, "total": 6, "ratio": 6}
    assert (change.previous, change.unchanged) == (None, None)
    assert set(several.changed_tables_by_id["orders"].created_records_by_id) == {one["id"] for one in more}
    assert gone.changed_tables_by_id["orders"].destroyed_record_ids == [made["id"]]
    assert [one.cursor for one in told(hook, cursor=3)] == [3, 4]
    assert [one.cursor for one in told(hook, limit=1)] == [1]


def test_more_payloads_than_a_page(make: Make, orders: pyairtable.Table) -> None:
    hook = make()
    for number in range(53):
        orders.create({"Order number": f"{number}"})
    assert [one.cursor for one in told(hook)] == list(range(1, 54))


def test_a_cursor_beyond_all_payloads(make: Make) -> None:
    hook = make()
    assert told(hook, cursor=MOST) == []
    assert refused(told, hook, cursor=MOST + 1) == (422, "INVALID_REQUEST_UNKNOWN")


def test_only_what_is_asked_for(client: pyairtable.Api, make: Make, orders: pyairtable.Table) -> None:
    lists = client.table("shop", "Lists")
    hooks = {
        "lists": make(recordChangeScope="lists"),
        "removals": make(changeTypes=["remove"]),
        "amounts": make(watchDataInFieldIds=["amount"], changeTypes=["update"]),
        "forms": make(fromSources=["formSubmission"]),
        "fields": make(dataTypes=["tableFields"]),
        "all values": make(includes={"includeCellValuesInFieldIds": "all", "includePreviousCellValues": True}),
        "numbers": make(includes={"includeCellValuesInFieldIds": ["number"]}, changeTypes=["update"]),
    }
    made = orders.create({"Order number": "1", "Amount": 5})
    orders.update(made["id"], {"Notes": "Hello"})
    orders.update(made["id"], {"Amount": None})
    orders.delete(made["id"])
    lists.create({"Name": "a"})
    assert {name: len(told(hook)) for name, hook in hooks.items()} == {
        "lists": 1, "removals": 1, "amounts": 1, "forms": 0, "fields": 0, "all values": 5, "numbers": 2,
    }  # fmt: skip
    with_all = told(hooks["all values"])[2].changed_tables_by_id["orders"].changed_records_by_id[made["id"]]
    # What follows from it is told, too, as it is now.
    assert with_all.current.cell_values_by_field_id == {"amount": None, "total": 0, "ratio": 0}
    assert with_all.previous is not None
    assert with_all.previous.cell_values_by_field_id == {"amount": 5}
    assert with_all.unchanged is not None
    assert with_all.unchanged.cell_values_by_field_id["notes"] == "Hello"
    numbers = told(hooks["numbers"])[0].changed_tables_by_id["orders"].changed_records_by_id[made["id"]]
    assert numbers.unchanged is not None
    assert numbers.unchanged.cell_values_by_field_id == {"number": "1"}


def test_records_of_a_view_and_sendings_of_a_form(
    client: pyairtable.Api, make: Make, orders: pyairtable.Table, started: Started
) -> None:
    installation = started.installation
    store = installation.stores.workspace(installation.membership.id)
    with store.write(person(installation.owner.id, "owner")) as session:
        document = copy.deepcopy(dict(session.layout.apps["shop"].document))
        forms = {key: {"label": key, "fields": ["number"], "public": True} for key in ("desk", "fair")}
        document["tables"]["orders"]["forms"] = forms
        apps.apply(session, document)
    paid = make(recordChangeScope="orders.paid")
    desk = make(sourceOptions={"formSubmission": {"viewId": "orders.desk"}}, changeTypes=["add"])
    made = orders.create({"Order number": "1", "Amount": 5, "Status": "Open"})
    orders.update(made["id"], {"Notes": "Not in the view"})
    orders.update(made["id"], {"Status": "Paid up"})
    orders.update(made["id"], {"Notes": "In the view"})
    orders.update(made["id"], {"Status": "Open"})  # it leaves
    orders.update(made["id"], {"Notes": "Out again"})
    orders.delete(made["id"])
    seen = [one.changed_tables_by_id["orders"] for one in told(paid)]
    values = [one.current.cell_values_by_field_id for each in seen for one in each.changed_records_by_id.values()]
    assert values == [
        {"status": {"id": "paid", "name": "Paid up", "color": "grayLight2"}} | values[0],
        {"notes": "In the view"},
        values[2],
    ]
    assert seen[-1].destroyed_record_ids == [made["id"]]
    assert len(told(desk)) == 1
    for form in ("desk", "fair"):
        with store.write(principals.public_form("shop", "orders", form)) as session:
            forms_of.submit(session, "shop.orders", session.layout.table("shop.orders").forms[form], {"number": form})
    (_by_hand, by_form) = told(desk)
    (sent,) = by_form.changed_tables_by_id["orders"].created_records_by_id.values()
    assert sent.cell_values_by_field_id["number"] == "desk"
    for wrong in (
        {"recordChangeScope": "orders.nothing"},
        {"sourceOptions": {"formSubmission": {"viewId": "orders.nothing"}}},
        {"sourceOptions": {"formPageSubmission": {"pageId": "x"}}},
    ):
        assert refused(make, **wrong)[0] == 422


def test_changes_of_tables_and_fields(client: pyairtable.Api) -> None:
    base = client.base("shop")
    hook = base.webhook(base.add_webhook(ANYWHERE, EVERYTHING).id)
    table = base.create_table("To do", [{"name": "Title", "type": "singleLineText"}])
    field = table.create_field("Done", "checkbox", options={"icon": "check", "color": "greenBright"})
    field.name = "Finished"
    field.save()
    schema = table.schema(force=True)
    schema.name = "Tasks"
    schema.save()
    created, grown, renamed, called = told(hook)
    assert created.created_tables_by_id["to_do"].fields_by_id["title"].name == "Title"
    assert grown.changed_tables_by_id["to_do"].created_fields_by_id["done"].type == "checkbox"
    assert renamed.changed_tables_by_id["to_do"].changed_fields_by_id["done"].current.name == "Finished"
    metadata = called.changed_tables_by_id["to_do"].changed_metadata
    assert metadata is not None
    assert (metadata.previous.name, metadata.current.name) == ("To do", "Tasks")


def test_what_was_taken_back_was_never_told(make: Make, orders: pyairtable.Table) -> None:
    hook = make()
    assert refused(orders.batch_create, [{"Order number": "1"}, {"Amount": -5}])[0] == 422
    assert told(hook) == []


@pytest.fixture
def worker(started: Started) -> Worker:
    """The worker of the server, which may call this machine."""
    environment = {"FORMWORK_EGRESS_ALLOW": "127.0.0.0/8"}
    before = started.installation.app.state.site.settings
    settings = Settings.from_environment({"FORMWORK_DATA": str(before.data), **environment})
    means = Means(settings, Egress.of(settings), Vault.at(settings.key_file), lambda text, _language: str(text))
    return Worker(started.installation.stores, means)


@pytest.fixture
def hooked(started: Started, worker: Worker, webhook_receiver: WebhookReceiver) -> tuple[str, str]:
    """A hook that calls the receiver; its id and secret."""
    from engine import hooks

    with started.writing() as session:
        made, secret = hooks.create(
            session, worker.means.vault, worker.means.egress, "shop", webhook_receiver.url, EVERYTHING
        )
    return made.id, secret


def call(started: Started, worker: Worker) -> None:
    worker.run_until_idle(started.installation.stores.workspace(started.installation.membership.id))


def test_one_call_tells_of_all_that_is_new_and_the_verifier_takes_it(
    started: Started,
    worker: Worker,
    hooked: tuple[str, str],
    orders: pyairtable.Table,
    webhook_receiver: WebhookReceiver,
) -> None:
    for number in range(3):
        orders.create({"Order number": f"{number}"})
    call(started, worker)
    (request,) = webhook_receiver.requests
    header = request.headers["X-Airtable-Content-MAC"]
    found = WebhookNotification.from_request(request.body.decode(), header, hooked[1])
    assert (found.base.id, found.webhook.id) == ("shop", hooked[0])
    with pytest.raises(ValueError, match="MAC"):
        WebhookNotification.from_request(request.body.decode() + " ", header, hooked[1])
    hook = started.api().base("shop").webhook(hooked[0])
    assert hook.last_successful_notification_time is not None
    assert hook.last_notification_result is not None
    assert hook.last_notification_result.success
    call(started, worker)
    assert len(webhook_receiver.requests) == 1
    orders.create({"Order number": "4"})
    call(started, worker)
    assert len(webhook_receiver.requests) == 2


def test_a_failed_call_is_tried_again_and_a_receiver_that_is_gone_is_called_no_more(
    started: Started,
    worker: Worker,
    hooked: tuple[str, str],
    orders: pyairtable.Table,
    webhook_receiver: WebhookReceiver,
) -> None:
    base = started.api().base("shop")
    webhook_receiver.answers.append(Answer(500))
    orders.create({"Order number": "1"})
    call(started, worker)
    result = base.webhook(hooked[0]).last_notification_result
    assert result is not None
    assert (result.success, result.will_be_retried) == (False, True)
    now = datetime.now(UTC)
    worker.clock = lambda: now + timedelta(minutes=10)
    webhook_receiver.answers.append(Answer(410))
    call(started, worker)
    assert len(webhook_receiver.requests) == 2
    hook = base.webhook(hooked[0])
    assert not hook.are_notifications_enabled
    orders.create({"Order number": "2"})
    call(started, worker)
    assert len(webhook_receiver.requests) == 2
    assert [one.cursor for one in told(hook)] == [1, 2]


def test_payloads_and_hooks_are_kept_for_seven_days(make: Make, orders: pyairtable.Table, started: Started) -> None:
    hook = make()
    orders.create({"Order number": "1"})
    workspace = started.installation.stores.workspace(started.installation.membership.id)
    for days, payloads in ((6, 1), (8, 0)):
        forget(workspace, days)
        assert len(told(hook)) == payloads
    orders.create({"Order number": "2"})
    forget(workspace, 15)
    assert started.api().base("shop").webhooks() == []
    orders.create({"Order number": "3"})
    assert refused(lambda: told(hook))[0] == 404


def forget(workspace: Workspace, days: int) -> None:
    """What the worker does so many days later."""
    with workspace.write(ENGINE) as session:
        session.now += timedelta(days=days)
        retention.purge(session, retention.Keep(None, None, None))


def test_only_who_may_build_is_told(make: Make, started: Started, client: pyairtable.Api) -> None:
    hook = make()
    member = started.api(started.add_person("Bo")).base("shop")
    assert refused(member.webhooks)[0] == 403
    assert refused(member.add_webhook, ANYWHERE, EVERYTHING)[0] == 403
    assert refused(member.api.get, f"{member.urls.webhooks}/{hook.id}/payloads")[0] == 403
    base = client.base("shop")
    for wrong in ("http://127.0.0.1/", "nonsense", "https://10.0.0.1/"):
        assert refused(base.add_webhook, wrong, EVERYTHING)[0] == 422, wrong
    post = client.post
    url = base.urls.webhooks
    wrong_ones: tuple[Any, ...] = (
        None, {}, {"options": {}}, {"options": {"filters": {}}}, {"options": {"filters": {"dataTypes": ["x"]}}},
        {"options": {"filters": {"dataTypes": ["tableData"], "recordChangeScope": "nothing"}}},
        {"options": {"filters": {"dataTypes": ["tableData"], "watchDataInFieldIds": ["nothing"]}}},
    )  # fmt: skip
    for spec in wrong_ones:
        assert refused(post, url, json={"specification": spec})[0] == 422, spec
    assert refused(post, f"{url}/achNothing/refresh")[0] == 404
