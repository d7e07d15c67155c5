"""One linked record. Conditions on it name its fields: `account.type`."""

from __future__ import annotations

from engine.filters import Held
from engine.filters.select import ONE_OF


class Record(Held):
    operators = ONE_OF
