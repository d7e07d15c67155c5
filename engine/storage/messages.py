"""Texts to PostgreSQL by its own library, several in one message, with their parameters spelled into them.

psycopg spells the parameters, waits, and reads the rows, all in C. Its cursors would take 51 us of the processor for a
question and its row, this 20. What is asked so has no plan of its own that could be kept, and needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import OperationalError, errors, generators, pq
from psycopg.adapt import Transformer

_WENT_WELL = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY})

Row = tuple[Any, ...]


def filled(driver: Any, text: str, values: Mapping[str, Any]) -> str:
    """The text with values at its `%(name)s`. Raises psycopg's `DataError` for a text with NUL."""
    spell = Transformer(driver).as_literal
    return text % {name: spell(value).decode() for name, value in values.items()}


def ask(driver: Any, text: str) -> list[Any]:
    """What PostgreSQL says to each statement of a text. Raises psycopg's `Error`."""
    driver.pgconn.send_query(text.encode())
    results: list[Any] = driver.wait(generators.execute(driver.pgconn))
    last = results[-1]  # nothing is carried out after what fails
    if last.status not in _WENT_WELL:
        if last.error_field(pq.DiagnosticField.SQLSTATE) is None:  # the server is gone
            raise OperationalError(last.error_message.decode(errors="replace"))
        raise errors.error_from_result(last)
    return results


def rows_in(driver: Any, result: Any) -> list[Row]:
    """The rows that a statement has found."""
    reader = Transformer(driver)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, tuple)


def plain_rows_in(result: Any) -> list[Row]:
    """The same with values as the database spells them."""
    return [tuple(result.get_value(row, column) for column in range(result.nfields)) for row in range(result.ntuples)]


def end(driver: Any) -> None:
    """Take back the transaction; nobody needs to wait for it: see `settle`."""
    driver.pgconn.send_query(b"ROLLBACK")


def settle(driver: Any) -> None:
    """Hear the end of what was sent without waiting."""
    while driver.pgconn.get_result() is not None:
        pass
