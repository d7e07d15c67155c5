"""The type checker: types, what an expression depends on, and the mistakes that it finds."""

from __future__ import annotations

import pytest

from engine.formulas import FormulaError, check, parse
from engine.formulas.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    NUMBER,
    TEXT,
    USER,
    Type,
    common,
    failing,
    list_of,
    record_of,
    select_of,
)
from tests.engine.formulas.evaluating import Fields

STAGE = select_of({"open": {"label": "Open"}, "won": {"label": {"en": "Won", "zh": "赢单"}}})
SCOPE = Fields(
    {
        "amount": (NUMBER, None),
        "account": (record_of("crm.accounts", title="name"), None),
        "account.name": (TEXT, None),
        "contacts": (list_of(record_of("crm.contacts", title="name")), None),
        "contacts.name": (list_of(TEXT), None),
        "stage": (STAGE, None),
        "owner": (USER, None),
        "due": (DATE, None),
        "at": (DATE_TIME, None),
        "done": (BOOLEAN, None),
        "amounts": (list_of(NUMBER), None),
        "stages": (list_of(STAGE), None),
        "share": (failing(NUMBER), None),
        "Net. amount": (NUMBER, None),
        "created_at": (DATE_TIME, None),
    },
    labels=("Net. amount",),
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1 + 2", NUMBER),
        ('"a" & 1', TEXT),
        ("{amount} > 1", BOOLEAN),
        ("{account}", record_of("crm.accounts")),
        ("{account.name}", TEXT),
        ("account.name", TEXT),
        ("{Net. amount}", NUMBER),
        ("IF({done}, 1)", NUMBER),
        ('IF({done}, 1, "x")', TEXT),
        ("IF({done}, 1, TRUE())", NUMBER),
        ("IF({done}, {due}, {at})", DATE_TIME),
        ("IF({done}, BLANK(), {due})", DATE),
        ('SWITCH({stage}, "won", 1, 0)', NUMBER),
        ('DATEADD({due}, 1, "day")', DATE),
        ('DATEADD({due}, 1, "hour")', DATE_TIME),
        ("ARRAYUNIQUE({amounts})", list_of(NUMBER)),
        ("FIRST({contacts})", record_of("crm.contacts")),
        ("ME()", USER),
        ("TODAY()", DATE),
        ("TRUE", BOOLEAN),
        ("{amount} + 1 IN {amounts}", BOOLEAN),
        ("{stage} IN BLANK()", BOOLEAN),
    ],
)
def test_types(text: str, kind: Type) -> None:
    assert check(text, SCOPE).type == kind


def test_a_parsed_tree_can_be_checked() -> None:
    assert check(parse("1 + 1"), SCOPE).type == NUMBER


def test_what_an_expression_depends_on() -> None:
    formula = check("IF({amount} > 0, {account.name} & {amount}, CREATED_TIME())", SCOPE)
    assert formula.paths == {("amount",), ("account", "name"), ("created_at",)}
    assert not formula.uses_clock
    assert not formula.uses_me
    assert check("NOW()", SCOPE).uses_clock
    assert check("{owner} = ME()", SCOPE).uses_me


def test_a_record_is_shown_by_its_title_and_depends_on_it() -> None:
    assert check('{account} & "!"', SCOPE).paths == {("account", "name")}
    assert check('{account} = "Acme"', SCOPE).paths == {("account", "name")}
    assert check('{account} = "recA1"', SCOPE).paths == {("account",)}
    assert check("{contacts} & ''", SCOPE).paths == {("contacts", "name")}


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("{amount} * 2", False),
        ("{amount} / 2", False),
        ("{amount} / 0", True),
        ("2 / {amount}", True),
        ("IFERROR(2 / {amount}, 0)", False),
        ("ISERROR(2 / {amount})", False),
        ("{share} + 1", True),
        ("VALUE({account.name})", True),
        ("LEFT({account.name}, 2)", False),
        ("LEFT({account.name}, {amount})", True),
        ('DATEADD({due}, 7, "days")', False),
        ("IF({done}, 1 / 0, 2)", True),
        ('REGEX_MATCH({account.name}, "^a")', False),
    ],
)
def test_whether_it_may_fail_is_known_beforehand(text: str, fails: bool) -> None:
    assert check(text, SCOPE).can_fail is fails
    assert check(text, SCOPE).type.can_fail is fails


