"""Moments as the clock of a place shows them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def local(instant: str, zone: str) -> datetime:
    """The instant by the clock of the zone."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))


def spelled(instant: str, zone: str) -> str:
    """`2026-03-31 14:30:00`; with the offset in the hour that comes twice a year."""
    there = local(instant, zone)
    other = there.replace(fold=1 - there.fold)
    said = there.replace(tzinfo=None).isoformat(" ", "milliseconds" if there.microsecond else "seconds")
    return said if other.utcoffset() == there.utcoffset() else f"{said}{there.isoformat()[-6:]}"
