"""Imports of whom roles limit: what the preview counts is what is then done, and it tells of nothing that is hidden."""

from __future__ import annotations

import io
from typing import Any

import pytest

from engine import imports
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, AS_REP, REP, app

FILE = "name,owner,level,claimed\nMine,rep@example.com,,\nTheirs,ana@example.com,,\nNobody,,,yes\n"


def counted(
    shop: Shop, content: str, match: list[str] | None = None
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """What the preview of the rep's file counts, what the import then does, and what the preview said of lines."""
    with shop.workspace.write(AS_REP) as session:
        held = imports.start(session, io.BytesIO(content.encode()), "accounts.csv", "crm.accounts")
        mapping = {**imports.propose(session, held.id).mapping, "match": match or []}
        imports.choose(session, held.id, mapping)
    preview = imports.count_lines(shop.workspace, AS_REP, held.id)
    with shop.workspace.read(AS_REP) as session:
        said = [(one.line, one.field, str(one.says)) for one in imports.lines(session, held.id)]
    done = imports.carry_out(shop.workspace, AS_REP, held.id)
    return dict(preview.counts or {}), dict(done.counts or {}), said


def test_lines_that_the_role_may_not_write_are_counted_as_refused(shop: Shop) -> None:
    preview, done, said = counted(shop, FILE)
    assert (preview["new"], preview["refused"]) == (1, 2)
    assert (done["new"], done["refused"]) == (1, 2)
    assert said == [(line, "", "Your role does not let you create a record like this.") for line in (3, 4)]
    assert shop.names("accounts", AS_REP) == ["Mine"]


def test_a_change_into_what_the_role_may_not_is_counted_as_refused(shop: Shop) -> None:
    shop.create("accounts", {"name": "Mine", "owner": REP}, {"name": "Other", "owner": REP})
    content = "name,owner\nMine,ana@example.com\nOther,rep@example.com\n"
    preview, done, said = counted(shop, content, ["name"])
    assert (preview["changed"], preview["same"], preview["refused"]) == (0, 1, 1)
    assert (done["changed"], done["same"], done["refused"]) == (0, 1, 1)
    assert said == [(2, "", "Your role does not let you change the record into this.")]


def test_the_table_s_own_checks_count_though_they_are_not_seen(shop: Shop) -> None:
    changed = app()
    changed["tables"]["accounts"]["checks"] = {"known": {"holds": "{level} = 'a'", "message": "Choose A."}}
    shop.install(changed)
    preview, done, said = counted(shop, "name\nMine\n")
    assert (preview["refused"], done["refused"]) == (1, 1)
    assert said == [(2, "", "Choose A.")]


@pytest.mark.parametrize("hidden", [0, 2])
def test_hidden_records_change_nothing_that_is_told(shop: Shop, hidden: int) -> None:
    shop.create("accounts", *({"name": "Mine", "owner": ANA, "credit": 7} for _number in range(hidden)))
    preview, _done, said = counted(shop, "name\nMine\n", ["name"])
    assert (preview["new"], preview["changed"], said) == (1, 0, [])
