"""A form's questions as pages ask them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from engine.errors import Problem, Refused
from engine.field_types import Input
from engine.forms import Choice, Question
from engine.text import Label
from web.sheets import by_field


@dataclass(frozen=True)
class Asked:
    """One question: `input` draws it, `value` is what was typed, `error` what is wrong with that."""

    key: str
    label: Label
    help: Label | None
    required: bool
    input: Input
    value: Any = None
    error: str = ""


def asked(
    questions: Iterable[Question],
    links: Mapping[str, Mapping[str, Any]],
    values: Mapping[str, Any],
    refused: Refused | None = None,
) -> tuple[list[Asked], list[Problem]]:
    """The questions with what was typed, and what is wrong with none of them.

    `links` holds more attributes for the inputs of links, by field.
    """
    errors, problems = by_field(refused)
    found = [
        Asked(
            one.field.key,
            one.label,
            one.help,
            one.required,
            _input(one, links.get(one.field.key)),
            values.get(one.field.key),
            errors.pop(one.field.key, ""),
        )
        for one in questions
    ]
    return found, [*problems, *(Problem(key, says) for key, says in errors.items())]


def offered(choices: Mapping[str, Sequence[Choice]]) -> dict[str, dict[str, Any]]:
    """The attributes of links that are chosen from a plain list of names, table by table."""
    return {key: {"offered": [list(some) for _of, some in groupby(all_, _of)]} for key, all_ in choices.items()}


def _of(one: Choice) -> Label:
    return one.of


def _input(one: Question, more: Mapping[str, Any] | None) -> Input:
    spec = one.field.kind.input(one.field.options)
    attributes = {**(spec.attributes or {}), **(more or {})}
    begins = one.field.kind.offered(None, one.field.options)
    choices = spec.choices if begins is None else begins
    kind = "pick" if "offered" in attributes else spec.kind
    return replace(spec, kind=kind, choices=choices, attributes=attributes)
