"""What people call the things that expressions name: `={account.owner}` is "Account owner" to its reader."""

from __future__ import annotations

import re

from engine.definitions import any_links
from engine.definitions.conditions import expression, is_expression
from engine.definitions.language import App, Table
from engine.formulas import FormulaError, with_labels
from engine.storage.layout import Layout
from engine.text import label_in

_ONE_NAME = re.compile(r"\s*\{([^{}]+)\}\s*")
_ANY_NAME = re.compile(r"\{([^{}]+)\}")
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")


class Wording:
    """The words for what expressions about records of `table` name, inside `app`, in one language."""

    def __init__(self, layout: Layout, app: App, table: Table | None, language: str) -> None:
        self._layout = layout
        self._app = app
        self._table = table
        self._language = language

    def name(self, path: str, joint: str = ".") -> str | None:
        """What `account.name` is called: `Account.Name`; None where nothing is known by that path."""
        first, _dot, rest = path.strip().partition(".")
        if first == "settings":
            setting = self._app.document.get("settings", {}).get(rest)
            return label_in(setting.get("label"), self._language, rest) if setting else None
        return self._field(rest if first == "previous" else path.strip(), joint)

    def spoken(self, path: str) -> str:
        """The same inside a sentence: `Account › Name`, a setting in quotes; an unknown path stays as it is."""
        name = self.name(path, " › ") or path
        return f"“{name}”" if path.strip().startswith("settings.") else name

    def formula(self, text: str) -> str:
        """An expression (with or without its `=`) with labels in place of keys."""
        text = expression(text)
        try:
            return with_labels(text, self.name)
        except FormulaError:
            return text

    def value(self, written: str) -> str:
        """What a value of a definition stands for, in short: a text as it is, a field by its label."""
        if not is_expression(written):
            return written
        text = expression(written)
        alone = _ONE_NAME.fullmatch(text)
        if alone:
            return self.spoken(alone[1])
        names = dict.fromkeys(map(self.spoken, _ANY_NAME.findall(text)))
        return " / ".join(names) or text

    def message(self, text: str) -> str:
        """A message with labels in its placeholders: `{{ Name }}, thank you`."""
        return _PLACEHOLDER.sub(lambda found: "{{ " + self._placed(found[1].strip()) + " }}", text)

    def _placed(self, text: str) -> str:
        return self.name(text) or (self.formula(text) if "{" in text else text)

    def _field(self, path: str, joint: str) -> str | None:
        table, field = self._table, None
        labels: list[str] = []
        written = tuple(path.split("."))
        named = self._layout.types.scope(table.address).resolve(written) if table else None
        for part in named or written:
            if field is not None and field.kind.of_any_table and part in any_links.PARTS:
                return joint.join([*labels, part])
            field, table = self._layout.apps.step(table, part)
            if field is None:
                return None
            labels.append(label_in(field.label, self._language, part))
            if field.narrowed and table is not None:
                labels.append(label_in(table.label, self._language, table.key))
        return joint.join(labels)
