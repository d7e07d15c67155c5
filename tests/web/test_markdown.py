"""What people write in Markdown, and what comes of what attackers write (T-HTMX-03)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.field_types import field_types
from engine.field_types.rich_text import without_html
from web.markdown import rendered
from web.qr_codes import qr_code

ATTACKS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    '[x](https://a.example "\\" onmouseover=alert(1)")',
    "<a href='javascript:alert(1)'>x</a>",
    "<div hx-get=/x hx-trigger=load>x</div>",
    "<svg><script>alert(1)</script></svg>",
    "<https://a.example/><script>",
    "`<b>`<style>*{}</style>",
    "&lt;script&gt;",
]
ALLOWED = re.compile(
    r"</?(?:blockquote|br|code|del|em|h[1-6]|hr|li|ol|p|pre|s|strong|table|tbody|td|th|thead|tr|ul)"
    r'(?: start="\d+")?>|</a>'
    r'|<a href="(?:https?|mailto|tel):[^"<>]*" target="_blank" rel="noopener noreferrer">'
)


def test_is_drawn_as_it_is_meant() -> None:
    assert rendered("# Head\n\n- **a**\n- [b](https://a.example)").replace("\n", "") == (
        '<h1>Head</h1><ul><li><strong>a</strong></li><li><a href="https://a.example" target="_blank"'
        ' rel="noopener noreferrer">b</a></li></ul>'
    )
    assert rendered("a < b & `<i>`") == "<p>a &lt; b &amp; <code>&lt;i&gt;</code></p>\n"


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs(attack: str) -> None:
    for text in (attack, without_html(attack), f"- {attack}\n> {attack}"):
        assert "<" not in ALLOWED.sub("", rendered(text))


@given(st.text(alphabet=st.sampled_from(list("<>/ab'\"`=[]()!:*-#\n &;\\javscript"))))
def test_nothing_runs_whatever_is_written(text: str) -> None:
    assert "<" not in ALLOWED.sub("", rendered(text))


def test_is_stored_without_html_and_code_stays() -> None:
    kind = field_types["rich_text"]
    stored = kind.accept("x <b onclick=y>z</b> `<i>`\n\n```\n<code>\n```", {})
    assert stored == "x &lt;b onclick=y>z&lt;/b> `<i>`\n\n```\n<code>\n```"
    assert kind.accept(stored, {}) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "a <script>alert(1)</script> & <b>",
        "<div>\n 1 < 2\n</div>",
        "1 < 2 and `<i>` and <b>",
        "an entity: &lt; and &amp;",
        "in code: `&lt;b>`",
        "plain",
    ],
)
def test_what_was_typed_comes_back_as_typed(typed: str) -> None:
    kind = field_types["rich_text"]
    assert kind.typed(kind.accept(typed, {}), {}) == typed


@given(st.text(alphabet=st.sampled_from(list("<>/ab;&lt`\n *!"))))
def test_what_comes_back_is_stored_as_before(text: str) -> None:
    kind = field_types["rich_text"]
    stored = kind.accept(text, {}) if text.strip() else ""
    assert kind.accept(kind.typed(stored, {}), {}) == stored


def test_a_code_is_drawn_of_paths_alone() -> None:
    assert re.fullmatch(r'<svg xmlns="[^"]+" viewBox="[\d ]+" class="qr-code"><path [^<>]+/></svg>', qr_code('"><b>'))
    assert qr_code("中" * 2_000) == ""
