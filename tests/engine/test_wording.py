"""Expressions with the words that people see."""

from __future__ import annotations

import pytest

from engine.access.principals import Principal
from engine.storage.stores import Workspace
from engine.wording import Wording
from tests.support.workspaces import install

TABLES = {
    "regions": {"title": "name", "fields": {"name": {"type": "text"}, "boss": {"type": "user", "label": "Manager"}}},
    "leads": {
        "title": "name",
        "fields": {
            "name": {"type": "text", "label": {"en": "Name", "zh": "名称"}},
            "region": {"type": "link", "to": "regions", "label": "Region"},
            "owner": {"type": "user"},
        },
    },
}
SETTINGS = {"box": {"type": "text", "label": "Mail leads to", "value": ""}}


@pytest.fixture
def wording(workspace: Workspace, owner: Principal) -> Wording:
    install(workspace, owner, TABLES, settings=SETTINGS)
    with workspace.read(owner) as session:
        layout = session.layout
    return Wording(layout, layout.apps["shop"], layout.table("shop.leads"), "en")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("plain text", "plain text"),
        ("={owner}", "Owner"),
        ("={region.boss}", "Region › Manager"),
        ("={previous.owner}", "Owner"),
        ("={settings.box}", "“Mail leads to”"),
        ("=IF({owner}, {owner}, {region.boss})", "Owner / Region › Manager"),
        ("={nothing.there}", "nothing.there"),
        ("=NOW()", "NOW()"),
        ("=(((", "((("),
    ],
)
def test_a_value_in_a_sentence(wording: Wording, written: str, said: str) -> None:
    assert wording.value(written) == said


def test_a_formula_keeps_its_shape(wording: Wording) -> None:
    assert wording.formula("=IF({region.boss}, {steps.a.id}, 'x')") == "IF({Region.Manager}, {steps.a.id}, 'x')"
    assert wording.formula("= {owner} &") == " {Owner} &"
    assert wording.formula('= "unclosed') == ' "unclosed'


def test_a_message_has_labels_in_its_placeholders(wording: Wording) -> None:
    message = "New: {{ name }} of {{ region.boss }}, {{ UPPER({name}) }}, {{ nothing }} {name}"
    assert (
        wording.message(message) == "New: {{ Name }} of {{ Region.Manager }}, {{ UPPER({Name}) }}, {{ nothing }} {name}"
    )
