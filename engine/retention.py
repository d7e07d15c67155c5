"""What is kept for a while only: finished runs, mail that was sent, files of imports and archives, deleted comments,
loose files, and the audit log.

Each `purge` takes a slice, so that no transaction is long; the worker comes back as long as a slice was full.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine import audit_purging, bases, comments, files, hooks, imports, repeats
from engine.archives import transfers
from engine.settings import Settings
from engine.storage.automation_tables import outbox, run_steps, runs
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp

SLICE = 500  # of each sort in one transaction


@dataclass(frozen=True)
class Keep:
    """How long each is kept; None: for ever."""

    runs: timedelta | None
    mail: timedelta | None
    imports: timedelta | None
    trash: timedelta | None = None
    audit: timedelta | None = None

    @classmethod
    def of(cls, settings: Settings) -> Keep:
        """As the settings say; 0 days mean for ever, but of the trash at once."""
        kept = (
            settings.keep_runs_days, settings.keep_mail_days, settings.keep_imports_days, settings.keep_audit_days,
        )  # fmt: skip
        runs, mail, brought, noted = (timedelta(days=days) if days else None for days in kept)
        return cls(runs, mail, brought, timedelta(days=settings.trash_days), noted)


def purge(session: Session, keep: Keep, most: int = SLICE) -> bool:
    """Remove what has been kept long enough, at most `most` of each sort; whether there may be more."""
    done = [
        _runs(session, session.now - keep.runs, most) if keep.runs else 0,
        _mail(session, session.now - keep.mail, most) if keep.mail else 0,
        imports.forget(session, session.now - keep.imports, most) if keep.imports else 0,
        transfers.forget(session, session.now - keep.imports if keep.imports else None, most),
        imports.mappings.sweep(session, session.now - keep.trash, most) if keep.trash is not None else 0,
        bases.sweep(session, session.now - keep.imports if keep.imports else None, most),
        hooks.sweep(session, most),
        repeats.sweep(session, most),
        comments.sweep(session, session.now - keep.trash, most) if keep.trash is not None else 0,
        audit_purging.purge(session, keep.audit, most) if keep.audit else 0,
    ]
    files.sweep(session)
    return any(count >= most for count in done)


def _runs(session: Session, before: datetime, most: int) -> int:
    c = runs.c
    old = sa.select(c.id).where(c.finished_at < timestamp(before), c.due_at.is_(None)).order_by(c.id).limit(most)
    ids = list(session.connection.execute(old).scalars())
    if ids:
        session.connection.execute(sa.delete(run_steps).where(among(session, run_steps.c.run_id, ids)))
        session.connection.execute(sa.delete(runs).where(among(session, c.id, ids)))
    return len(ids)


def _mail(session: Session, before: datetime, most: int) -> int:
    """Mail that was sent, failed for good, or was kept because there is no server; never mail that still waits."""
    c = outbox.c
    old = sa.select(c.id).where(c.created_at < timestamp(before), c.status != "waiting").order_by(c.id).limit(most)
    ids = list(session.connection.execute(old).scalars())
    if ids:
        session.connection.execute(sa.delete(outbox).where(among(session, c.id, ids)))
    return len(ids)
