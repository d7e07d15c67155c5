"""Actions: one file is one thing that a step of an automation can do, named as definitions name it.

An action declares its options and says honestly what came of it; it knows no session, SQL or HTTP. The runner
(engine/automations/) evaluates the expressions, gives it a `Step`, keeps the journal and obeys the outcome.

An action writes either into the workspace (`external = False`: what it does commits together with the
journal, so exactly once) or to somebody outside (`external = True`: it is run outside of any transaction, and
once more when nobody knows how the last attempt ended).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from engine.errors import FormworkError
from engine.registry import Registry
from engine.text import Label, Text
from engine.webhooks import Verdict

Options = Mapping[str, Any]
Gives = Literal["field", "record", "users", "addresses", "any", "message"]


@dataclass(frozen=True)
class Done:
    """It happened. Later steps read `result` as `{steps.<key>.<name>}`."""

    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """Not now: try again `after` so many seconds."""

    after: float
    why: str


@dataclass(frozen=True)
class Skipped:
    """There was nothing to do, and that is all right; the run goes on."""

    why: str


@dataclass(frozen=True)
class Failed:
    """It cannot be done; the run ends here."""

    why: str


Outcome = Done | Retry | Skipped | Failed


class Written(NamedTuple):
    """An expression or message inside a step's options, for the check and for the runner.

    `at` is its JSON pointer inside the step (`/values/amount`); `text` is what is written there, an expression
    with its `=`, a message as a label; `gives` is what it must come to: a value that `field` can hold, a record's
    id, users' ids, mail addresses, any JSON value, or (for a message) a text.
    """

    at: str
    text: Label
    gives: Gives
    field: str = ""


class NotSetUp(FormworkError):
    """The workspace has not yet said where a connection leads."""

    status = 409
    code = "not_set_up"


class Posted(NamedTuple):
    """What came of one attempt to deliver a webhook: `status` None when there was no answer; `says` for the trace."""

    verdict: Verdict
    status: int | None
    milliseconds: int
    says: str


class Words(Protocol):
    """What people call things, in the language of the reader. Unknown keys come back as they are."""

    def table(self, name: str | None) -> str: ...

    def field(self, table: str | None, key: str) -> str: ...

    def connection(self, key: str) -> str: ...


class Step(Protocol):
    """What the runner gives to an action: evaluated options, and the verbs that an action may use."""

    @property
    def options(self) -> Options:
        """The step's options, every expression replaced by its value, every message filled in."""

    @property
    def table(self) -> str:
        """The address of the trigger's table."""

    @property
    def record_id(self) -> str:
        """The id of the trigger's record."""

    def create_record(self, table: str, values: Mapping[str, Any]) -> str:
        """Create a record and give its id. `table` as the definition names it. Raises Refused, NotFound."""

    def update_record(self, table: str, record_id: str, values: Mapping[str, Any]) -> bool:
        """Change a record; False when it already held these values. Raises Refused, NotFound."""

    def notify(self, user_ids: Sequence[str], message: str, *, link: bool) -> list[str]:
        """Put `message` into people's inboxes, with a link to the trigger's record; the ids of who is a member."""

    def deliver_mail(self, to: Sequence[str], subject: str, text: str) -> list[str]:
        """Put one mail per address into the outbox; their ids."""

    def post(self, options: Options) -> Posted:
        """Attempt to deliver what `prepare` made of the options. Raises NotSetUp, EgressRefused."""


class Action(ABC):
    """What every action answers."""

    name: str
    label: ClassVar[Text]
    icon: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}  # option -> its JSON Schema
    required: ClassVar[tuple[str, ...]] = ()
    external: ClassVar[bool] = False
    writes: ClassVar[bool] = False  # its `values` are those of a record of `table` (the trigger's when not said)
    tells: ClassVar[frozenset[str]] = frozenset()  # of its result what tells nothing of records: for who sees not all

    def sentence(self, options: Options, words: Words) -> Text:
        """What the step does, as a person reads it; `options` are those of the definition."""
        return self.label

    def expressions(self, options: Options) -> list[Written]:
        """Every expression and message in `options`."""
        return []

    def prepare(self, options: Options, now: datetime) -> Options:
        """What the journal keeps for all attempts of an external step, made once from the evaluated options.

        Raises Refused when the values cannot be sent at all.
        """
        return options

    @abstractmethod
    def run(self, step: Step) -> Outcome:
        """Do it. May raise Refused, NotFound, Forbidden or Conflict: the step then failed with these words."""


def is_expression(value: object) -> bool:
    """Whether a value of a definition is an expression, not a plain value."""
    return isinstance(value, str) and value.startswith("=")


def in_values(values: Mapping[str, Any]) -> Iterator[Written]:
    """The expressions among the values for a record's fields."""
    for key, value in values.items():
        if is_expression(value):
            yield Written(f"/values/{key}", value, "field", key)


def in_tree(at: str, tree: Any, gives: Gives = "any") -> Iterator[Written]:
    """The expressions anywhere in a JSON tree."""
    if isinstance(tree, Mapping):
        for key, inner in tree.items():
            yield from in_tree(f"{at}/{key.replace('~', '~0').replace('/', '~1')}", inner, gives)
    elif isinstance(tree, list):
        for index, inner in enumerate(tree):
            yield from in_tree(f"{at}/{index}", inner, gives)
    elif is_expression(tree):
        yield Written(at, tree, gives)


def in_messages(options: Options, *names: str) -> Iterator[Written]:
    """The options called `names`, which are messages: labels that may have placeholders to fill in."""
    for name in names:
        if name in options:
            yield Written(f"/{name}", options[name], "message")


def listed(value: Any) -> list[str]:
    """A list of texts from a text, a list (also of lists) or nothing; without repetitions and empty ones."""
    if isinstance(value, list):
        return list(dict.fromkeys(text for inner in value for text in listed(inner)))
    return [value.strip()] if isinstance(value, str) and value.strip() else []


actions: Registry[Action] = Registry("engine.actions", Action)
