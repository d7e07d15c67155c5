"""Comments as pyairtable reads and writes them."""

from __future__ import annotations

import pyairtable

from tests.web.api.clients.conftest import Started, refused


def test_comments_are_made_read_changed_and_deleted(orders: pyairtable.Table, started: Started) -> None:
    record = orders.create({"Order number": "1"})["id"]
    bo = started.add_person("Bo")
    first = orders.add_comment(record, f"Look, @[{bo.id}]!")
    assert (first.text, first.author.name, first.last_updated_time) == (f"Look, @[{bo.id}]!", "Ada", None)
    assert {key: one.display_name for key, one in first.mentioned.items()} == {bo.id: "Bo"}
    answer = orders.add_comment(record, "Yes?")
    first.text = "Never mind"
    first.save()
    assert first.last_updated_time is not None
    assert first.mentioned == {}
    assert [one.text for one in orders.comments(record)] == ["Yes?", "Never mind"]
    answer.delete()
    assert answer.deleted
    assert [one.id for one in orders.comments(record)] == [first.id]
    (found,) = orders.all(count_comments=True)
    assert found["commentCount"] == 1
    assert orders.get(record, count_comments=True)["commentCount"] == 1
    assert "commentCount" not in orders.get(record)


def test_more_than_a_page_of_comments(orders: pyairtable.Table) -> None:
    record = orders.create({"Order number": "1"})["id"]
    for number in range(103):
        orders.add_comment(record, f"{number}")
    assert [one.text for one in orders.comments(record)] == [f"{number}" for number in reversed(range(103))]


def test_an_answer_to_a_comment(orders: pyairtable.Table, client: pyairtable.Api) -> None:
    record = orders.create({"Order number": "1"})["id"]
    first = orders.add_comment(record, "Well?")
    client.post(orders.urls.record_comments(record), json={"text": "Well!", "parentCommentId": first.id})
    assert [one.parent_comment_id for one in orders.comments(record)] == [first.id, None]


def test_others_comments_are_left_alone(orders: pyairtable.Table, started: Started) -> None:
    record = orders.create({"Order number": "1"})["id"]
    mine = orders.add_comment(record, "Mine")
    (seen,) = started.api(started.add_person("Bo")).table("shop", "orders").comments(record)
    seen.text = "Not yours"
    for act in (seen.save, seen.delete):
        assert refused(act) == (403, "INVALID_PERMISSIONS")
    assert [one.text for one in orders.comments(record)] == ["Mine"]
    guest = started.api(started.add_person("Gil", "guest")).table("shop", "orders")
    assert [one.id for one in guest.comments(record)] == [mine.id]
    assert refused(guest.add_comment, record, "Me too")[0] == 403
    assert refused(orders.comments, "rec00000000000000") == (404, "MODEL_ID_NOT_FOUND")
    assert refused(orders.comments, "nonsense") == (404, "NOT_FOUND")
    assert refused(orders.add_comment, record, " ")[0] == 422
