"""Orders of a trader become tables of their own, and give the totals that are known of them; as an archive, too."""

from __future__ import annotations

import copy
import io
from pathlib import Path

from engine import apps, archives, imports, queries, totals
from engine.access.principals import Principal
from engine.files import Limits
from engine.imports import Import
from engine.queries import Query
from engine.storage.session import Session
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify

NET = "{unit_price} * {quantity} * (1 - {discount})"


def bring(workspace: Workspace, owner: Principal, file: Path) -> Import:
    """A table of the app `trade`, made from the file as it is proposed."""
    with workspace.write(owner) as session, file.open("rb") as content:
        held = imports.start(session, content, file.name)
        mapping = imports.propose(session, held.id).mapping
        mapping["new"] |= {"app": "trade", "app_label": "Trade", "table": file.stem}
        imports.choose(session, held.id, mapping)
    done = imports.carry_out(workspace, owner, held.id)
    assert done.counts is not None
    assert done.counts["refused"] == done.counts["noted"] == 0
    return done


def test_the_known_totals(
    workspace: Workspace, owner: Principal, shared_data: Path, stores: Stores, tmp_path: Path
) -> None:
    folder = shared_data / "northwind"
    counts = {name: bring(workspace, owner, folder / f"{name}.csv").counts for name in ("orders", "order_details")}
    assert {name: one["new"] for name, one in counts.items() if one} == {"orders": 830, "order_details": 2_155}
    with workspace.write(owner) as session:
        document = copy.deepcopy(dict(apps.export(session, "trade")))
        fields = document["tables"]["order_details"]["fields"]
        fields["net"] = {"type": "formula", "formula": NET}
        fields["gross"] = {"type": "formula", "formula": "{unit_price} * {quantity}"}
        apps.apply(session, document)
        assert known(session) == (1_265_793.04, 1_354_458.59, 37, 21)

    path, elsewhere = tmp_path / "trade.zip", stores.workspace("wsp00000000000002")
    with workspace.read(owner) as session, path.open("wb") as made:
        archives.pack(session, "trade", made)
    with archives.opened(path) as archive, elsewhere.write(owner) as session:
        assert archives.bring(session, archive, Limits(2**20, 2**20)).records == {"orders": 830, "order_details": 2_155}
    with elsewhere.read(owner) as session:
        assert known(session) == (1_265_793.04, 1_354_458.59, 37, 21)
        assert verify(session) == []
        again = io.BytesIO()
        archives.pack(session, "trade", again)
    assert again.getvalue() == path.read_bytes()


def known(session: Session) -> tuple[float, float, int, int]:
    """Net and gross revenue, orders shipped late, and not shipped."""
    net, gross = totals.totals(session, Query("trade.order_details"), [("sum", "net"), ("sum", "gross")])
    late = queries.count(session, Query("trade.orders", ["={shipped_date} > {required_date}"]))
    waiting = queries.count(session, Query("trade.orders", [{"field": "shipped_date", "op": "is_empty"}]))
    return round(net, 2), round(gross, 2), late, waiting
