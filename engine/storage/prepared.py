"""Statements whose SQL is made once and then runs at the cost of the driver alone.

Building an expression costs SQLAlchemy some 200 us and running it 70 us more; SQLite answers in 10. So what is asked
all the time is prepared: written with SQLAlchemy's expressions like everything else, compiled at its first use, and
from then on handed straight to the driver, with the same conversions of values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]
Conversion = Callable[[Any], Any]
Made = TypeVar("Made")


class Prepared:
    """One statement for both databases. Parameters have names; those with a value of their own keep it."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement: Any = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        """What the statement finds; one that finds nothing may wait until `send` or the next question.

        Raises SQLAlchemy's `DBAPIError`.
        """
        compiled = self._for(connection.dialect)
        try:
            return compiled.found(_driver(connection), values)
        except compiled.errors as error:
            raise _wrapped(connection, compiled.text, error) from error

    def rows_after(
        self, connection: Connection, texts: Sequence[str], values: Mapping[str, Any]
    ) -> tuple[list[Row], Callable[[], list[Row]]]:
        """What the last of these texts answers, as `ask_directly` gives it, and what gives the rows of the statement.

        For PostgreSQL, which gets all in one message; the statement's own complaint comes with its rows. Raises
        SQLAlchemy's `DBAPIError`.
        """
        compiled = cast("_OnServer", self._for(connection.dialect))

        def guarded(act: Callable[[], Made]) -> Made:
            try:
                return act()
            except compiled.errors as error:
                raise _wrapped(connection, compiled.text, error) from error

        first, found = guarded(lambda: compiled.found_after(_driver(connection), texts, values))
        return first, lambda: guarded(found)

    def run(self, connection: Connection, each: Iterable[Mapping[str, Any]]) -> None:
        """Carry the statement out once for each set of values, at the latest at `send` or before the next question.

        Raises SQLAlchemy's `DBAPIError`.
        """
        compiled = self._for(connection.dialect)
        try:
            compiled.run(_driver(connection), each)
        except compiled.errors as error:
            raise _wrapped(connection, compiled.text, error) from error

    def add(self, connection: Connection, columns: Mapping[str, Sequence[Any]]) -> None:
        """Carry the statement out once for each row of these columns, whose values are such as the driver takes.

        Raises SQLAlchemy's `DBAPIError`.
        """
        compiled = self._for(connection.dialect)
        try:
            _driver(connection).executemany(compiled.text, compiled.rows_of(columns))
        except compiled.errors as error:
            raise _wrapped(connection, compiled.text, error) from error

    def spelled(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, Any]:
        """The SQL and its parameters as the driver gets them, for EXPLAIN."""
        compiled = self._for(dialect)
        return compiled.text, compiled.parameters(values)

    def sql(self, dialect: Dialect) -> str:
        """Its SQL."""
        return self._for(dialect).text

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            kind = _OnSqlite if dialect.name == "sqlite" else _OnServer
            found = self._compiled[dialect.name] = kind(self._statement, dialect)
        return found


class _Compiled(ABC):
    """The statement in one database's SQL, and how its values go in and come out."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        needed = [name for name, one in compiled.binds.items() if one.required]
        state = compiled.construct_expanded_state(dict.fromkeys(needed))
        self.text: str = state.statement
        self.errors: type[Exception] = dialect.loaded_dbapi.Error
        self._dialect = dialect
        self._types = [one.type for one in getattr(statement, "selected_columns", ())]
        self._results: list[tuple[int, Conversion]] | None = None
        names = state.positiontup if state.positiontup is not None else list(state.parameters)
        self._places: list[tuple[str, Conversion | None]] = []
        self._own: dict[str, Any] = {}
        for name in names:
            bind = compiled.binds.get(name)
            convert: Any = state.processors.get(name)
            if convert is None and bind is not None:
                convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind is not None and bind.required:
                self._places.append((name, convert))
            else:
                value = state.parameters[name]
                self._own[name] = value if convert is None else convert(value)
        self._order = state.positiontup

    def parameters(self, values: Mapping[str, Any]) -> Any:
        filled = dict(self._own)
        for name, convert in self._places:
            filled[name] = values[name] if convert is None else convert(values[name])
        return filled if self._order is None else tuple([filled[name] for name in self._order])

    def rows_of(self, columns: Mapping[str, Sequence[Any]]) -> Iterable[Row]:
        """The parameters of each row, for statements whose parameters have places."""
        count = len(next(iter(columns.values())))
        given = {**{name: [value] * count for name, value in self._own.items()}, **columns}
        return zip(*(given[name] for name in self._order or ()), strict=True)

    @abstractmethod
    def found(self, driver: Any, values: Mapping[str, Any]) -> list[Row]:
        """What the statement finds; nothing, if it is one that writes."""

    @abstractmethod
    def run(self, driver: Any, each: Iterable[Mapping[str, Any]]) -> None:
        """Carry it out once for each set of values."""

    def converted(self, rows: list[Row], kinds: Iterable[Any]) -> list[Row]:
        """The rows with values as the engine knows them; `kinds` of columns as the database names them."""
        if self._results is None:  # which columns are converted is known once it has run
            each = [
                type_.dialect_impl(self._dialect).result_processor(self._dialect, kind)
                for type_, kind in zip(self._types, kinds, strict=False)
            ]
            self._results = [(number, convert) for number, convert in enumerate(each) if convert is not None]
        if not self._results or not rows:
            return rows
        columns: list[Any] = list(zip(*rows, strict=True))
        for number, convert in self._results:
            columns[number] = map(convert, columns[number])
        return list(zip(*columns, strict=True))


