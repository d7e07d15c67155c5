"""What the audit log says about the settings of the machine: what is other than at the start before."""

from __future__ import annotations

import json

import sqlalchemy as sa

from engine import audit
from engine.settings import Settings
from engine.storage.audit_tables import entries
from engine.storage.stores import Stores
from engine.text import _

ACT = "settings.changed"


def note(stores: Stores, settings: Settings) -> list[str]:
    """Note in the log of the machine which settings differ from those noted last; their names. No secret is in it."""
    now = {one.name: one.value for one in settings.described()}
    last = sa.select(entries.c.about).where(entries.c.act == ACT).order_by(entries.c.number.desc()).limit(1)
    with stores.control.write() as session:
        found = session.connection.execute(last).scalar()
        before = json.loads(found)["settings"] if found else {}
        changed = sorted(name for name in {**before, **now} if before.get(name) != now.get(name))
        if changed:
            says = _("was started with other settings: {names}", names=", ".join(changed))
            audit.note(session, ACT, says, settings=now)
    return changed
