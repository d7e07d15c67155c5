"""The record that one lies under in a tree. Its tests are given the `column`, and who is `under` whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.filters import Held, Operator, Test
from engine.filters.select import ONE_OF
from engine.text import _


def _of_column(operator: Operator) -> Operator:
    def test(tree: Any, value: Any, /) -> Test:
        return operator.test(tree.column, value)

    return replace(operator, test=test)


class Parent(Held):
    operators = {
        **{key: _of_column(operator) for key, operator in ONE_OF.items()},
        "is_under": Operator(
            _("is under"), _("{field}: it is under {value}"), "list", lambda c, v: c.under(v), looks_further=True
        ),
        "is_not_under": Operator(
            _("is not under"),
            _("{field}: it is not under {value}"),
            "list",
            lambda c, v: ~c.under(v),
            looks_further=True,
        ),
    }
