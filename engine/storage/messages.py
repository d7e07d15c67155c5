"""Texts to PostgreSQL by its own library, several in one message, with their parameters spelled into them.

psycopg spells the parameters, waits, and reads the rows, all in C. Its cursors would take 51 us of the processor for a
question and its row, this 20. What is asked so has no plan of its own that could be kept, and needs none.

What finds nothing is put off and goes out before the next question, in one message with it: a message there and back
takes as long as what most statements do.
"""

from __future__ import annotations

from collections.abc import Mapping
from select import POLLIN, poll
from typing import Any

import psycopg
from psycopg import OperationalError, errors, generators, pq
from psycopg.adapt import Transformer
from psycopg.waiting import wait_async
from sqlalchemy.util.concurrency import await_

from engine.storage.turns import is_lent

_WENT_WELL = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY})

LOOKS = 0.1  # seconds between two looks whether somebody wants to break off
AT_ONCE = 1  # milliseconds; a turn of the event loop costs a fifth of one

Row = tuple[Any, ...]


class Connection(psycopg.Connection[Row]):
    """Hands the event loop to others where it is asked from there, unless PostgreSQL answers as quickly as a file."""

    def __init__(self, pgconn: Any) -> None:
        super().__init__(pgconn)
        self.put_off: list[str] = []

    def wait(self, gen: Any, interval: float = LOOKS, timeout: float | None = None) -> Any:
        """What the driver's generator gives in the end."""
        if is_lent() and not self._answers_at_once():
            return await_(wait_async(gen, self.pgconn.socket, interval, timeout))
        return super().wait(gen, interval, timeout)

    def _answers_at_once(self) -> bool:
        answer = poll()
        answer.register(self.pgconn.socket, POLLIN)
        return bool(answer.poll(AT_ONCE))


def filled(driver: Any, text: str, values: Mapping[str, Any]) -> str:
    """The text with values at its `%(name)s`. Raises psycopg's `DataError` for a text with NUL."""
    spell = Transformer(driver).as_literal
    return text % {name: spell(value).decode() for name, value in values.items()}


def put_off(driver: Any, text: str) -> None:
    """Let a text wait for the next one that is said, or for `send`."""
    driver.put_off.append(text)


def send(driver: Any) -> None:
    """Say what was put off. Raises psycopg's `Error`."""
    if driver.put_off:
        ask(driver)


def forget(driver: Any) -> None:
    """What was put off is not said."""
    driver.put_off.clear()


def ask(driver: Any, *texts: str) -> Any:
    """What PostgreSQL says to the last statement of these texts, before which what was put off is said.

    Raises psycopg's `Error` where any of all these fails.
    """
    waiting, driver.put_off = driver.put_off, []
    last = say(driver, "; ".join([*waiting, *texts]))[-1]
    check(last)  # nothing is carried out after what fails
    return last


def say(driver: Any, text: str) -> list[Any]:
    """What PostgreSQL says to each statement of a text; what failed is its last answer.

    Raises psycopg's `OperationalError` where the server is gone.
    """
    driver.pgconn.send_query(text.encode())
    results: list[Any] = driver.wait(generators.execute(driver.pgconn))
    last = results[-1]
    if last.status not in _WENT_WELL and last.error_field(pq.DiagnosticField.SQLSTATE) is None:
        raise OperationalError(last.error_message.decode(errors="replace"))
    return results


def check(result: Any) -> None:
    """Raises psycopg's `Error` where a statement failed."""
    if result.status not in _WENT_WELL:
        raise errors.error_from_result(result)


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
    forget(driver)
    driver.pgconn.send_query(b"ROLLBACK")


def settle(driver: Any) -> None:
    """Hear the end of what was sent without waiting."""
    connection = driver.pgconn
    connection.consume_input()
    if connection.is_busy():
        driver.wait(generators.fetch_many(connection))
    while connection.get_result() is not None:
        pass
