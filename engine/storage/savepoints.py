"""Part of a transaction that may fail on its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.storage.session import Session


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """What is written inside is taken back if anything is raised; the transaction itself goes on."""
    logged, written = len(session.changes), len(session.written)
    unsettled = len(session.unsettled or ())
    touched = dict(session.touched)  # its sets are never changed, only replaced
    try:
        with session.connection.begin_nested():
            try:
                yield
                session.send()
            except BaseException:
                session.forget()
                raise
    except BaseException:
        del session.changes[logged:]
        del session.written[written:]
        if session.unsettled is not None:
            del session.unsettled[unsettled:]
        session.touched.clear()
        session.touched.update(touched)
        raise
