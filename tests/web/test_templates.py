"""The page files: nothing in them that the policy would block, or that htmx would need eval for.

T-HTMX-01, T-XSS-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from engine.field_types import field_types
from web import templates
from web.statics import Statics
from web.templates import HTML, Templates

STATIC = HTML.parent / "static"
FILES = sorted(HTML.rglob("*.html"))
GALLERY = sorted((Path(__file__).parent / "gallery").rglob("*.html"))

# What each would do: be blocked silently, or (a filter in a trigger) stop everything after it from working.
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "an event attribute": re.compile(r"<[^>{}]*\son\w+\s*="),
    "hx-on": re.compile(r"\bhx-on\b"),
    "a value that needs eval": re.compile(r"""hx-[\w:-]+\s*=\s*["'](?:js|javascript):"""),
    "a filter in a trigger": re.compile(r"""hx-trigger\s*=\s*("[^"]*\[|'[^']*\[)"""),
    "a script address": re.compile(r"javascript:"),
    "text that is not escaped": re.compile(r"\|\s*safe\b|\{%-?\s*autoescape\b"),
    "a form that cannot be sent": re.compile(r"""<form[^>]*method=["'](?!post|dialog)""", re.IGNORECASE),
}
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def _text(file: Path) -> str:
    return COMMENT.sub("", file.read_text())


@pytest.mark.parametrize("file", [*FILES, *GALLERY], ids=lambda file: str(file.name))
def test_a_page_file_is_clean(file: Path) -> None:
    assert not [what for what, pattern in FORBIDDEN.items() if pattern.search(_text(file))]


def test_scripts_are_named_in_the_document_alone() -> None:
    assert [file.name for file in FILES if "<script" in _text(file)] == ["base.html"]
    scripts = re.findall(r"<script[^>]*>", _text(HTML / "base.html"))
    assert all('nonce="{{ script_nonce }}"' in script and 'src="{{ static(' in script for script in scripts)


def test_every_form_that_writes_carries_the_token() -> None:
    without = []
    for file in FILES:
        for form in re.finditer(r"<form\b[^>]*method=\"post\".*?</form>", _text(file), re.DOTALL):
            # A cell's editor is posted by htmx, which sends the token in a header.
            if "token()" not in form[0] and "cell-form" not in form[0]:
                without.append(f"{file.name}: {form[0][:80]}")
    assert not without


def test_every_page_file_can_be_read() -> None:
    templates = Templates(Statics(STATIC))
    for file in FILES:
        templates.has_block(file.relative_to(HTML).as_posix(), "main")


def test_every_icon_named_in_a_page_file_is_in_the_sprite() -> None:
    known = set((HTML.parent / "icons.txt").read_text().split())
    named = {name for file in FILES for name in _icons(_text(file))}
    assert named - known == set()


def _icons(text: str) -> Iterator[str]:
    yield from re.findall(r"\bicon\(\"([a-z0-9-]+)\"", text)


def test_every_field_type_has_a_cell_and_an_input() -> None:
    for name, kind in field_types.items():
        if kind.holds == "computed":
            continue  # shown with the cell of what it gives
        assert (HTML / "cells" / f"{name}.html").is_file(), name
        if not (kind.computed or kind.system or kind.drawn):
            options = {"choices": {}, "currency": "USD", "to": "x"}
            assert (HTML / "inputs" / f"{kind.input(options).kind}.html").is_file(), name


@pytest.mark.parametrize(("folder", "macro"), [("cells", "cell"), ("inputs", "control")])
def test_every_file_of_a_kind_has_its_macro(folder: str, macro: str) -> None:
    """A macro that is only imported is not the file's own, and nothing finds it there."""
    drawn = {file.name: f"macro {macro}(" in _text(file) for file in (HTML / folder).glob("*.html")}
    assert [name for name, its_own in drawn.items() if not its_own] == []


def test_our_own_scripts_need_no_eval_and_set_no_markup() -> None:
    forbidden = re.compile(
        r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\(.style"
    )
    found = [file.name for file in (STATIC / "js").glob("*.js") if forbidden.search(_without_swaps(file.read_text()))]
    assert not found


def _without_swaps(text: str) -> str:
    return re.sub(r"""swap: "(?:inner|outer)HTML\"""", "", text)


def test_page_files_are_compiled_once_until_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "HTML", tmp_path)
    compiled: list[str] = []
    compile_ = Environment.compile

    def noted(environment: Environment, source: str, *more: Any) -> Any:
        compiled.append(source)
        return compile_(environment, source, *more)

    monkeypatch.setattr(Environment, "compile", noted)
    for says in ("Hello {{ name }}", "Hello {{ name }}", "Bye {{ name }}"):
        (tmp_path / "hello.html").write_text(says)
        assert Templates(Statics(STATIC)).page("hello.html", {"name": "<Ada>"}) == says[:-10] + "&lt;Ada&gt;"
    assert compiled == ["Hello {{ name }}", "Bye {{ name }}"]


def test_page_files_that_lie_where_nobody_may_write_are_compiled_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "HTML", tmp_path)
    (tmp_path / "__pycache__").symlink_to(tmp_path / "nowhere")
    (tmp_path / "hello.html").write_text("Hello")
    for _time in range(2):
        assert Templates(Statics(STATIC)).page("hello.html", {}) == "Hello"
