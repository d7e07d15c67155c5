"""Aggregates that SQLite lacks: percentiles and variances, over the numbers of a group."""

from __future__ import annotations

import math
from typing import Any

Number = int | float


def register(connection: Any) -> None:
    """Teach a `sqlite3.Connection` the aggregates."""
    connection.create_aggregate("number_percentile", 2, Percentile)
    connection.create_aggregate("number_variance", 1, Variance)


class Percentile:
    """`number_percentile(value, share)`: the value below which the share lies; two neighbours share it between them."""

    def __init__(self) -> None:
        self.values: list[Number] = []
        self.share = 0.0

    def step(self, value: Number | None, share: float) -> None:
        if value is not None:
            self.values.append(value)
            self.share = share

    def finalize(self) -> Number | None:
        if not self.values:
            return None
        self.values.sort()
        place = self.share * (len(self.values) - 1)
        below = math.floor(place)
        low, high = self.values[below], self.values[min(below + 1, len(self.values) - 1)]
        return low + (high - low) * (place - below)


class Variance:
    """`number_variance(value)`: the variance of a sample; NULL of fewer than two numbers."""

    def __init__(self) -> None:
        self.values: list[Number] = []

    def step(self, value: Number | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> Number | None:
        count = len(self.values)
        if count < 2:
            return None
        mean = math.fsum(self.values) / count
        return math.fsum((value - mean) ** 2 for value in self.values) / (count - 1)
