"""What a base becomes, as it is kept: JSON with sentences that can be said in any language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.bases.facts import Facts
from engine.bases.fetched import Fetched
from engine.bases.planning import Coming, Part, Plan
from engine.people import Person
from engine.storage.automation_tables import packed, unpacked
from engine.text import Text, _

MOST_MISSING = 100  # people who are told one by one


def told(plan: Plan, fetched: Fetched, facts: Facts, people: Collection[Person]) -> dict[str, Any]:
    """The plan as JSON."""
    progress = fetched.progress
    return {
        "document": plan.document,
        "tables": [
            _table(part, number, progress.parts[number].records, facts) for number, part in enumerate(plan.parts)
        ],
        "records": sum(one.records for one in progress.parts),
        "files": facts.files,
        "bytes": facts.bytes,
        "comments": facts.comments,
        "left": [packed(one) for one in _left(facts, people, progress.unreadable_comments)],
    }


def readable(document: Any) -> Any:
    """A plan, or what came of one, with its sentences as such."""
    if isinstance(document, list):
        return [readable(one) for one in document]
    if not isinstance(document, dict):
        return document
    found = {key: readable(one) for key, one in document.items()}
    if found.get("says"):
        found["says"] = unpacked(document["says"])
    if "left" in found:
        found["left"] = [unpacked(one) for one in document["left"]]
    return found


def _table(part: Part, number: int, records: int, facts: Facts) -> dict[str, Any]:
    return {
        "id": part.of.id,
        "key": part.key,
        "name": part.of.name,
        "there": part.there,
        "records": records,
        "fields": [_field(one, facts.filled[number, one.of.id]) for one in part.fields],
        "views": len(part.views),
        "left": [packed(one) for one in part.left],
    }


def _field(one: Coming, filled: int) -> dict[str, Any]:
    definition = one.way.definition or {}
    return {
        "id": one.of.id,
        "name": one.of.name,
        "type": one.of.type,
        "options": one.of.options if one.way.how == "frozen" else {},
        "key": one.key,
        "how": one.way.how,
        "becomes": definition.get("type", ""),
        "filled": filled,
        "says": packed(one.way.says) if one.way.says else None,
    }


def as_before(given: dict[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """A field for an app that is here: it comes as it came before; one that is new over there does not come."""
    if before is None:
        says = _("It is new over there and does not come into an app that is here.")
        return {**given, "how": "not", "becomes": "", "says": packed(says)}
    return {**given, **{name: before[name] for name in ("key", "how", "becomes", "options", "says")}}


def _left(facts: Facts, people: Collection[Person], unreadable: bool) -> Iterator[Text]:
    yield _("Automations, interfaces, extensions and who may see what do not come: the API does not tell them.")
    yield _("Filters, sorting and groups of views do not come: the API does not tell them.")
    if unreadable:
        yield _("The token may not read comments, so none come.")
    yield from _missing(facts.people, people)


def _missing(named: Mapping[tuple[str, str], int], people: Collection[Person]) -> Iterator[Text]:
    here = {one.email.casefold() for one in people if one.email} | {one.name.casefold() for one in people}
    gone = [(name or email, count) for (email, name), count in named.items() if (email or name).casefold() not in here]
    for name, count in gone[:MOST_MISSING]:
        yield _("{name} is not here: {count} fields that name them stay empty.", name=name, count=count)
    if len(gone) > MOST_MISSING:
        yield _("And {count} more people are not here.", count=len(gone) - MOST_MISSING)
