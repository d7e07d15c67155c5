"""Our page files: everything in them escaped, an unknown name an error, each kind's macro found by its file's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: TID251 - this is the one place
from jinja2.bccache import Bucket, FileSystemBytecodeCache  # noqa: TID251
from markupsafe import Markup

from engine.field_types import Input
from engine.field_types.duration import spelled as spelled_duration
from engine.field_types.location import spelled as spelled_place
from engine.field_types.phone import spelled as spelled_phone
from engine.field_types.rich_text import as_typed
from engine.field_types.signature import is_drawn
from engine.formulas.reasons import in_words
from engine.numbers import in_percent
from web import formats, texts
from web.fields import Shown
from web.grid_cells import grid_cells
from web.markdown import rendered
from web.qr_codes import qr_code
from web.reader import reader
from web.statics import Statics

HTML = Path(__file__).parent / "html"
_ICON = re.compile(r"[a-z][a-z0-9-]{0,60}")


class Templates:
    """The page files of `html/`, read once."""

    def __init__(self, statics: Statics) -> None:
        self._environment = _environment(statics)

    def read_all(self) -> None:
        """Read every file now (a second's work the first time), so that no visitor waits for it."""
        for name in self._environment.list_templates(extensions=("html",)):
            self._environment.get_template(name)

    def page(self, name: str, values: Mapping[str, Any]) -> str:
        """The whole of a file (and of those that it extends)."""
        return self._environment.get_template(name).render(values)

    def has_block(self, name: str, block: str) -> bool:
        """Whether the file itself has this block."""
        return block in self._environment.get_template(name).blocks

    def block(self, name: str, block: str, values: Mapping[str, Any]) -> str:
        """One block of a file."""
        template = self._environment.get_template(name)
        context = template.new_context(dict(values))
        # The file's own macros and `set`s run before what it extends begins; the rest of the page is never drawn.
        page = template.root_render_func(context)
        next(page, "")
        return "".join(template.blocks[block](context))

    def macro(self, name: str, *given: Any) -> str:
        """A macro of `components/`."""
        return str(getattr(self._environment.globals["ui"], name)(*given))


class _Compiled(FileSystemBytecodeCache):
    """Page files as they were compiled, kept beside them as Python keeps its own: to compile all leaves 6 MB behind."""

    def __init__(self, folder: Path) -> None:
        with suppress(OSError):  # who may not write there compiles each time
            folder.mkdir(exist_ok=True)
        super().__init__(str(folder))
        self._made_by = version("jinja2") + Path(__file__).read_text("utf-8")  # the options stand here

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(self._made_by + source)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _environment(statics: Statics) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HTML),
        bytecode_cache=_Compiled(HTML / "__pycache__"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "ago": formats.ago,
        "as_input": lambda given: Input(**given),
        "browser_name": formats.browser_name,
        "color_for": formats.color_for,
        "day": formats.day,
        "day_name": formats.day_name,
        "day_time": formats.day_time,
        "day_to_day": formats.day_to_day,
        "duration": lambda value, given: spelled_duration(value, {"format": given}),
        "in_percent": in_percent,
        "initials": formats.initials,
        "is_drawn": is_drawn,
        "label": texts.label,
        "local_input": formats.local_input,
        "markdown": rendered,
        "markdown_typed": as_typed,
        "moment": formats.moment,
        "money": formats.money,
        "month_name": formats.month_name,
        "number": formats.number,
        "percent": formats.percent,
        "phone": spelled_phone,
        "place": spelled_place,
        "pretty": formats.pretty,
        "qr_code": qr_code,
        "say": texts.say,
        "size": formats.size,
        "took": formats.took,
        "weekday": formats.weekday,
    }
    cells = _Kinds(environment, "cells", "cell")
    environment.globals |= {
        "_": texts.say,
        "_n": texts.say_count,
        "currency_symbol": formats.currency_symbol,
        "draw_cell": cells,
        "draw_error": _error,
        "draw_input": _Kinds(environment, "inputs", "control"),
        "draw_value": partial(_value, cells),
        "grid_cells": partial(grid_cells, partial(_value, cells)),
        "form_token": lambda: reader().form_token(),
        "icon": partial(_icon, statics),
        "language_names": texts.LANGUAGE_NAMES,
        "reader": reader,
        "static": statics.url,
        "ui": _Macros(environment, "components"),
    }
    return environment


@lru_cache(maxsize=2_000)
def _icon(statics: Statics, name: str | None, classes: str = "", label: str = "") -> Markup:
    """`icon("building")`: the drawing from the sprite; with `label` it is read aloud, without it is decoration."""
    name = name if name and _ICON.fullmatch(name) else "circle"
    voice = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    href = f"{statics.url('vendor/icons.svg')}#{name}"
    return Markup('<svg class="icon {}" {}><use href="{}"/></svg>').format(classes, voice, href)


def _value(cells: _Kinds, field: Shown, value: Any, names: Mapping[str, Any]) -> Any:
    """The cell of a record's value: nothing when it is empty, its reason when it is an error."""
    if value is None or value == "" or value == []:
        return cells("masked", None, field.options, names) if field.masked else ""
    if isinstance(value, Mapping) and not field.whole:
        return _error(value["error"], value["reason"])
    if isinstance(value, list) and not field.whole:
        chip = Markup('<span class="chip"><span>{}</span></span>')
        parts = Markup("").join(chip.format(cells(field.kind, one, field.options, names)) for one in value)
        return Markup('<span class="chips">{}</span>').format(parts)
    return cells(field.kind, value, field.options, names)


def _error(error: str, reason: str) -> Markup:
    """A value that is an error, and why: in a narrow cell only where one points (css/grid.css)."""
    says = in_words(reason)
    if says is None:
        return Markup('<span class="is-error">{}</span>').format(error)
    why = texts.say(says)
    return Markup('<span class="is-error" title="{}">{}<span class="why"> {}</span></span>').format(why, error, why)


class _Macros:
    """All macros of a folder's files as attributes: `ui.button(...)` wherever it is written, without imports."""

    def __init__(self, environment: Environment, folder: str) -> None:
        self._environment = environment
        self._folder = folder
        self._found: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._found:
            ours = self._environment.list_templates(filter_func=lambda one: one.startswith(f"{self._folder}/"))
            for template in ours:
                module = vars(self._environment.get_template(template).module)
                self._found |= {macro: value for macro, value in module.items() if not macro.startswith("_")}
        if name not in self._found:
            raise AttributeError(f"no macro {name} in {self._folder}/")
        return self._found[name]


class _Kinds:
    """One file per kind: `draw_cell("currency", ...)` is macro `cell` of `cells/currency.html`, else of `text.html`."""

    def __init__(self, environment: Environment, folder: str, macro: str) -> None:
        self._environment = environment
        self._folder = folder
        self._macro = macro
        self._found: dict[str, Any] = {}

    def __call__(self, kind: str, *given: Any) -> Any:
        macro = self._found.get(kind)
        if macro is None:
            names = [f"{self._folder}/{kind}.html", f"{self._folder}/text.html"]
            template = self._environment.select_template(names)
            macro = self._found[kind] = getattr(template.module, self._macro)
        return macro(*given)
