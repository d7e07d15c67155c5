"""A link to any of several tables on pages: its cells, its input, its filters, and what links to a record."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from engine import apps, records
from engine.queries import Query
from tests.web import shop
from tests.web.pages.conftest import HTMX, Browsing, Work, lines_of, text_of

TABLES: dict[str, Any] = {
    "firms": {
        "label": {"en": "Firm", "zh": "公司"},
        "plural": "Firms",
        "icon": "building",
        "title": "name",
        "fields": {"name": {"type": "text"}},
    },
    "leads": {
        "label": "Lead",
        "plural": "Leads",
        "icon": "bolt",
        "title": "name",
        "fields": {"name": {"type": "text"}},
    },
    "calls": {
        "label": "Call",
        "plural": "Calls",
        "title": "subject",
        "fields": {
            "subject": {"type": "text"},
            "about": {
                "type": "any_link",
                "label": "About",
                "to": ["firms", "leads"],
                "inverse": {"key": "calls", "label": "Calls"},
            },
            "says": {"type": "formula", "formula": '"On " & {about}'},
            "with": {
                "type": "any_link",
                "label": "With",
                "to": ["firms", "leads"],
                "many": True,
                "inverse": {"key": "joined", "label": "Joined"},
            },
        },
        "views": {
            "all": {"type": "grid", "sort": ["subject"]},
            "leads": {"type": "grid", "filter": {"field": "about", "op": "is_in_table", "value": ["leads"]}},
        },
        "forms": {"log": {"fields": ["subject", "about", "with"], "public": True}},
    },
}


def install(work: Work) -> dict[str, str]:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, {"formwork": 1, "key": "desk", "label": "Desk", "tables": TABLES})
        acme, bolt = records.create(session, "desk.firms", [{"name": "Acme"}, {"name": "Bolt"}])
        eva, max_ = records.create(session, "desk.leads", [{"name": "Eva"}, {"name": "Acme Max"}])
        first, second, third = records.create(
            session,
            "desk.calls",
            [{"subject": "First", "about": acme}, {"subject": "Second", "about": eva}, {"subject": "Third"}],
        )
    return {"acme": acme, "bolt": bolt, "eva": eva, "max": max_, "first": first, "second": second, "third": third}


@pytest.fixture
def ids(work: Work) -> dict[str, str]:
    return install(work)


def test_a_cell_shows_the_title_with_the_mark_of_its_table_and_leads_there(work: Work, ids: dict[str, str]) -> None:
    grid = work.get("/apps/desk/calls/views/all").text
    for table, key, name, label, mark in (
        ("firms", "acme", "Acme", "Firm", "building"),
        ("leads", "eva", "Eva", "Lead", "bolt"),
    ):
        chip = re.search(rf'<a class="chip" href="{work.at}/apps/desk/{table}/records/{ids[key]}".*?</a>', grid)
        assert chip
        assert f'title="{label}: {name}"' in chip[0]
        assert f'aria-label="{label}"' in chip[0]
        assert f"#{mark}" in chip[0]


def test_its_input_searches_in_all_tables_or_one_and_works_without_script(work: Work, ids: dict[str, str]) -> None:
    address = "/apps/desk/calls/choices/about"
    assert text_of(work.get(f"{address}?q=acme", **HTMX)) == "Acme Firm Acme Max Lead"
    assert text_of(work.get(f"{address}?q=acme&in=desk.leads", **HTMX)) == "Acme Max Lead Create acme"
    assert text_of(work.get(f"{address}?q=nobody", **HTMX)) == "Nothing found."
    form = work.get(f"/apps/desk/calls/records/{ids['first']}").text
    assert '<option value="desk.leads">Leads</option>' in form
    (plain, _with) = re.findall(r"<noscript>\s*<select.*?</select>", form, re.DOTALL)
    assert re.findall(r'<optgroup label="(\w+)">', plain) == ["Firms", "Leads"]
    assert f'<option value="{ids["acme"]}" selected>Acme</option>' in plain
    work.post(f"/apps/desk/calls/records/{ids['first']}", htmx="div#record-body", about=["", ids["eva"]])
    (found,) = work.find(Query("desk.calls", where=[{"field": "subject", "op": "is", "value": "First"}]))
    assert (found.values["about"], found.values["says"]) == (ids["eva"], "On Eva")
    editor = work.get(f"/apps/desk/calls/views/all/cells/{ids['first']}/about", **HTMX).text
    assert f'hx-get="{work.at}{address}"' in editor
    assert "All tables" in editor
    answer = work.post(f"/apps/desk/calls/records/{ids['first']}", htmx="div#record-body", about=ids["third"])
    assert "About leads to a record that does not exist." in text_of(answer)


def test_a_record_shows_what_links_to_it_and_begins_such_a_record(work: Work, ids: dict[str, str]) -> None:
    lead = work.get(f"/apps/desk/leads/records/{ids['eva']}").text
    (linked,) = re.findall(r'<section class="section" id="linked-calls">.*?</section>', lead, re.DOTALL)
    assert "Second" in linked
    assert "First" not in linked
    (new,) = re.findall(r'href="([^"]+/records/new[^"]*)"', linked)
    assert "Eva" in text_of(work.visitor.get(new.replace("&amp;", "&")))


def test_filters_by_record_by_table_and_by_being_empty(work: Work, ids: dict[str, str]) -> None:
    view = "/apps/desk/calls/views/all"
    assert lines_of(work.get(f"{view}?about__is_in_table=leads")) == ["Second"]
    assert lines_of(work.get(f"{view}?about__is_in_table=leads&about__is_in_table=firms")) == ["First", "Second"]
    assert lines_of(work.get(f"{view}?about__is={ids['acme']}")) == ["First"]
    assert lines_of(work.get(f"{view}?about__is_empty=")) == ["Third"]
    line = work.get(f"{view}?about__is_in_table=leads").text
    assert re.search(r'name="0.value" value="leads" checked', line)
    picker = work.get(f"{view}?about__is={ids['acme']}").text
    assert f'name="0.value" value="{ids["acme"]}"' in picker
    assert "About is in Lead" in text_of(work.get("/apps/desk/calls/views/leads"))
    assert "There is no table `x` here." in text_of(work.get(f"{view}?about__is_in_table=x"))


def test_a_formula_names_its_title_table_and_id(work: Work, ids: dict[str, str]) -> None:
    page = work.get("/apps/desk/calls/formulas/says").text
    for part in ("title", "table", "id"):
        assert f"{{About.{part}}}" in page
    work.post("/apps/desk/calls/formulas", key="says", formula='{About.title} & " (" & {About.table} & ")"')
    assert work.find(Query("desk.calls", sort=["subject"]))[0].values["says"] == "Acme (Firm)"
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        formula = session.layout.table("desk.calls").fields["says"].options["formula"]
    assert "{About.title}" in text_of(work.get("/apps/desk/calls/formulas"))
    assert formula == '{about.title} & " (" & {about.table} & ")"'


def test_a_public_form_offers_the_few_records_of_each_table(work: Work, ids: dict[str, str]) -> None:
    at = f"/f/{work.membership.id}/desk/calls/log"
    form = work.visitor.get(at).text
    about, with_ = re.findall(r"<select.*?</select>", form, re.DOTALL)
    for select in (about, with_):
        assert re.findall(r'<optgroup label="(\w+)">', select) == ["Firm", "Lead"]
        assert re.findall(r">([\w ]+)</option>", select)[-4:] == ["Acme", "Bolt", "Acme Max", "Eva"]
    assert " multiple " in with_
    sent = {"form_token": work.visitor.token(at), "subject": "Sent", "about": ids["eva"]}
    work.visitor.post(at, data={**sent, "with": ["", ids["acme"], ids["max"]]})
    (found,) = work.find(Query("desk.calls", where=[{"field": "subject", "op": "is", "value": "Sent"}]))
    assert (found.values["about"], found.values["with"]) == (ids["eva"], [ids["acme"], ids["max"]])
    assert "sees the names in About" in work.get("/apps/desk/calls/forms").text
    assert "All tables" in work.get("/apps/desk/calls/forms/log").text


def test_one_to_many_is_set_shown_and_filtered(work: Work, ids: dict[str, str]) -> None:
    record = f"/apps/desk/calls/records/{ids['first']}"
    (plain, *_rest) = re.findall(
        r'<select class="form-select" name="with" multiple.*?</select>', work.get(record).text, re.DOTALL
    )
    assert re.findall(r'<optgroup label="(\w+)">', plain) == ["Firms", "Leads"]
    work.post(record, htmx="div#record-body", **{"with": ["", ids["eva"], ids["bolt"]]})
    grid = work.get("/apps/desk/calls/views/all").text
    chips = re.findall(r'<a class="chip" href="[^"]*/(\w+)/records/\w+"[^>]*title="(\w+: \w+)"', grid)
    assert chips[1:3] == [("leads", "Lead: Eva"), ("firms", "Firm: Bolt")]
    assert re.search(r'id="linked-joined">.*First', work.get(f"/apps/desk/firms/records/{ids['bolt']}").text, re.DOTALL)
    view = "/apps/desk/calls/views/all"
    assert lines_of(work.get(f"{view}?with__contains={ids['eva']}")) == ["First"]
    assert lines_of(work.get(f"{view}?with__is_in_table=firms")) == ["First"]
    assert lines_of(work.get(f"{view}?with__count_at_least=1")) == ["First"]
    assert lines_of(work.get(f"{view}?with__is_empty=")) == ["Second", "Third"]


def test_filters_and_formulas_read_the_records_of_one_of_its_tables(work: Work, ids: dict[str, str]) -> None:
    view = "/apps/desk/calls/views/all"
    page = work.get(f"{view}?about.leads.name__contains=ev")
    assert lines_of(page) == ["Second"]
    assert "About (Lead): Name" in page.text
    work.post(
        f"/apps/desk/calls/records/{ids['third']}", htmx="div#record-body", **{"with": ["", ids["eva"], ids["bolt"]]}
    )
    asked = f"{view}?1~of=has:with.leads&1~name__contains=ev"
    assert lines_of(work.get(asked)) == ["Third"]
    assert "With (Lead): has one with" in work.get(asked).text
    assert lines_of(work.get(f"{view}?1~of=has:with.firms&1~name__contains=ev")) == []
    assert "{About.Lead.Name}" in work.get("/apps/desk/calls/formulas/says").text


def test_a_record_is_chosen_by_table_and_title_in_a_browser(browsing: Browsing) -> None:
    ids = install(browsing.work)
    page = browsing.open(f"/apps/desk/calls/records/{ids['third']}")
    field = page.locator('[data-field="about"]')
    field.locator("select").select_option("Leads")
    expect(field.locator(".found button")).to_have_text([re.compile("Acme Max"), re.compile("Eva")])
    field.locator("input[type=search]").fill("acme")
    expect(field.locator(".found button")).to_have_text([re.compile("Acme Max"), "Create acme"])
    field.locator("select").select_option("")
    expect(field.locator(".found button")).to_have_text([re.compile("Acme"), re.compile("Acme Max")])
    field.locator("input[type=search]").press("Enter")
    expect(field.locator(".chip")).to_have_text("Acme")
    expect(field.locator(".chip [role=img]")).to_have_attribute("aria-label", "Firm")
    expect(page.locator(".worked-out")).to_contain_text("On Acme")
    field.locator("select").select_option("Leads")
    field.locator("input[type=search]").fill("Zoe")
    field.locator(".found button", has_text="Create Zoe").click()
    expect(field.locator(".chip")).to_have_text("Zoe")
    expect(page.locator(".worked-out")).to_contain_text("On Zoe")
    assert browsing.complaints == []


def test_calls_are_grouped_by_what_they_are_about_and_stand_in_stacks_of_it(work: Work, ids: dict[str, str]) -> None:
    grid = text_of(work.get("/apps/desk/calls/views/all?group=about"))
    assert re.search(r"Acme .*First .*Eva .*Second .*Third", grid)
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        views = {**TABLES["calls"]["views"], "board": {"type": "kanban", "by": "about"}}
        tables = {**TABLES, "calls": {**TABLES["calls"], "views": views}}
        apps.apply(session, {"formwork": 1, "key": "desk", "label": "Desk", "tables": tables})
    board = text_of(work.get("/apps/desk/calls/views/board"))
    assert re.search(r"Acme .*First .*Eva .*Second .*No About .*Third", board)
