"""People as answers name them: `{"id", "email", "name"}`."""

from __future__ import annotations

from engine import people
from engine.storage.session import Session

Named = dict[str, str]


class Persons:
    """Everybody who belongs or belonged to the workspace, by id."""

    def __init__(self, session: Session) -> None:
        self._known = {one.id: one for one in people.everybody_ever(session)}

    def named(self, user_id: str | None) -> Named | None:
        """Somebody; None for nobody."""
        if user_id is None:
            return None
        one = self._known.get(user_id)
        return {"id": user_id, "email": one.email if one else "", "name": one.name if one else ""}
