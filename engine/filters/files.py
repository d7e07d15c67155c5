"""Files. What the tests are given can be asked three things: `named`, `of_kind`, `number`."""

from __future__ import annotations

import sqlalchemy as sa

from engine.content_types import KINDS
from engine.field_types import Options
from engine.filters import Held, Operator
from engine.text import Text, _


class Files(Held):
    listed = True
    choices = {key: kind.label for key, kind in KINDS.items()}
    operators = {
        "name_contains": Operator(
            _("has a name with"), _("{field}: a name contains {value}"), "value", lambda c, v: c.named(v)
        ),
        "type_is": Operator(_("has one that is"), _("{field}: one is {value}"), "list", lambda c, v: c.of_kind(v)),
        "type_is_not": Operator(
            _("has none that is"), _("{field}: none is {value}"), "list", lambda c, v: sa.not_(c.of_kind(v))
        ),
        "count_equals": Operator(
            _("has exactly"), _("{field}: exactly {value}"), "count", lambda c, v: c.number() == v
        ),
        "count_at_least": Operator(
            _("has at least"), _("{field}: at least {value}"), "count", lambda c, v: c.number() >= v
        ),
        "count_at_most": Operator(
            _("has at most"), _("{field}: at most {value}"), "count", lambda c, v: c.number() <= v
        ),
        "is_empty": Operator(_("is empty"), _("{field} is empty"), "nothing", lambda c, _v: c.number() == 0),
        "is_not_empty": Operator(_("is not empty"), _("{field} is not empty"), "nothing", lambda c, _v: c.number() > 0),
    }

    def problem(self, operator: Operator, value: object, options: Options) -> Text | None:
        if operator.takes == "list" and value not in KINDS:
            return _("There is no kind `{kind}`. There are: {kinds}.", kind=str(value), kinds=", ".join(KINDS))
        return super().problem(operator, value, options)
