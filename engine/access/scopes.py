"""What an API token may do of what its holder may. Changing apps and people are rights of their own."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Forbidden
from engine.text import _

READS = frozenset({"read", "history", "choose", "export", "comments"})


@dataclass(frozen=True)
class Scope:
    """`within` names apps (`crm`) and tables (`crm.accounts`); empty: the whole workspace.

    `writes` is about records; `builds` about apps and all that builders change; `people` about who belongs to the
    workspace, departments and roles, to see and to change them.
    """

    writes: bool = True
    within: tuple[str, ...] = ()
    builds: bool = False
    people: bool = False

    def covers(self, address: str) -> bool:
        """Whether the table lies within it."""
        return not self.within or not {address, address.partition(".")[0]}.isdisjoint(self.within)

    def check(self, act: str, address: str) -> None:
        """Raises `Forbidden` unless `act` may be done with records of the table."""
        if not self.covers(address):
            raise Forbidden(_("This token may not use the table {table}.", table=address))
        if act not in READS:
            self.check_writes()

    def check_writes(self) -> None:
        """Raises `Forbidden` for one that only reads."""
        if not self.writes:
            raise Forbidden(_("This token may only read."))

    def check_builds(self) -> None:
        """Raises `Forbidden` unless apps may be changed."""
        if self.within or not self.builds:
            raise Forbidden(_("This token may not change apps. Make one that says so."))

    def check_people(self) -> None:
        """Raises `Forbidden` unless people may be seen and changed."""
        if self.within or not self.people:
            raise Forbidden(_("This token may not see or change who belongs to the workspace. Make one that says so."))


WHOLE = Scope(builds=True, people=True)
