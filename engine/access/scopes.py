"""What an API token may do of what its holder may: only read, or only in some apps and tables."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Forbidden
from engine.text import _

READS = frozenset({"read", "history", "choose", "export", "comments"})


@dataclass(frozen=True)
class Scope:
    """`within` names apps (`crm`) and tables (`crm.accounts`); empty: the whole workspace."""

    writes: bool = True
    within: tuple[str, ...] = ()

    def covers(self, address: str) -> bool:
        """Whether the table lies within it."""
        return not self.within or not {address, address.partition(".")[0]}.isdisjoint(self.within)

    def check(self, act: str, address: str) -> None:
        """Raises `Forbidden` unless `act` may be done with records of the table."""
        if not self.covers(address):
            raise Forbidden(_("This token may not use the table {table}.", table=address))
        if act not in READS and not self.writes:
            raise Forbidden(_("This token may only read."))

    def check_whole(self) -> None:
        """Raises `Forbidden` unless everything may be done that its holder may, as changing apps takes."""
        if self.within or not self.writes:
            raise Forbidden(_("This token may not change apps: it only reads, or is for some tables alone."))


WHOLE = Scope()
