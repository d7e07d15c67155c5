"""Which SQL statements are run: those that SQLAlchemy runs, and those that go to the driver directly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import sqlalchemy as sa

from engine.storage.prepared import Prepared
from engine.storage.session import Session
from engine.storage.stores import Store


@contextmanager
def counted(*stores: Store) -> Iterator[list[str]]:
    """The SQL of the statements that are run meanwhile in these stores."""
    said: list[str] = []
    engines = {engine for one in stores for engine in (one.database.readers.engine, one.database.writers.engine)}

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    def noting(act: Callable[..., Any]) -> Callable[..., Any]:
        def noted(prepared: Prepared, connection: sa.Connection, values: Any) -> Any:
            if connection.engine in engines:
                said.append(prepared.sql(connection.dialect))
            return act(prepared, connection, values)

        return noted

    def noting_both(prepared: Prepared, connection: sa.Connection, texts: Sequence[str], values: Any) -> Any:
        if connection.engine in engines:
            said.extend([texts[-1], prepared.sql(connection.dialect)])
        return rows_after(prepared, connection, texts, values)

    rows_after = Prepared.rows_after

    for store in stores:
        store.database.close_idle()  # an open connection does not look for new listeners
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)

    def asking(session: Session, *texts: str) -> Any:
        if session.store in stores:
            said.extend(texts)
        return ask(session, *texts)

    ask = Session.ask
    with (
        mock.patch.object(Session, "ask", asking),
        mock.patch.object(Prepared, "rows", noting(Prepared.rows)),
        mock.patch.object(Prepared, "rows_after", noting_both),
        mock.patch.object(Prepared, "run", noting(Prepared.run)),
        mock.patch.object(Prepared, "add", noting(Prepared.add)),
    ):
        yield said
    for store in stores:
        store.database.close_idle()
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)
