"""What every template must do, whichever lie in the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine import access_tests, apps, catalog, forms, queries, records, totals, views
from engine.access.principals import Principal
from engine.catalog import Template
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify

TEMPLATES = catalog.templates()

every = pytest.mark.parametrize("template", TEMPLATES, ids=[one.key for one in TEMPLATES])


@every
def test_it_installs_and_each_view_and_form_opens(workspace: Workspace, owner: Principal, template: Template) -> None:
    with workspace.write(owner) as session:
        counts = catalog.install(session, template.key)
    with workspace.read(owner) as session:
        assert verify(session) == []
        for table in session.layout.apps[template.key].tables.values():
            assert queries.count(session, Query(table.address)) == counts.get(table.key, 0)
            for view in table.views.values():
                query = views.query_of(table, view)
                records.find(session, query)
                totals.totals(session, query, [(name, key) for key, name in view.options.get("totals", {}).items()])
                if view.type == "kanban":
                    assert views.stacks(session, table, view, query)
            for form in [forms.generated(table), *table.forms.values()]:
                assert forms.questions(table, form)


@every
def test_it_goes_and_comes_back(workspace: Workspace, owner: Principal, template: Template) -> None:
    with workspace.write(owner) as session:
        catalog.install(session, template.key)
    with workspace.write(owner) as session:
        apps.remove(session, template.key)
        assert template.key not in session.layout.apps
    with workspace.write(owner) as session:
        catalog.install(session, template.key, samples=False)


@every
def test_its_access_tests_hold_and_each_role_has_one(
    workspace: Workspace, owner: Principal, template: Template
) -> None:
    with workspace.write(owner) as session:
        catalog.install(session, template.key, samples=False)
    with workspace.read(owner) as session:
        outcomes = access_tests.run(session, template.key)
        roles = {role.address for role in session.layout.apps[template.key].roles.values()}
    assert [str(problem.says) for one in outcomes for problem in one.problems] == []
    assert roles == {role for one in outcomes for role in one.test.roles}


@every
def test_every_text_is_there_in_chinese(template: Template) -> None:
    missing = [at for at, label in texts(template.document, "") if not isinstance(label, dict) or "zh" not in label]
    assert not missing


def test_all_of_them_live_together(workspace: Workspace, owner: Principal) -> None:
    for template in sorted(TEMPLATES, key=lambda one: len(one.document.get("requires", {}))):
        with workspace.write(owner) as session:
            catalog.install(session, template.key)
    with workspace.read(owner) as session:
        assert verify(session) == []
        bound = session.layout.apps["orders"].document["bindings"]
        assert bound["customer"] == "crm.accounts"
        assert "orders.customers" not in session.layout.apps.tables
        outcomes = [one for app in session.layout.apps for one in access_tests.run(session, app)]
    assert [str(problem.says) for one in outcomes for problem in one.problems] == []


def texts(part: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Every text that people read, with its JSON pointer."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"values", "totals", "body", "mail"} or (key == "fields" and at.startswith("/roles/")):
                continue  # keyed by fields
            readable = key in {"label", "plural", "description", "help", "message", "subject", "submit", "thanks"}
            if readable and (isinstance(value, str) or not set(value) & {"type", "label"}):
                yield f"{at}/{key}", value
            else:
                yield from texts(value, f"{at}/{key}")
