"""Comments on records, with the people whom they mention (`@[usr...]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import comments, people
from engine.comments import Comment
from engine.errors import Problem, Refused
from engine.people import Person
from engine.storage.session import Session
from engine.text import _
from web.api.answering import Body, Endpoints, answered, answered_with_body, whole_number
from web.api.callers import Caller
from web.api.errors import ApiRefusal
from web.api.naming import table_named
from web.api.paths import name_in
from web.api.shapes import ANYTHING, DELETED, MOMENT, PAGE, TEXT, WHO, array, or_null, page_of, shape
from web.api.writing import check_id

router = Endpoints("/{app}/{table}/{record}/comments")

_MENTION = shape(id=TEXT, type={"const": "user"}, displayName=TEXT, email=TEXT)
_COMMENT = shape(
    {"parentCommentId": TEXT},
    id=TEXT, author=WHO, text=TEXT, createdTime=MOMENT, lastUpdatedTime=or_null(MOMENT),
    mentioned={"type": "object", "additionalProperties": _MENTION}, reactions=array(ANYTHING),
)  # fmt: skip
_SAID = {"text": {**TEXT, "minLength": 1, "maxLength": 10_000}}


@router.on("GET", "", page_of("comments", _COMMENT), query=PAGE)
async def list_comments(request: Request, app: str, table: str, record: str) -> Response:
    """A page of comments, the newest first: `pageSize`, `offset`."""
    return await answered(request, _list, app, name_in(table), record, dict(request.query_params))


@router.on("POST", "", _COMMENT, body=shape({"parentCommentId": TEXT}, **_SAID))
async def add_comment(request: Request, app: str, table: str, record: str) -> Response:
    """Say something about the record: `{"text", "parentCommentId"?}`."""
    return await answered_with_body(request, _add, app, name_in(table), record)


@router.on("PATCH", "/{comment}", _COMMENT, body=shape(**_SAID))
async def change_comment(request: Request, app: str, table: str, record: str, comment: str) -> Response:
    """Say something else in a comment of one's own: `{"text"}`."""
    return await answered_with_body(request, _change, app, name_in(table), record, comment)


@router.on("DELETE", "/{comment}", DELETED)
async def delete_comment(request: Request, app: str, table: str, record: str, comment: str) -> Response:
    """Take a comment away."""
    return await answered(request, _delete, app, name_in(table), record, comment)


def _list(caller: Caller, app: str, table: str, record: str, query: Mapping[str, str]) -> Any:
    size = whole_number(query, "pageSize", least=1, most=comments.PAGE) or comments.PAGE
    with caller.read() as session:
        address = table_named(session.layout, app, table).address
        page = comments.of_record(session, address, check_id(record), before=query.get("offset", ""), limit=size)
        answer: dict[str, Any] = {"comments": _objects(session, page.comments)}
    if page.next is not None:
        answer["offset"] = page.next
    return answer


def _add(caller: Caller, app: str, table: str, record: str, body: Body) -> Any:
    parent = body.get("parentCommentId")
    if parent is not None and not isinstance(parent, str):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "parentCommentId must be the id of a comment")
    with caller.write() as session:
        address = table_named(session.layout, app, table).address
        made = comments.add(session, address, check_id(record), _text_in(body), parent=parent)
        return _objects(session, [made])[0]


def _change(caller: Caller, app: str, table: str, record: str, comment: str, body: Body) -> Any:
    with caller.write() as session:
        address = table_named(session.layout, app, table).address
        changed = comments.change(session, address, check_id(record), comment, _text_in(body))
        return _objects(session, [changed])[0]


def _delete(caller: Caller, app: str, table: str, record: str, comment: str) -> Any:
    with caller.write() as session:
        address = table_named(session.layout, app, table).address
        comments.delete(session, address, check_id(record), comment)
    return {"id": comment, "deleted": True}


def _text_in(body: Body) -> str:
    text = body.get("text")
    if not isinstance(text, str):
        raise Refused([Problem("/text", _("Write something first."), "required")])
    return text


def _objects(session: Session, found: Sequence[Comment]) -> list[dict[str, Any]]:
    known = {one.id: one for one in people.everybody_ever(session)}
    return [_object(one, known) for one in found]


def _object(one: Comment, known: Mapping[str, Person]) -> dict[str, Any]:
    author = known.get(one.author)
    made: dict[str, Any] = {
        "id": one.id,
        "author": {
            "id": one.author,
            "email": author.email if author else "",
            "name": author.name if author else "",
        },
        "text": one.text,
        "createdTime": one.created_at,
        "lastUpdatedTime": one.changed_at,
        "mentioned": {
            who: {"id": who, "type": "user", "displayName": known[who].name, "email": known[who].email}
            for who in one.mentioned
            if who in known
        },
        "reactions": [],
    }
    return made if one.parent is None else {**made, "parentCommentId": one.parent}
