from __future__ import annotations

import json
import re

import pytest

from engine.cli.naming import listed
from engine.cli.printing import aligned, width
from tests.engine.cli.conftest import CommandLine


@pytest.fixture
def filled(formwork: CommandLine) -> CommandLine:
    customers = [{"name": "Acme"}, {"name": "Bolt"}, {"name": "客户"}]
    ids = formwork.json("record create customers --file -", stdin=json.dumps(customers))["ids"]
    orders = [
        {
            "number": f"{number}",
            "customer": ids[number % 2],
            "amount": number * 10,
            "status": ("open", "paid")[number % 2],
        }
        for number in range(1, 6)
    ]
    formwork("record create shop.orders --file -", stdin=json.dumps([*orders, {"Order number": "6"}]))
    return formwork


def test_a_query_filters_sorts_and_chooses(filled: CommandLine) -> None:
    words = "query orders --where '{amount} >= 20' --sort -amount --fields number,amount,customer --limit 2"
    found = filled.json(words)
    assert [(one["number"], one["amount"]) for one in found] == [("5", 50), ("4", 40)]
    assert filled(words).splitlines() == [
        "Id                 Order number  Amount  Customer",
        "-----------------  ------------  ------  --------",
        f"{found[0]['id']}  5             $50.00  Bolt",
        f"{found[1]['id']}  4             $40.00  Acme",
    ]
    assert filled.last.complained == "There are more than these 2. --limit 0 shows all.\n"
    both = """query orders --where '{"field": "status", "op": "is", "value": "paid"}' --where '{amount} < 50' --json"""
    assert [one["number"] for one in json.loads(filled(both))] == ["1", "3"]
    assert len(filled.json("query orders --limit 0")) == 6
    assert [one["number"] for one in filled.json("query orders --search 3")] == ["3"]
    assert filled("query orders --where '{amount} > 999'") == ""
    assert filled.last.complained == "No record satisfies this.\n"


def test_totals_and_groups(filled: CommandLine) -> None:
    assert filled.json("query orders --count --where '{amount} > 10'") == {"count": 4}
    assert filled.json("query orders --sum amount,total --average amount --max amount --unique customer") == {
        "count": 6,
        "sum_amount": 150,
        "sum_total": 150,
        "average_amount": 30,
        "max_amount": 50,
        "unique_customer": 2,
    }
    groups = filled.json("query orders --group status --sum amount --average amount --sort -sum_amount")
    assert groups == [
        {"status": "paid", "count": 3, "sum_amount": 90, "average_amount": 30},
        {"status": "open", "count": 2, "sum_amount": 60, "average_amount": 30},
        {"status": None, "count": 1, "sum_amount": 0, "average_amount": None},
    ]
    spread = filled.json("query orders --total distribution:status --where '{amount} < 50'")["distribution_status"]
    assert spread == [
        {"value": "open", "count": 2, "share": 0.4},
        {"value": "paid", "count": 2, "share": 0.4},
        {"value": None, "count": 1, "share": 0.2},
    ]
    said = filled("query orders --total distribution:status --where '{amount} < 50'")
    assert "Open 2 (40%), Paid 2 (40%), (empty) 1 (20%)" in said
    assert "Paid 3 (100%)" in filled("query orders --group status --total distribution:status")
    assert "Bolt" in filled("query orders --group customer --limit 1 --sort -sum_amount --sum amount")
    each = filled.json("query customers --group each:orders --sum spent")
    assert [one["count"] for one in each] == [1] * 6
    assert "each:name" in filled.refused("query customers --group each:name", 1)[0]
    (line,) = filled.refused("query orders --group status --sort nope", 2)
    assert line == "Groups are sorted by one of status, count, not by nope."


def test_wrong_questions(filled: CommandLine) -> None:
    assert filled.refused("query nope") == ["There is no table nope. `formwork apps` lists them."]
    assert filled.refused("query shop.order") == ["There is no table shop.order. Did you mean shop.orders?"]
    assert filled.refused("query orders --fields nope,amont --sort what") == ["Orders has no field what."]
    assert filled.refused("query orders --fields nope,amont") == [
        "Orders has no field nope.",
        "Orders has no field amont. Did you mean amount?",
    ]
    (line,) = filled.refused("query orders --where '{amonut} > 1'")
    assert "Did you mean {amount}?" in line
    (line,) = filled.refused("""query orders --where '{"field": "amount", "op": "like", "value": 1}'""")
    assert line.startswith("/where/0/op: `like` does not go with this field.")


