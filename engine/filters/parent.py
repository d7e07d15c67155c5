"""The record that one lies under in a tree. Its tests are given the `column`, and who is `under` whom."""

from __future__ import annotations

from engine.filters import Held, Operator
from engine.filters.record import Record
from engine.text import _


class Parent(Held):
    operators = {
        **Record.operators,
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
