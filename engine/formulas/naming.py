"""Fields in an expression by key, as it is stored, and by label, as people see it."""

from __future__ import annotations

from collections.abc import Callable

from engine.formulas.syntax import tokens

Rename = Callable[[str], str | None]


def with_keys(text: str, key_of: Rename) -> str:
    """The expression with every `{Label}` for which `key_of` knows a key written as `{key}`.

    `key_of` gets what stands between the braces (`Account.Name`). All else, white space too, stays as it was.
    Raises `FormulaError` if the text cannot be cut into tokens.
    """
    return _renamed(text, key_of)


def with_labels(text: str, label_of: Rename) -> str:
    """The expression with every `{key}` for which `label_of` knows a label written as `{Label}`."""
    return _renamed(text, label_of)


def _renamed(text: str, rename: Rename) -> str:
    parts: list[str] = []
    at = 0
    for token in tokens(text):
        if token.kind != "name":
            continue
        name = rename(token.text)
        if name is not None:
            parts += [text[at : token.start], "{", name.replace("\\", "\\\\").replace("}", "\\}"), "}"]
            at = token.end
    return "".join([*parts, text[at:]])
