"""A file brought into a table: columns, preview, the run, undo; each step by its own page."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import datetime
from typing import Any

import xlsxwriter
from httpx2 import Response

from engine import records
from engine.queries import Query
from tests.web import shop
from tests.web.acts.conftest import Acts, joined
from tests.web.pages.conftest import Work, text_of

DEALS = "title,customer,state,amount,close\nAlpha,Customer 001,won,10,2026-01-31\nBeta,Customer 01,open,20,31.1.2026\n"


def bring(work: Work, text: str | bytes, table: str = shop.DEALS, name: str = "deals.csv") -> Response:
    """Send a file; where that leads."""
    data = {"form_token": work.visitor.token("/account"), "table": table}
    files = {"file": (name, text if isinstance(text, bytes) else text.encode(), "text/csv")}
    return work.visitor.post(f"{work.at}/imports", data=data, files=files)


def columns_of(answer: Response) -> dict[str, list[str]]:
    """What the form of the columns holds."""
    form = answer.text.partition("data-keeps>")[2].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if given.get("name") not in (None, "form_token") and (given.get("type") != "checkbox" or " checked" in tag):
            found.setdefault(given["name"], []).append(html.unescape(given.get("value", "")))
    for name, options in re.findall(r'<select\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options) or re.findall(
            r'<option value="([^"]*)"', options
        )
        found.setdefault(name, []).append(html.unescape(chosen[0]))
    return found


def step(answer: Response) -> str:
    """The address of an import below the workspace, without its step."""
    return re.sub(r"^/w/\w+|/(columns|preview)$", "", answer.url.path)


def count(acts: Acts, brought: Response, **changed: Any) -> Response:
    """Keep the mapping that the page proposes, but for `changed`, and look at the preview."""
    fields = columns_of(brought) | changed
    answer = acts.post(f"{step(brought)}/columns", **fields)
    return acts.settled(f"{step(brought)}/preview") if answer.status_code == 200 else answer


def carry_out(acts: Acts, brought: Response) -> Response:
    acts.post(f"{step(brought)}/runs")
    return acts.settled(step(brought))


def titles(acts: Acts) -> list[str]:
    return [one.values["title"] for one in acts.deals()]


def counts(answer: Response) -> list[str]:
    """new, changed, the same, refused."""
    return re.findall(r'<strong class="figures">([\d,]+)</strong>', answer.text)


def test_the_first_step_asks_for_a_file_and_a_table(acts: Acts) -> None:
    answer = acts.get("/imports/new?table=shop.deals")
    assert "Import into Deals" in text_of(answer)
    assert '<option value="shop.deals" selected>' in answer.text
    refused = acts.post("/imports", table="shop.deals")
    assert refused.status_code == 422
    assert "Choose a file first." in text_of(refused)
    picture = bring(acts, b"\x89PNG\r\n", name="a.png")
    assert picture.status_code == 422
    assert "is no file that can be imported" in text_of(picture)


def test_columns_are_proposed_with_their_reason(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    fields = columns_of(brought)
    assert [fields[f"{number}.field"] for number in range(5)] == [
        ["title"],
        ["customer"],
        ["state"],
        ["amount"],
        ["close"],
    ]
    text = text_of(brought)
    assert "2 lines with content" in text
    assert "the same key" in text
    assert "utf-8, comma" in text
    assert "Alpha · Beta" in text


def test_a_file_goes_all_the_way_and_back(acts: Acts) -> None:
    before = titles(acts)
    brought = bring(acts, DEALS)
    preview = count(acts, brought)
    assert counts(preview) == ["1", "0", "0", "1"]
    assert "No record of Customers is called Customer 01." in text_of(preview)
    assert titles(acts) == before
    done = carry_out(acts, brought)
    assert "1 record is imported." in text_of(done)
    assert titles(acts) == sorted([*before, "Alpha"])
    assert acts.runs() == [], "automations stay quiet unless asked for"
    acts.post(f"{step(brought)}/undo")
    undone = acts.settled(step(brought))
    assert "All of it was taken back" in text_of(undone)
    assert titles(acts) == before
    assert "Undone" in text_of(acts.get("/imports"))


def test_a_sheet_of_a_workbook_is_chosen_and_goes_all_the_way(acts: Acts) -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.add_worksheet("Notes").write_row(0, 0, ["Nothing", "here"])
        sheet = book.add_worksheet("Deals")
        sheet.write_row(0, 0, ["Title", "Amount", "Close"])
        sheet.write_row(4, 0, ["Alpha", 1234.5])
        sheet.write_datetime(4, 2, datetime.fromisoformat("2026-03-31"), book.add_format({"num_format": "d.m.yy"}))
        sheet.write_row(6, 0, ["Beta", "#N/A!"])
    assert ".xlsx" in acts.get("/imports/new").text
    brought = bring(acts, made.getvalue(), name="deals.xlsx")
    assert "Nothing" in text_of(brought)
    address = step(brought)
    acts.post(f"{address}/reading", sheet="Deals")
    again = acts.get(f"{address}/columns")
    assert '<option value="Deals" selected>' in again.text
    preview = count(acts, again)
    assert counts(preview) == ["1", "0", "0", "1"]
    assert 'filename="refused-deals.csv"' in acts.get(f"{address}/refused.csv").headers["content-disposition"]
    (refused,) = csv.DictReader(io.StringIO(acts.get(f"{address}/refused.csv").text.removeprefix("\ufeff")))
    assert (refused["Title"], refused["Line"]) == ("Beta", "7")
    carry_out(acts, again)
    (alpha,) = [one for one in acts.deals() if one.values["title"] == "Alpha"]
    assert (alpha.values["amount"], alpha.values["close"]) == (1234.5, "2026-03-31")


def test_unknown_names_are_given_a_meaning(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    preview = count(acts, brought)
    assert 'value="Customer 001" list="names-0"' in preview.text
    acts.post(f"{step(brought)}/names", **{"0.name": "Customer 01", "0.means": "Customer 001", "0.unknown": "refuse"})
    again = acts.settled(f"{step(brought)}/preview")
    assert counts(again) == ["2", "0", "0", "0"]


def test_unknown_names_are_created_or_left_empty(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    count(acts, brought)
    acts.post(f"{step(brought)}/names", **{"0.name": "Customer 01", "0.means": "", "0.unknown": "create"})
    again = acts.settled(f"{step(brought)}/preview")
    assert counts(again) == ["2", "0", "0", "0"]
    assert "1 record made in Customers" in text_of(again)
    empty = count(acts, brought, **{"1.unknown": "empty"})
    assert counts(empty) == ["2", "0", "0", "0"]
    assert "1 line taken with something left empty" in text_of(empty)


def test_refused_lines_are_downloaded_to_be_mended(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    count(acts, brought)
    carry_out(acts, brought)
    answer = acts.get(f"{step(brought)}/refused.csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="refused-deals.csv";')
    head, line = csv.reader(io.StringIO(answer.text.lstrip("\ufeff")))
    assert head[-2:] == ["Line", "Reason"]
    assert line[0] == "Beta"
    assert line[-2] == "3"


def test_wrong_mappings_are_told_at_their_column_and_keep_the_choices(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    answer = count(acts, brought, **{"1.field": ["title"], "automations": ["no", "yes"]})
    assert answer.status_code == 422
    assert "customer and title go into the same field." in text_of(answer)
    kept = columns_of(answer)
    assert kept["1.field"] == ["title"]
    assert kept["automations"] == ["no", "yes"]
    nothing = count(acts, brought, **{f"{number}.field": [""] for number in range(5)})
    assert "No column goes anywhere." in text_of(nothing)


def test_the_way_numbers_and_days_are_written_can_be_changed(acts: Acts) -> None:
    brought = bring(acts, "title,amount,close\nAlpha,1.500,02/03/2026\n")
    fields = columns_of(brought)
    german = json.dumps(json.loads(fields["1.reading"][0]) | {"decimal": ",", "thousands": "."}, sort_keys=True)
    american = json.dumps({"as": "date", "order": "mdy"}, sort_keys=True)
    count(acts, brought, **{"1.reading": [german], "2.reading": [american]})
    carry_out(acts, brought)
    (made,) = [one for one in acts.deals() if one.values["title"] == "Alpha"]
    assert (made.values["amount"], made.values["close"]) == (1500, "2026-02-03")


def test_a_file_can_be_read_differently(acts: Acts) -> None:
    brought = bring(acts, "title,notes\nÄrger,süß\n".encode("cp1252"))
    acts.post(f"{step(brought)}/reading", encoding="windows-1251", delimiter=",")
    assert "Ärger" not in acts.get(f"{step(brought)}/columns").text
    again = acts.post(f"{step(brought)}/reading", encoding="windows-1252", delimiter=",")
    assert "Ärger" in again.text
    assert "windows-1252, comma" in text_of(again)
    assert acts.post(f"{step(brought)}/reading", encoding="nonsense").status_code == 422


def test_records_that_are_there_are_found_and_updated(acts: Acts) -> None:
    brought = bring(acts, "name,city\nCustomer 001,Bern\nNobody,Rome\n", shop.CUSTOMERS)
    assert columns_of(brought)["match"] == ["name"]
    assert counts(count(acts, brought)) == ["1", "1", "0", "0"]
    carry_out(acts, brought)
    with acts.store.read(shop.principal(acts.who)) as session:
        found = records.find(session, Query(shop.CUSTOMERS, sort=["name"])).records
    assert [(one.values["name"], one.values["city"]) for one in found] == [("Customer 001", "Bern"), ("Nobody", "Rome")]


def test_a_column_becomes_a_new_field(acts: Acts) -> None:
    brought = bring(acts, "title,Weight in kg\nAlpha,1.5\nBeta,2\n")
    preview = count(acts, brought, **{"1.field": ["+"], "1.label": ["Weight"], "1.type": ["number"]})
    assert counts(preview) == ["2", "0", "0", "0"]
    carry_out(acts, brought)
    field = acts.document()["tables"]["deals"]["fields"]["weight_in_kg"]
    assert (field["type"], field["label"]) == ("number", "Weight")
    assert [one.values["weight_in_kg"] for one in acts.deals() if one.values["title"] in ("Alpha", "Beta")] == [1.5, 2]


def test_a_file_becomes_a_table_of_a_new_app(acts: Acts) -> None:
    brought = bring(acts, "Name,Opened\nBern,2026-01-31\nRome,2026-02-01\n", "", "Our branches.csv")
    fields = columns_of(brought)
    assert fields["new.label"] == ["Our branches"]
    assert (fields["0.type"], fields["1.type"]) == (["text"], ["date"])
    preview = count(acts, brought, **{"new.label": ["Branches"]})
    assert counts(preview) == ["2", "0", "0", "0"]
    done = carry_out(acts, brought)
    assert "2 records are imported." in text_of(done)
    assert f"{acts.at}/apps/branches/branches" in done.text
    acts.post(f"{step(brought)}/undo")
    acts.settled(step(brought))
    assert acts.get("/apps/branches").status_code == 404


def test_a_file_becomes_a_table_of_an_app_that_is_there(acts: Acts) -> None:
    brought = bring(acts, "Name,Town\nA,Bern\n", "", "tags.csv")
    count(acts, brought, **{"new.app": ["shop"], "new.title": ["town"]})
    carry_out(acts, brought)
    made = acts.document()["tables"]["tags_2"]
    assert (made["label"], made["title"]) == ("Tags", "town")


def test_automations_run_when_asked_for(acts: Acts) -> None:
    brought = bring(acts, "title,customer,state,amount\nAlpha,Customer 001,won,100\n")
    count(acts, brought, automations=["no", "yes"])
    carry_out(acts, brought)
    assert len(acts.runs()) == 1


def test_pages_lead_to_the_step_at_hand(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    here = step(brought)
    assert acts.get(here).url.path.endswith("/columns")
    assert acts.get(f"{here}/preview").url.path.endswith("/columns")
    count(acts, brought)
    assert acts.get(here).url.path.endswith("/preview")
    carry_out(acts, brought)
    assert acts.get(here).url.path == acts.at + here
    assert acts.get(f"{here}/columns").url.path == acts.at + here
    assert acts.post(f"{here}/columns", table=shop.DEALS).status_code in (409, 422)


def test_imports_are_seen_by_their_owner_and_builders(acts: Acts, member: Work) -> None:
    mine = bring(member, DEALS)
    assert mine.status_code == 200
    here = step(mine)
    assert acts.get(f"{here}/columns").status_code == 200
    theirs = step(bring(acts, DEALS))
    for path in (theirs, f"{theirs}/columns", f"{theirs}/preview", f"{theirs}/refused.csv"):
        assert member.get(path).status_code == 404
    assert member.post(f"{theirs}/runs").status_code == 404
    assert bring(member, DEALS, "").status_code == 403
    assert bring(joined(acts, "guest"), DEALS).status_code == 403


def test_an_empty_list_invites(acts: Acts) -> None:
    assert "Bring your own data" in text_of(acts.get("/imports"))


def test_cells_are_shown_as_text(acts: Acts) -> None:
    brought = bring(acts, "title,<b>x</b>\n<script>alert(1)</script>,\"=cmd|' /C calc'!A0\"\n")
    assert "<script>alert" not in brought.text
    assert "<b>x</b>" not in brought.text


def test_an_import_is_discarded_before_it_is_carried_out(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    assert "Discard" in text_of(brought)
    gone = acts.post(f"{step(brought)}/deletion")
    assert "Discarded" in gone.text
    assert acts.get(step(brought)).status_code == 404


def test_what_is_done_is_neither_cancelled_nor_discarded(acts: Acts) -> None:
    brought = bring(acts, DEALS)
    count(acts, brought)
    carry_out(acts, brought)
    assert acts.post(f"{step(brought)}/cancellation").status_code == 409
    assert acts.post(f"{step(brought)}/deletion").status_code == 409


def test_a_mapping_is_kept_and_chosen_for_the_next_file(acts: Acts) -> None:
    first = bring(acts, "Deal;When\nAlpha;01.02.26\n")
    count(acts, first, **{"0.field": "title", "1.field": "close", "match": "title"})
    carry_out(acts, first)
    nameless = acts.post(f"{step(first)}/kept-mapping", name=" ")
    assert nameless.status_code == 422
    assert "Give the mapping a name" in text_of(nameless)
    kept = acts.post(f"{step(first)}/kept-mapping", name="Monthly")
    assert "Choose it when such a file comes again." in text_of(kept)
    assert "Monthly" in text_of(acts.get("/imports"))

    second = bring(acts, "Deal;When\nAlpha;03.02.26\nBeta;04.02.26\n")
    (mapping,) = re.findall(r'<option value="(map\w+)">Monthly<', second.text)
    filled = acts.post(f"{step(second)}/mapping", mapping=mapping)
    fields = columns_of(filled)
    assert (fields["0.field"], fields["1.field"], fields["match"]) == (["title"], ["close"], ["title"])
    assert '"order": "dmy"' in fields["1.reading"][0]
    assert counts(count(acts, filled)) == ["1", "1", "0", "0"]
    carry_out(acts, second)
    assert {one.values["title"]: one.values["close"] for one in acts.deals()}["Alpha"] == "2026-02-03"

    other = bring(acts, "Deal;Until\nGamma;05.02.26\n")
    unfit = acts.post(f"{step(other)}/mapping", mapping=mapping)
    assert unfit.status_code == 422
    assert "The file has no column When." in text_of(unfit)

    assert "Name of the mapping" in text_of(acts.get(f"/imports/mappings/{mapping}"))
    unnamed = acts.post(f"/imports/mappings/{mapping}", name=" ")
    assert unnamed.status_code == 422
    assert "Give the mapping a name" in text_of(unnamed)
    assert "is called Weekly now" in text_of(acts.post(f"/imports/mappings/{mapping}", name="Weekly"))
    forgotten = acts.post(f"/imports/mappings/{mapping}/deletion")
    assert "The mapping Weekly is forgotten" in text_of(forgotten)
    assert f"/imports/mappings/{mapping}/restoration" in forgotten.text
    assert "Weekly" not in text_of(acts.get("/imports"))
    assert "The mapping Weekly is back" in text_of(acts.post(f"/imports/mappings/{mapping}/restoration"))
    assert "Weekly" in text_of(acts.get("/imports"))


def test_what_was_changed_here_is_kept_unless_the_file_shall_win(acts: Acts) -> None:
    first = bring(acts, "title,amount\nAlpha,10\n")
    count(acts, first, match="title")
    carry_out(acts, first)
    (alpha,) = [one for one in acts.deals() if one.values["title"] == "Alpha"]
    with acts.store.write(shop.principal(acts.who)) as session:
        records.update(session, shop.DEALS, {alpha.id: {"amount": 11}})
    again = bring(acts, "title,amount\nAlpha,12\n")
    preview = count(acts, again, match="title")
    assert counts(preview) == ["0", "0", "0", "1", "0"]
    assert "Changed here since the last import" in text_of(preview)
    assert "There is nothing to import" in text_of(preview)
    acts.post(f"{step(again)}/conflicts", conflicts="overwrite")
    preview = acts.settled(f"{step(again)}/preview")
    assert "Import 1 record" in text_of(preview)
    assert "These were overwritten by the file." in text_of(carry_out(acts, again))
    assert {one.values["title"]: one.values["amount"] for one in acts.deals()}["Alpha"] == 12
