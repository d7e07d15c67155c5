"""Instants, compared by the days of the workspace's time zone."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement

from engine.filters import Clock, Operator
from engine.filters.date import Date


class DateTime(Date):
    def worked_out(
        self, operator: Operator, found: ColumnElement[Any], next_day: Callable[[], ColumnElement[Any]]
    ) -> Any:
        return found, found

    def starts(self, day: datetime.date, clock: Clock) -> str:
        return clock.midnight(day)