class _OnSqlite(_Compiled):
    def found(self, driver: Any, values: Mapping[str, Any]) -> list[Row]:
        cursor = driver.execute(self.text, self.parameters(values))
        described = cursor.description
        return self.converted(cursor.fetchall(), (one[1] for one in described)) if described else []

    def run(self, driver: Any, each: Iterable[Mapping[str, Any]]) -> None:
        driver.executemany(self.text, map(self.parameters, each))


class _OnServer(_Compiled):
    def __init__(self, statement: Any, dialect: Dialect) -> None:
        super().__init__(statement, dialect)
        self._finds_nothing = statement.is_dml and not statement.returning_column_descriptions

    def found(self, driver: Any, values: Mapping[str, Any]) -> list[Row]:
        if self._finds_nothing:
            self.run(driver, [values])
            return []
        messages = _messages()
        return self._rows_in(driver, messages.ask(driver, messages.filled(driver, self.text, self.parameters(values))))

    def found_after(
        self, driver: Any, texts: Sequence[str], values: Mapping[str, Any]
    ) -> tuple[list[Row], Callable[[], list[Row]]]:
        """What the last of some texts finds, and then what gives what the statement finds."""
        messages = _messages()
        filled = messages.filled(driver, self.text, self.parameters(values))
        results = messages.say(driver, "; ".join([*texts, filled]))
        if len(results) <= len(texts):  # one of them has failed
            messages.check(results[-1])

        def found() -> list[Row]:
            messages.check(results[-1])
            return self._rows_in(driver, results[-1])

        return messages.plain_rows_in(results[-2]), found

    def _rows_in(self, driver: Any, result: Any) -> list[Row]:
        kinds = (result.ftype(number) for number in range(result.nfields))
        return self.converted(_messages().rows_in(driver, result), kinds) if result.nfields else []

    def run(self, driver: Any, each: Iterable[Mapping[str, Any]]) -> None:
        messages = _messages()
        for values in each:
            messages.put_off(driver, messages.filled(driver, self.text, self.parameters(values)))


def ask_directly(connection: Connection, *texts: str) -> list[Row]:
    """Hand statements without parameters to the database, in one message where it takes several.

    The answer is the last one's, with values as the database spells them. Raises SQLAlchemy's `DBAPIError`.
    """
    driver, dialect = _driver(connection), connection.dialect
    try:
        if dialect.name == "sqlite":
            answers: list[list[Row]] = [driver.execute(text).fetchall() for text in texts]
            return answers[-1]
        messages = _messages()
        found: list[Row] = messages.plain_rows_in(messages.ask(driver, *texts))
        return found
    except dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, "; ".join(texts), error) from error


def end_directly(connection: Connection, *, keep: bool) -> None:
    """End a transaction that only the driver knows of. Raises SQLAlchemy's `DBAPIError`."""
    if keep:
        ask_directly(connection, "COMMIT")
    elif connection.dialect.name == "sqlite":
        _driver(connection).rollback()  # says nothing where the database has rolled back by itself
    else:
        _messages().end(_driver(connection))


def send(connection: Connection) -> None:
    """Have carried out what waits for the next question. Raises SQLAlchemy's `DBAPIError`."""
    if connection.dialect.name == "sqlite":
        return
    try:
        _messages().send(_driver(connection))
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, "", error) from error


def forget(connection: Connection) -> None:
    """What waits for the next question is not carried out."""
    if connection.dialect.name != "sqlite" and not connection.invalidated:
        _messages().forget(_driver(connection))


def settle(connection: Connection) -> None:
    """Hear the end of what was sent without waiting."""
    if connection.dialect.name != "sqlite" and not connection.invalidated:
        _messages().settle(_driver(connection))


def _messages() -> Any:
    """PostgreSQL's side. Its driver takes memory, and is not loaded where the database is a file."""
    from engine.storage import messages

    return messages


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _wrapped(connection: Connection, sql: str, error: Exception) -> Exception:
    """The driver's error as SQLAlchemy would raise it; a connection that is lost does not go back to the others."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, _driver(connection), None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
    )
