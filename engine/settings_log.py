"""What the audit log knows about the machine: settings that are other than at the start before, and how late it was."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa

from engine import audit
from engine.settings import Settings
from engine.storage.audit_tables import entries
from engine.storage.session import timestamp
from engine.storage.stores import Stores
from engine.text import Text, _

ACT = "settings.changed"
CLOCK_MAY_DIFFER = timedelta(days=1)


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


def clock_is_behind(stores: Stores) -> Text | None:
    """What to warn of when the machine's clock is more than a day behind what was noted last."""
    last = sa.select(entries.c.at).order_by(entries.c.number.desc()).limit(1)
    with stores.control.read() as session:
        at = session.connection.execute(last).scalar()
        if at is None or at <= timestamp(session.now + CLOCK_MAY_DIFFER):
            return None
    return _("The clock of this machine is behind: something was noted at {at}. Set it before people work.", at=at)
