"""What is imported happened elsewhere and long ago: it sets nothing off unless somebody wants that."""

from __future__ import annotations

import io

import pytest

from engine import imports
from tests.support.house import OWNER, House

AUTOMATIONS = {
    "greet": {
        "trigger": {"type": "record_created", "table": "deals"},
        "steps": {"note": {"action": "update_record", "values": {"note": "hello"}}},
    },
    "big": {
        "trigger": {
            "type": "record_matches",
            "table": "deals",
            "where": {"field": "amount", "op": "at_least", "value": 10},
        },
        "steps": {"note": {"action": "update_record", "values": {"note": "big"}}},
    },
}


def bring(house: House, content: str, *, automations: bool) -> None:
    with house.workspace.write(OWNER) as session:
        held = imports.start(session, io.BytesIO(content.encode()), "deals.csv", "crm.deals")
        mapping = imports.propose(session, held.id).mapping | {"automations": automations}
        imports.choose(session, held.id, mapping)
    imports.carry_out(house.workspace, OWNER, held.id)


@pytest.mark.parametrize("automations", [False, True])
def test_automations_run_if_wanted(house: House, automations: bool) -> None:
    house.install(AUTOMATIONS)
    bring(house, "title,amount\nSmall,5\nLarge,50\n", automations=automations)
    assert sorted(run.automation for run in house.runs()) == (
        ["crm.big", "crm.greet", "crm.greet"] if automations else []
    )


def test_what_an_import_made_true_does_not_begin_later(house: House) -> None:
    house.install(AUTOMATIONS)
    bring(house, "title,amount\nLarge,50\n", automations=False)
    house.update("deals", house.all("deals")[0]["id"], title="Larger")
    assert house.runs() == []
