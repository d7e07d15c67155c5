"""Texts. An empty text and none at all are the same."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.filters import Held, Operator, Test
from engine.filters._texts import contains_text, contains_word, ends_with, matches_pattern, starts_with, text_length
from engine.text import _


def _empty(column: Any) -> Test:
    return sa.or_(column.is_(None), column == "")


class Text(Held):
    operators = {
        "is": Operator(_("is"), _("{field} is {value}"), "value", lambda c, v: c == v),
        "is_not": Operator(_("is not"), _("{field} is not {value}"), "value", lambda c, v: c.is_distinct_from(v)),
        "contains": Operator(_("contains"), _("{field} contains {value}"), "value", contains_text),
        "does_not_contain": Operator(
            _("does not contain"),
            _("{field} does not contain {value}"),
            "value",
            lambda c, v: sa.or_(c.is_(None), sa.not_(contains_text(c, v))),
        ),
        "contains_word": Operator(
            _("contains the word"), _("{field} contains the word {value}"), "value", contains_word
        ),
        "starts_with": Operator(_("starts with"), _("{field} starts with {value}"), "value", starts_with),
        "ends_with": Operator(_("ends with"), _("{field} ends with {value}"), "value", ends_with),
        "matches_pattern": Operator(
            _("matches the pattern"), _("{field} matches the pattern {value}"), "pattern", matches_pattern
        ),
        "length_equals": Operator(
            _("has length"), _("{field} has {value} characters"), "count", lambda c, v: text_length(c) == v
        ),
        "length_at_least": Operator(
            _("is at least as long as"),
            _("{field} has at least {value} characters"),
            "count",
            lambda c, v: text_length(c) >= v,
        ),
        "length_at_most": Operator(
            _("is at most as long as"),
            _("{field} has at most {value} characters"),
            "count",
            lambda c, v: text_length(c) <= v,
        ),
        "is_empty": Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: _empty(c)),
        "is_not_empty": Operator(
            _("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: sa.not_(_empty(c))
        ),
    }
