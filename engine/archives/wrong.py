"""What is wrong with the records of an archive, collected with its places until all of them have been looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.definitions.language import Table
from engine.errors import Problem, Refused
from engine.text import _

MOST_TOLD = 200  # problems; of more only how many


class Wrong:
    """Problems at `/records/<table>/<record>/<field>`, by the ids of the archive."""

    def __init__(self, originals: Mapping[str, str]) -> None:
        self._originals = originals  # the ids in the archive of records that have others here
        self._found: list[Problem] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, table: Table, record_id: str, field: str, says: str, code: str) -> None:
        """One problem of a record that has this id here; `field` is empty where it is about the whole record."""
        place = f"/records/{table.key}/{self._originals.get(record_id, record_id)}"
        self._note(Problem(f"{place}/{field}" if field else place, says, code))

    def add_of(self, table: Table, ids: list[str], problems: Iterable[Problem]) -> None:
        """Problems at `/<number>/<field>` of records with these ids here; one without a place stays without."""
        for one in problems:
            _slash, number, *rest = one.at.split("/") if one.at else ("", "")
            if number.isdigit():
                self.add(table, ids[int(number)], "/".join(rest), one.says, one.code)
            else:
                self._note(Problem("", one.says, one.code))

    def more(self, count: int) -> None:
        """So many that are not told one by one."""
        self._more += count

    def refuse(self) -> None:
        """Raises `Refused` with all of them, if there are any."""
        if self._found:
            rest = [Problem("", _("And {count} more.", count=self._more), "more")] if self._more else []
            raise Refused([*self._found, *rest])

    def _note(self, problem: Problem) -> None:
        if len(self._found) < MOST_TOLD:
            self._found.append(problem)
        else:
            self._more += 1
