"""Files are fetched where they are shown: masked fields where these are seen, looked-up ones, and no others."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest

from engine import files, held_files, shares
from engine.access.principals import Principal, Shared, share
from engine.errors import NotFound
from engine.files import Limits
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, APP, AS_ANA, AS_GUS, AS_REP, REP

ROOM = Limits(1000, 10_000)


def app_with_files() -> dict[str, Any]:
    changed = copy.deepcopy(APP)
    changed["tables"]["accounts"]["fields"]["papers"] = {"type": "attachment"}
    changed["tables"]["deals"]["fields"]["papers"] = {
        "type": "lookup", "through": "account", "field": "papers", "released": True,
    }  # fmt: skip
    views = {"all": {"type": "grid", "fields": ["papers"]}, "bare": {"type": "grid", "fields": ["amount"]}}
    changed["tables"]["deals"]["views"] = views
    changed["roles"]["rep"]["tables"]["accounts"]["fields"]["papers"] = "={claimed}"
    return changed


class Desk:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        shop.install(app_with_files())
        self.paper, self.other = (self.bring(name) for name in ("mine.txt", "other.txt"))
        self.mine, self.theirs = shop.create(
            "accounts",
            {"name": "Mine", "owner": REP, "papers": [self.paper]},
            {"name": "Other", "owner": ANA, "papers": [self.other]},
        )

    def bring(self, name: str) -> str:
        return files.bring(self.shop.workspace, AS_ANA, io.BytesIO(name.encode()), name, ROOM).id

    def may_fetch(self, file_id: str, asker: Principal = AS_REP) -> bool:
        with self.shop.workspace.read(asker) as session:
            try:
                return held_files.get(session, file_id).id == file_id
            except NotFound:
                return False

    def is_shared(self, file_id: str, view: str) -> bool:
        of = share("shr", Shared("crm.deals", view, "", AS_ANA))
        with self.shop.workspace.read(of) as session:
            try:
                return shares.file(session, file_id).id == file_id
            except NotFound:
                return False


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


def test_a_masked_field_gives_its_files_where_it_is_shown(desk: Desk) -> None:
    assert not desk.may_fetch(desk.paper)
    desk.shop.update("accounts", desk.mine, claimed=True)
    assert desk.shop.get("accounts", desk.mine, AS_REP)["papers"] == [desk.paper]
    assert desk.may_fetch(desk.paper)
    desk.shop.update("accounts", desk.theirs, claimed=True)
    assert not desk.may_fetch(desk.other), "the record itself is not seen"
    assert not desk.may_fetch(desk.paper, AS_GUS)
    desk.shop.update("accounts", desk.mine, claimed=False)
    assert not desk.may_fetch(desk.paper)


def test_a_released_lookup_gives_the_files_that_it_shows(desk: Desk) -> None:
    assert not desk.may_fetch(desk.other)
    (deal,) = desk.shop.create("deals", {"title": "Deal", "account": desk.theirs})
    assert desk.shop.get("deals", deal, AS_REP)["papers"] == [desk.other]
    assert desk.may_fetch(desk.other)
    desk.shop.update("accounts", desk.theirs, papers=[])
    assert not desk.may_fetch(desk.other), "what is looked up has no past"


def test_a_share_gives_what_it_looks_up_and_shows_now(desk: Desk) -> None:
    desk.shop.create("deals", {"title": "Deal", "account": desk.theirs})
    assert desk.is_shared(desk.other, "all")
    assert not desk.is_shared(desk.paper, "all")
    assert not desk.is_shared(desk.other, "bare")
    desk.shop.update("accounts", desk.theirs, papers=[])
    assert not desk.is_shared(desk.other, "all")
