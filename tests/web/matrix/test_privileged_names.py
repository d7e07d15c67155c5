"""Names that would give somebody more than they have do nothing, wherever they are sent along (T-MASS-01, T-VAL-01)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from engine.storage.session import Session
from tests.web.matrix.asking import Ask, Crowd, rows_of, taken_back
from tests.web.matrix.every import every_route
from tests.web.matrix.place import Place

WRITES = ("POST", "PUT", "PATCH", "DELETE")
# Whatever is made by chance or by the clock: ids, moments, hashes, what is sealed.
BY_CHANCE = re.compile(
    r"\b[a-z]{3}[0-9A-Za-z]{14}\b|\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{12,}|\$argon2[^']+|(?<=['\"b.])[\w+/=:-]{20,}|b'[^']{20,}'"
)


def privileged(place: Place) -> dict[str, Any]:
    """Forty names, each with a value that would be worth having."""
    there, somebody = place.other.id, place.people["guest"].id
    ids = dict.fromkeys(("id", "_id", "uid", "user_id", "userId", "owner_id", "owned_by", "account_id"), somebody)
    places = dict.fromkeys(("workspace_id", "workspaceId", "tenant_id", "organization"), there)
    makers = dict.fromkeys(("created_by", "updated_by", "createdBy", "principal", "caused_by"), somebody)
    times = dict.fromkeys(
        ("created_at", "createdTime", "updated_at", "expires_at", "proved_at", "deleted_at"), "2001-01-01"
    )
    flags = dict.fromkeys(
        ("is_admin", "admin", "is_owner", "is_superuser", "is_staff", "verified", "email_verified"), "yes"
    )
    kept = {
        "password_hash": "x",
        "token_hash": "x",
        "csrf": "x",
        "seed": "x",
        "permissions": "all",
        "acts_as": "owner",
        "deleted_at": "",
    }
    odd = {"__proto__": "x", "constructor": "x", "prototype": "x", "_method": "DELETE", "_x": "x", "class": "x"}
    return {"held": "owner", "is_role": "owner", **ids, **places, **makers, **times, **flags, **kept, **odd}


@contextmanager
def kept(into: list[Counter[str]]) -> Iterator[None]:
    """What each transaction would leave behind, but for what is made by chance; nothing stays."""
    with taken_back():
        end = Session.end

        def ended(session: Session, *, keep: bool) -> None:
            if keep and session.writing:
                into.append(Counter(BY_CHANCE.sub("...", f"{table} {row}") for table, row in rows_of(session)))
            end(session, keep=keep)

        with mock.patch.object(Session, "end", ended):
            yield


def with_names(one: Ask, names: dict[str, Any]) -> Iterator[Ask]:
    """The same with the names more: wherever values stand in it."""
    if not one.is_api:
        more = {name: value for name, value in names.items() if name not in one.form}
        yield replace(one, form={**one.form, **more}, query={**one.query, **more})
    elif isinstance(one.json, dict):
        yield replace(one, json={**names, **one.json})
        yield replace(one, json=_in_fields(one.json, names))


def _in_fields(value: Any, names: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        inner = {key: _in_fields(one, names) for key, one in value.items()}
        return {**inner, "fields": {**names, **inner["fields"]}} if isinstance(inner.get("fields"), dict) else inner
    return [_in_fields(one, names) for one in value] if isinstance(value, list) else value


def test_privileged_names_do_nothing(everybody: Crowd) -> None:
    names = privileged(everybody.place)
    assert len(names) >= 40
    found, ignored = [], 0
    for one in every_route(everybody.place, *WRITES):
        plain: list[Counter[str]] = []
        with kept(plain):
            everybody.asks(one.who, one.ask)
        for sent in with_names(one.ask, names):
            changed: list[Counter[str]] = []
            with kept(changed):
                status = everybody.asks(one.who, sent).status_code
            ignored += status < 400
            if status >= 500 or (status < 400 and changed != plain):
                told = [(c - p) + (p - c) for c, p in zip(changed, plain, strict=False)]
                found.append(f"{one}: {status} {[list(each)[:3] for each in told if each]}")
    assert ignored > 80
    assert not found, "\n".join(found)
