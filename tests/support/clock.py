"""A clock that tests move, so that nobody waits for a retry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The real time, and as much later as it was moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        """Let `seconds` pass; fewer than none put the clock back."""
        self.ahead += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Make it this time."""
        self.ahead = moment - datetime.now(UTC)
