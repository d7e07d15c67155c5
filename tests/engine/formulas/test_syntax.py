"""The parser: what it makes of texts, and what it says about those that it cannot read (T-FORM-01)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.formulas import FormulaError, parse
from engine.formulas.syntax import MAX_DEPTH, MAX_LENGTH, MAX_NODES, Call, Chain, Literal, Minus, Name


def test_a_tree_knows_where_its_nodes_stand() -> None:
    text = " SUM({a}, 2) * -x "
    chain = parse(text)
    assert isinstance(chain, Chain)
    assert text[chain.start : chain.end] == "SUM({a}, 2) * -x"
    call, ((operator, minus),) = chain.first, chain.rest
    assert operator == "*"
    assert isinstance(call, Call)
    assert text[call.start : call.name_end] == "SUM"
    assert text[call.start : call.end] == "SUM({a}, 2)"
    assert isinstance(minus, Minus)
    assert text[minus.start : minus.end] == "-x"


def test_operators_bind_by_precedence_and_from_the_left() -> None:
    tree = parse("1 + 2 * 3 & 4 = 5")
    assert isinstance(tree, Chain)
    assert [operator for operator, _node in tree.rest] == ["="]
    joined = tree.first
    assert isinstance(joined, Chain)
    assert [operator for operator, _node in joined.rest] == ["&"]
    added = joined.first
    assert isinstance(added, Chain)
    assert [operator for operator, _node in added.rest] == ["+"]
    among = parse("a & b in list = c")
    assert isinstance(among, Chain)
    assert [operator for operator, _node in among.rest] == ["IN", "="]
    flat = parse("1 - 2 + 3 - 4")
    assert isinstance(flat, Chain)
    assert [operator for operator, _node in flat.rest] == ["-", "+", "-"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.50", Decimal("1.50")),
        (".5", Decimal("0.5")),
        ("7.", Decimal(7)),
        ('"a"', "a"),
        ("'it''s'", None),
        ("'say \"x\"'", 'say "x"'),
        (r'"a\"b\\c\n\d"', 'a"b\\c\n\\d'),
        ('"e\u0301"', "é"),
    ],
)
def test_literals(text: str, value: object) -> None:
    if value is None:
        with pytest.raises(FormulaError):
            parse(text)
        return
    node = parse(text)
    assert isinstance(node, Literal)
    assert node.value == value


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{amount}", ("amount",)),
        ("{ account.name }", ("account", "name")),
        ("{Doanh thu (VND)}", ("Doanh thu (VND)",)),
        ("{a\\}b}", ("a}b",)),
        ("values", ("values",)),
        ("account.name", ("account", "name")),
        ("单价", ("单价",)),
    ],
)
def test_names(text: str, path: tuple[str, ...]) -> None:
    node = parse(text)
    assert isinstance(node, Name)
    assert node.path == path


def test_wide_parentheses_and_commas_are_read() -> None:
    assert isinstance(parse("SUM（1，2）"), Call)


@pytest.mark.parametrize(
    ("text", "says", "part"),
    [
        ("", "The formula is empty.", ""),
        ("  ", "The formula is empty.", "  "),
        ("1 +", "Something is missing at the end.", "+"),
        ("SUM(1, 2", "This ( has no closing ).", "("),
        ("SUM(1,,2)", "A value is missing before ,.", ","),
        ("SUM(1, )", "A value is missing before ).", ")"),
        ("1)", "This ) has no ( before it.", ")"),
        ("1, 2", "A comma stands only between the arguments of a function.", ","),
        ("{a} and {b}", "AND stands before all that it joins. Write AND(a, b).", "and"),
        ("1 2", "An operator is missing before 2, such as + or &.", "2"),
        ('"abc', 'This text has no closing ".', '"abc'),
        ("{abc", "This { has no closing }.", "{abc"),
        ("{ }", "Write a field's name between { and }.", "{ }"),
        ("a}", "This } has no { before it.", "}"),
        ("5 % 2", "% is no operator. For ten percent write 0.1, for the remainder MOD(a, b).", "%"),
        ("2 ^ 3", "^ is no operator. Write POWER(base, exponent).", "^"),
        ("a || b", "| is no operator. Write OR(a, b), or & to join texts.", "|"),
        ("!a", "! stands only in !=. Write NOT(a).", "!"),
        ("SUM(1; 2)", "Separate arguments by commas.", ";"),
        ("“a”", 'Put texts in straight quotes: "text".', "“"),
        ("1 == 2", "Two operators in a row. To compare, write one of = != < <= > >=.", "="),
        ("3rd", "A number ends before a letter. A field's name that begins with a digit stands in braces.", "3r"),
        ("1234567890123456", "A number has at most 15 digits.", "1234567890123456"),
        ("a @ b", "“@” does not belong here.", "@"),
    ],
)
def test_mistakes_say_what_to_do_and_where(text: str, says: str, part: str) -> None:
    with pytest.raises(FormulaError) as raised:
        parse(text)
    assert raised.value.says == says
    assert text[raised.value.start : raised.value.end] == part


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1),
        "ABS(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1),
        "+".join(["1"] * (MAX_NODES - 1)),
        "-" * 5_000 + "1",
        '"' + "x" * (MAX_LENGTH - 2) + '"',
    ],
)
def test_at_the_limit_it_is_read(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60 + "1" + ")" * 60,
        "(" * 9_999,
        "ABS(" * 2_000,
        "-(" * 3_000,
        "{a" * 3_000,
        "+".join(["1"] * (MAX_NODES + 1)),
        '"' + "x" * MAX_LENGTH + '"',
    ],
)
def test_beyond_the_limits_it_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse(text)


@given(st.text(alphabet="(){}[]\"'\\.,+-*/&=<>!%^|; abTRUE01你é\n", max_size=60))
def test_any_text_is_read_or_refused_within_its_bounds(text: str) -> None:
    try:
        parse(text)
    except FormulaError as error:
        found = error
    else:
        return
    assert 0 <= found.start <= found.end <= max(len(text), 1)