def test_a_record_is_shown_changed_and_deleted(filled: CommandLine) -> None:
    (order,) = filled.json("query orders --where '{number} = \"3\"'")
    record = order["id"]
    shown = filled(f"record get orders {record}").splitlines()
    assert "Customer      Bolt" in shown
    assert "Total         $30.00" in shown
    assert filled.json(f"record get orders {record}")["total"] == 30
    facts = filled.json(f"record update orders {record} amount=1,234.50 status=Open urgent=yes day=")
    assert facts["ids"] == [record]
    changed = filled.json(f"record get orders {record}")
    assert (changed["amount"], changed["status"], changed["urgent"]) == (1234.5, "open", True)
    assert filled(f"record update orders {record} amount=1234.5") == "It had these values already.\n"
    history = filled.json(f"record history orders {record}")
    assert [one["what"] for one in history] == ["updated", "created"]
    filled(f"undo {facts['transaction']}")
    assert filled.json(f"record get orders {record}")["amount"] == 30
    gone = filled.json(f"record delete orders {record}")
    assert filled.refused(f"record get orders {record}") == [f"There is no record {record} (any more)."]
    filled(f"undo {gone['transaction']}")
    assert filled.json(f"record get orders {record}")["amount"] == 30
    assert filled("verify") == "All computed values and links are right.\n"


def test_people_and_departments_go_by_what_they_are_called(filled: CommandLine) -> None:
    visits = {
        "title": "place",
        "fields": {"place": {"type": "text"}, "team": {"type": "department"}, "who": {"type": "users"}},
    }
    app = {"formwork": 1, "key": "visits", "label": "Visits", "version": "1.0.0", "tables": {"visits": visits}}
    filled("apply -", stdin=json.dumps(app))
    filled("department add Sales")
    (made,) = filled.json("record create visits.visits place=Paris team=sales who=ada@example.com")["ids"]
    held = filled.json(f"record get visits.visits {made}")
    assert held["team"].startswith("dep")
    assert [one[:3] for one in held["who"]] == ["usr"]
    assert filled.refused(f"record update visits.visits {made} team=Sails who=nobody@example.com") == [
        "/0/team: Team must be a department of this workspace.",
        "/0/who: Who must be a person of this workspace.",
    ]


def test_linked_records_go_by_what_they_are_called(filled: CommandLine) -> None:
    (made,) = filled.json("record create orders number=7 customer=acme")["ids"]
    acme = filled.json("query customers --where '{name} = \"Acme\"'")[0]["id"]
    assert filled.json(f"record get orders {made}")["customer"] == acme
    filled(f"record update customers {acme} name='Acme, Inc.'")
    filled(f"record update customers {acme} orders='7, 2'")
    assert [one["number"] for one in filled.json("query orders --where '{customer.name} = \"Acme, Inc.\"'")] == [
        "2",
        "7",
    ]
    filled(f"record update orders {made} customer='Acme, Inc.'")
    filled("record create orders number=7")
    assert filled.refused(f"record update customers {acme} orders=7 name=") == [
        "/0/orders: 2 are called 7. Say which by its id."
    ]
    (line,) = filled.refused("record create orders number=8 customer=Bollt")
    assert line == "/0/customer: No record of Customers is called Bollt. Did you mean Bolt?"


def test_times_are_the_workspaces_and_json_keeps_them_as_they_are(filled: CommandLine) -> None:
    (order,) = filled.json("query orders --where '{number} = \"3\"'")
    (change,) = filled.json(f"record history orders {order['id']}")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+Z", change["at"])
    line = filled(f"record history orders {order['id']}").splitlines()[2]
    assert re.match(r"[A-Z][a-z]{2} \d+, 20\d\d, \d+:\d\d:\d\d.[AP]M  Ada", line)


def test_wrong_records_and_words(filled: CommandLine) -> None:
    assert filled.refused("record create orders amount=abc quantity=x") == [
        "/0/amount: Amount must be a number, such as 1234.50.",
        "/0/quantity: Quantity must be a number, such as 1234.50.",
    ]
    assert filled.refused("record create orders amount=-1") == ["/0/amount: The amount cannot be negative."]
    assert filled.refused("record create customers name=Acme") == ["/0/name: Another record already has this Name."]
    assert filled.refused("record create orders nope=1") == ["Orders has no field nope."]
    for words in (
        "record create orders",
        "record create orders amount",
        "record create orders a=1 --file -",
        "record delete orders",
        "record update orders rec1",
        "query",
        "qurey orders",
        "query orders --nope",
        "query orders --limit many",
        "import orders",
        "import orders - --map x",
    ):
        assert len(filled.refused(words, 2)) == 1
    assert filled.refused("record create orders --file -", stdin="3")
    assert filled.refused("undo trxNope") == ["There is nothing to undo (any more)."]
    assert filled.refused("runs runNope") == ["There is no run runNope."]


def test_refusals_for_programs(filled: CommandLine) -> None:
    assert filled("record create orders amount=abc --json", 1) == ""
    error = json.loads(filled.last.complained)["error"]
    assert (error["code"], [one["at"] for one in error["problems"]]) == ("invalid_value", ["/0/amount"])


CSV = "Order number;Customer;Amount;Status\n10;Acme;12,50;Paid\n11;Nobody;13,50;Open\n12;Bolt;much;Open\n"


