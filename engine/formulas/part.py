"""What a node of the typed tree becomes: a value, and an error where one is possible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import sqlalchemy as sa

from engine.formulas import sql
from engine.formulas.typed import Value
from engine.formulas.types import Type


@dataclass(frozen=True)
class Part:
    """`error` is NULL or a reason, None where no error is possible; where it is not NULL, `value` means nothing.

    `nullable` says whether `value` may be NULL, which is blank. `constant` is the value if the formula says it.
    `fixed` says that it is the same for all records, so that the database can work it out once.
    `unsettled` is a quotient before it was rounded, for what counts on with it.
    """

    value: sql.Element
    type: Type
    error: sql.Element | None = None
    nullable: bool = True
    constant: Value = None
    unsettled: sql.Element | None = None
    fixed: bool = False

    @property
    def known_number(self) -> Decimal | None:
        """The number, if the formula itself says it."""
        return self.constant if isinstance(self.constant, Decimal) else None

    def with_value(self, value: sql.Element, kind: Type, nullable: bool | None = None) -> Part:
        """Another value with the same error."""
        return replace(
            self,
            value=value,
            type=kind,
            nullable=self.nullable if nullable is None else nullable,
            constant=None,
            unsettled=None,
            fixed=False,
        )

    def failing_when(self, wrong: sql.Element, reason: str) -> Part:
        """The same part, and also an error when `wrong` holds."""
        return replace(self, error=first_error([self.error, reason_when(wrong, reason)]))


def reason_when(wrong: sql.Element, reason: str) -> sql.Element:
    """The reason when `wrong` holds, else NULL."""
    return sa.case((wrong, sa.literal_column(f"'{reason}'", sql.TEXT)), else_=sa.null())


def first_error(errors: Iterable[sql.Element | None]) -> sql.Element | None:
    """The first that is not NULL; None if no error is possible."""
    found = [one for one in errors if one is not None]
    if len(found) < 2:
        return found[0] if found else None
    return sa.func.coalesce(*found, type_=sql.TEXT)
