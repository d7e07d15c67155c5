"""Who has which role of an app, in an archive: people by their e-mail address, departments by their path."""

from __future__ import annotations

from collections.abc import Iterator

from engine import roles
from engine.archives.matching import Matched
from engine.archives.parts import HOLDERS, Named, spelled
from engine.archives.unpacking import Archive, damaged
from engine.storage import role_holders
from engine.storage.session import Session


def lines(session: Session, app: str, named: Named) -> Iterator[bytes]:
    """Each role of the app that was given, with to whom."""
    given = [one for one in role_holders.grants(session) if one.role.partition(".")[0] == app]
    for one in sorted(given, key=lambda one: (one.role, one.holder)):
        (named.departments if one.of_department else named.people).add(one.holder)
        said = {"id": one.role.partition(".")[2], "department" if one.of_department else "person": one.holder}
        yield spelled({**said, "only_head": True} if one.only_head else said) + b"\n"


def bring(session: Session, archive: Archive, here: Matched, app: str) -> int:
    """Give the roles to those who are here; how many were given.

    Raises `Refused`, `NotFound` for a role that the app does not have, `Forbidden` for who may not say who has which.
    """
    count = 0
    for _line, one in archive.lines(HOLDERS):
        role = f"{app}.{one['id']}"
        person, department = here.member(one.get("person")), here.department(one.get("department"))
        if person:
            roles.give(session, role, person)
        elif department:
            roles.give_department(session, role, department, only_head=one.get("only_head") is True)
        elif not (one.get("person") or one.get("department")):
            raise damaged()
        count += bool(person or department)
    return count