def test_a_file_is_brought_in_and_taken_back(filled: CommandLine) -> None:
    counts = filled.json("import orders orders.csv --dry-run", files={"orders.csv": CSV})["counts"]
    assert (counts["new"], counts["refused"]) == (1, 2)
    mapping = filled.json("import orders orders.csv --propose --map Status=", files={"orders.csv": CSV})
    assert list(mapping["columns"]) == ["Order number", "Customer", "Amount"]
    words = "import orders orders.csv --replace Amount:much=99 --unknown Customer=create"
    done = filled.json(words, files={"orders.csv": CSV})
    assert (done["counts"]["new"], done["counts"]["created"], done["state"]) == (3, {"shop.customers": 1}, "done")
    found = filled.json("query orders --where 'VALUE({number}) >= 10' --sort number")
    assert [one["amount"] for one in found] == [12.5, 13.5, 99]
    filled(f"undo {done['id']}")
    assert filled.json("query orders --count") == {"count": 6}
    assert filled.json("query customers --count") == {"count": 3}
    again = filled("import orders orders.csv --mapping m", files={"orders.csv": CSV, "m": json.dumps(mapping)})
    assert re.search(r"^refused +2$", again, re.MULTILINE)
    assert "line 4: amount: " in filled.last.complained
    assert filled.refused("import orders nope.csv") == ["The file nope.csv cannot be read: No such file or directory."]


def test_a_mapping_is_kept_and_used_for_the_next_file(filled: CommandLine) -> None:
    june, july = "No;Amount;Status\n10;5;Paid\n", "No;Amount;Status\n10;6;Paid\n11;7;Open\n"
    words = "import orders june.csv --map No=number --match number --save-mapping Monthly"
    assert filled.json(words, files={"june.csv": june})["counts"]["new"] == 1
    counts = filled.json("import orders july.csv --mapping monthly", files={"july.csv": july})["counts"]
    assert (counts["new"], counts["changed"], counts["same"], counts["conflict"]) == (1, 1, 0, 0)
    filled("record update orders " + filled.json("query orders --where '{number} = \"10\"'")[0]["id"] + " amount=9")
    assert (
        filled.json("import orders j.csv --mapping monthly --dry-run", files={"j.csv": july})["counts"]["conflict"] == 1
    )
    again = filled.json("import orders j.csv --mapping monthly --conflicts overwrite", files={"j.csv": july})
    assert again["counts"]["conflict"] == 1
    assert filled.json("query orders --where '{number} = \"10\"'")[0]["amount"] == 6
    (listed,) = filled.json("mapping list orders")
    assert (listed["name"], listed["columns"], listed["match"]) == ("Monthly", 3, ["number"])
    document = filled("mapping show orders monthly")
    filled("mapping save orders yearly -", stdin=document)
    assert filled.refused("mapping save orders yearly -", stdin='{"columns": {"a": {"field": "nope"}}}') == [
        "/columns/a/field: There is no field nope here."
    ]
    filled("mapping rename orders monthly 'Each month'")
    forgotten = filled.json("mapping delete orders 'each month'")["id"]
    filled(f"mapping restore {forgotten}")
    filled("mapping rename orders 'each month' monthly")
    filled("mapping delete orders monthly")
    assert [one["name"] for one in filled.json("mapping list")] == ["yearly"]
    assert filled.refused("mapping show orders monthly") == [
        "No mapping of this table is called monthly. There are: yearly."
    ]


def test_a_file_makes_its_own_table(filled: CommandLine) -> None:
    done = filled.json("import stock.items - --create", stdin="What,Count\nNail,100\nBolt,7\n")
    assert (done["table"], done["counts"]["new"]) == ("stock.items", 2)
    assert [one["count"] for one in filled.json("query stock.items --sort what")] == [7, 100]
    assert filled.refused("import items - --create", 2, stdin="a\n1\n")


def test_tables_of_text_are_aligned() -> None:
    text = aligned(["Name", "Count"], [["客户", 3], ["a\nb", None], ["x" * 80, True]])
    assert text.splitlines()[1] == "-" * 60 + "  -----"
    assert text.splitlines()[2] == "客户" + " " * 58 + "3"
    assert width("客户") == 4
    assert text.splitlines()[4] == "x" * 57 + "...  yes"
    assert listed(["a, b", "c"]) == ["a", "b", "c"]


def test_a_question_is_answered_by_a_file(formwork: CommandLine) -> None:
    given = [{"number": "=A1", "amount": 1}, {"number": "=A2", "amount": 2}]
    formwork("record create shop.orders --file -", stdin=json.dumps(given))
    assert formwork("query shop.orders --sort -amount --fields number,amount --format csv") == ""
    assert formwork.last.written.decode("utf-8-sig").split() == ["Order", "number,Amount", "'=A2,2", "'=A1,1"]
    formwork("query shop.orders --where '{amount} > 1' --fields amount --format jsonl --keys")
    assert json.loads(formwork.last.written)["amount"] == 2
    formwork("query shop.orders --format xlsx")
    assert formwork.last.written.startswith(b"PK")
    assert "csv, json, jsonl, xlsx" in formwork.refused("query shop.orders --format pdf")[0]
