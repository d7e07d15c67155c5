"""Signatures: there, or not."""

from __future__ import annotations

from engine.filters import IS_EMPTY, IS_NOT_EMPTY, Held


class Signature(Held):
    operators = {"is_empty": IS_EMPTY, "is_not_empty": IS_NOT_EMPTY}