@pytest.mark.parametrize(
    ("text", "says", "part"),
    [
        ("ROUNF(1)", "There is no function ROUNF. Did you mean ROUND?", "ROUNF"),
        ("XYZZY(1)", "There is no function XYZZY.", "XYZZY"),
        ("{amont} + 1", "There is no field amont. Did you mean {amount}?", "{amont}"),
        ("LEFT()", "LEFT needs more arguments: LEFT(text, [count]).", "LEFT()"),
        ("ABS(1, 2)", "ABS takes fewer arguments: ABS(number).", "ABS(1, 2)"),
        ("NOW + 1", "NOW is a function: write NOW().", "NOW"),
        (
            "{due} * 2",
            "A number is needed here, and this is a date. DATETIME_DIFF or YEAR make a number of it.",
            "{due}",
        ),
        (
            "{amounts} + 1",
            "This is a list. Say what to do with it, such as SUM(...), MAX(...) or FIRST(...).",
            "{amounts}",
        ),
        ("-{stage}", "A number is needed here, and this is a choice.", "{stage}"),
        ("YEAR({amount})", "A date is needed here, and this is a number.", "{amount}"),
        ('{stage} = "Wn"', 'There is no choice "Wn". Did you mean "won"?', '"Wn"'),
        (
            '{stage} = "lost long ago"',
            'There is no choice "lost long ago". There are "Open", "Won".',
            '"lost long ago"',
        ),
        ('{due} > "soon"', '"soon" is no date. Write it as "2026-12-31", or use DATETIME_PARSE.', '"soon"'),
        (
            "{amount} > 'a'",
            '"a" is no number, and it is compared with one. Write a number, such as 12.5.',
            "'a'",
        ),
        (
            '"much" != {amount} * 2',
            '"much" is no number, and it is compared with one. Write a number, such as 12.5.',
            '"much"',
        ),
        (
            'SWITCH({amount}, 1, "one", "two", "2")',
            '"two" is no number, and it is compared with one. Write a number, such as 12.5.',
            '"two"',
        ),
        ("'later' <= {at}", '"later" is no date. Write it as "2026-12-31", or use DATETIME_PARSE.', "'later'"),
        ('DATEADD({due}, 1, "dais")', 'There is no "dais" here. Did you mean "days"?', '"dais"'),
        (
            "DATEADD({due}, 1, {stage})",
            'DATEADD needs its unit written out here, such as DATEADD({due}, 2, "weeks").',
            "{stage}",
        ),
        (
            'SET_TIMEZONE({at}, "Berlin")',
            'There is no time zone "Berlin". Write one like "Asia/Ho_Chi_Minh" or "Europe/London".',
            '"Berlin"',
        ),
        (
            'REGEX_MATCH({account.name}, "(a+)+")',
            "This pattern has a repeat or a choice inside a repeat. Write it without.",
            '"(a+)+"',
        ),
        (
            "{due} IN {account.name}",
            "A list is needed behind IN, and this is a text. CONTAINS looks into texts.",
            "{account.name}",
        ),
        ("{owner} IN {contacts}", "This is a person, and the list is one of something else.", "{owner}"),
        (
            "{amounts} IN {amounts}",
            "One value is needed before IN, and this is a list. Write ANY({a}, {item} IN {b}).",
            "{amounts}",
        ),
        ('"Wn" IN {stages}', 'There is no choice "Wn". Did you mean "won"?', '"Wn"'),
        ("IN({amount}, {amounts})", "IN stands between two values: item IN list.", "IN"),
        ("{amount} NOT IN {amounts}", "NOT stands before all of it. Write NOT({a} IN {b}).", "NOT"),
        ('TEXT(1, "x")', '"x" is no number format. Write one like "0.00", "#,##0" or "0%".', '"x"'),
    ],
)
def test_mistakes_say_what_to_do_and_where(text: str, says: str, part: str) -> None:
    with pytest.raises(FormulaError) as raised:
        check(text, SCOPE)
    assert raised.value.says == says
    assert text[raised.value.start : raised.value.end] == part


@pytest.mark.parametrize(
    "text",
    [
        "{amount} > '12.5'",
        "{amount} = '10%'",
        "{amount} = ''",
        "{amount} > ''",
        "{amount} = {account.name}",
        "1 = 'a'",
        "{due} >= '2026-12-31'",
        "{due} = ''",
        "{at} < {account.name}",
    ],
)
def test_a_text_that_may_be_a_number_or_a_date_is_compared_with_one(text: str) -> None:
    assert check(text, SCOPE).type == BOOLEAN


def test_all_mistakes_are_told_in_their_order() -> None:
    text = "SUMM(1) + {amont} + YEAR({amount})"
    with pytest.raises(FormulaError) as raised:
        check(text, SCOPE)
    assert [text[one.start : one.end] for one in raised.value.mistakes] == ["SUMM", "{amont}", "{amount}"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{amont} + {stage}", ["{amont}", "{stage}"]),
        ("{amont} * {dew} * {due}", ["{amont}", "{dew}", "{due}"]),
        ("ROUND({stage} - {amont}, {owner})", ["{stage}", "{amont}", "{owner}"]),
        ("LEFT({amont}, {due})", ["{amont}", "{due}"]),
        ("IF({amont} > 1, {dew}, YEAR({stage}))", ["{amont}", "{dew}", "{stage}"]),
    ],
)
def test_a_mistake_hides_no_other(text: str, parts: list[str]) -> None:
    with pytest.raises(FormulaError) as raised:
        check(text, SCOPE)
    assert [text[one.start : one.end] for one in raised.value.mistakes] == parts


def test_each_mistake_is_told_with_its_place() -> None:
    with pytest.raises(FormulaError) as raised:
        check("{amont} + {stages}", SCOPE)
    assert [str(one).rpartition(" (")[2] for one in raised.value.told()] == ["character 1)", "character 11)"]
    assert str(raised.value.told(before=1)[0]).endswith("(character 2)")


def test_too_many_operators_in_a_row_are_refused_not_crashed() -> None:
    with pytest.raises(FormulaError):
        check("=".join(["1"] * 500), SCOPE)
    check("*".join(["1"] * 40), SCOPE)


def test_the_type_that_two_share() -> None:
    assert common([NUMBER, BOOLEAN]) == NUMBER
    assert common([DATE, DATE_TIME]) == DATE_TIME
    assert common([NUMBER, TEXT]) == TEXT
    assert common([list_of(NUMBER), list_of(TEXT)]) == list_of(TEXT)
