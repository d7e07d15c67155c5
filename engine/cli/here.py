"""What every command gets to work with: the options that all have, the stores, and the terminal to answer on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from cyclopts import Group, Parameter

from engine.errors import FormworkError, NotFound, Problem, Refused
from engine.json_text import read_json
from engine.text import _, harmless

if TYPE_CHECKING:
    from engine.access.principals import Principal
    from engine.accounts import Person
    from engine.local_door import Terminal
    from engine.settings import Settings
    from engine.storage.session import Session
    from engine.storage.stores import Stores, Workspace

LINES = "\n\t"  # that our own sentences have
_COMMON = Group("Common", sort_key=9)

FileName = Annotated[str, Parameter(allow_leading_hyphen=True)]  # of an option: `-` is standard input


class WrongUse(FormworkError):
    """The words typed make no command; another spelling would."""

    code = "wrong_use"


class Instants(str):
    """What stands above a column of instants."""


@dataclass
class Place:
    """Where a command runs: in the process that was started, or in the server behind the local door."""

    terminal: Terminal
    settings: Settings
    stores: Stores | None = None


@Parameter(name="*")
@dataclass
class Here:
    """For every command: how to answer."""

    json: Annotated[bool, Parameter(negative="", show_default=False, group=_COMMON)] = False
    """Answer with JSON, for programs."""
    place: Annotated[Any, Parameter(parse=False)] = None

    @property
    def terminal(self) -> Terminal:
        """Where the command was typed."""
        return self._place.terminal

    @property
    def settings(self) -> Settings:
        """The settings of the process that runs the command."""
        return self._place.settings

    @property
    def stores(self) -> Stores:
        """The stores, for the commands that take `WithStores`."""
        return cast("Stores", self._place.stores)

    def say(self, sentence: str, **facts: Any) -> None:
        """Answer with a sentence, or with `facts` where JSON is wanted."""
        self.terminal.out(f"{as_json(facts)}\n" if self.json else f"{harmless(sentence, LINES)}\n")

    def note(self, sentence: str) -> None:
        """Say something beside the answer, on standard error."""
        self.terminal.err(f"{harmless(sentence, LINES)}\n")

    def document(self, value: Any) -> None:
        """Answer with a JSON document."""
        self.terminal.out(f"{as_json(value)}\n")

    def told(self, instant: str) -> str:
        """An instant as people read it; in UTC where there is no workspace whose clock it could be."""
        return f"{_told(instant, 'en', 'UTC')} UTC"

    def table(self, rows: Sequence[Mapping[str, Any]], headings: Mapping[str, str], nothing: str = "") -> None:
        """Answer with a table: `headings` maps keys of the rows to what stands above; JSON has the rows as they are.

        Below `Instants` stand times of the workspace's clock. `nothing` is said, on standard error, for no rows.
        """
        from engine.cli.printing import aligned

        if self.json:
            self.document(list(rows))
        elif rows:
            cells = [[self._shown(heading, row.get(key)) for key, heading in headings.items()] for row in rows]
            self.terminal.out(aligned(headings.values(), cells))
        elif nothing:
            self.note(nothing)

    def text(self, path: str) -> str:
        """The text of a file of the one who asks; `-` is standard input. Raises `Refused`."""
        try:
            return self.terminal.read(path).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            says = _("The file {path} is not UTF-8 text (byte {byte}).", path=path, byte=error.start)
            raise Refused([Problem("", says, "encoding")]) from error

    def read_json(self, path: str) -> Any:
        """The JSON document in a file. Raises `Refused`."""
        try:
            return read_json(self.text(path))
        except Refused as refused:
            says = _("{path}: {problem}", path=path, problem=refused.problems[0].says)
            raise Refused([Problem("", says, "json")]) from None

    def _shown(self, heading: str, cell: Any) -> Any:
        return self.told(cell) if isinstance(heading, Instants) and cell else cell

    @property
    def _place(self) -> Place:
        place: Place = self.place
        return place


@Parameter(name="*")
@dataclass
class WithStores(Here):
    """For commands that look into the stores."""

    def person_at(self, email: str) -> Person:
        """Whose account has this e-mail address. Raises `NotFound`."""
        from engine import accounts

        found = accounts.person_by_email(self.stores, email)
        if found is None:
            raise NotFound(_("There is no account with the address {email}.", email=email))
        return found


@Parameter(name="*")
@dataclass
class InWorkspace(WithStores):
    """For commands about one workspace."""

    workspace: Annotated[str, Parameter(name=("--workspace", "-w"), show_default=False, group=_COMMON)] = ""
    """Id or name of the workspace. Needed only if there are several."""
    acting_as: Annotated[str, Parameter(name="--as", show_default=False, group=_COMMON)] = ""
    """E-mail address of the person to act for. Without it: the workspace's first owner."""
    as_role: Annotated[str, Parameter(show_default=False, group=_COMMON)] = ""
    """Only look, as a member with just these roles of apps (several with commas between them) who owns nothing, or as
    the person of --as with these roles instead of their own."""
    _principal: Annotated[Any, Parameter(parse=False)] = None

    def read(self) -> AbstractContextManager[Session]:
        """A transaction of the workspace that only reads."""
        return self.store.read(self.principal)

    def write(self, cause: str | None = None) -> AbstractContextManager[Session]:
        """A transaction of the workspace that commits at the end of the block."""
        return self.store.write(self.principal, cause)

    def told(self, instant: str) -> str:
        """An instant as people of the workspace read it."""
        return _told(instant, self.store.language, self.store.time_zone)

    @property
    def store(self) -> Workspace:
        """The workspace's store. Raises `NotFound`, `WrongUse`."""
        return self.stores.workspace(self.workspace_id)

    @property
    def workspace_id(self) -> str:
        """The id of the workspace that is meant. Raises `NotFound`, `WrongUse` when none or several are."""
        from engine import workspaces

        known = workspaces.directory(self.stores)
        if not known:
            raise NotFound(_("There is no workspace yet. Make the owner first: formwork owner create."))
        wanted = self.workspace.casefold()
        found = [key for key, name in known.items() if wanted in ("", key, name.casefold())]
        names = ", ".join(f"{name} ({key})" for key, name in known.items())
        if not found:
            raise NotFound(_("There is no workspace {name}. There are: {names}.", name=self.workspace, names=names))
        if len(found) > 1:
            raise WrongUse(_("Say which workspace with --workspace: {names}.", names=names))
        return found[0]

    @property
    def person(self) -> Person:
        """For whom the command acts: who --as names, else the workspace's first owner. Raises `NotFound`."""
        from engine import accounts, workspaces

        if self.acting_as:
            return self.person_at(self.acting_as)
        owners = [one for one in workspaces.people(self.stores, self.workspace_id) if one.role == "owner"]
        return accounts.person(self.stores, min(one.id for one in owners))

    @property
    def principal(self) -> Principal:
        """The person above, with their role in the workspace, or somebody with the roles of --as-role.

        Raises `NotFound` when they have none, or there is no such role.
        """
        if self._principal is None:
            self._principal = self._with_roles() if self.as_role else self._themself()
        principal: Principal = self._principal
        return principal

    def _themself(self) -> Principal:
        from engine import workspaces
        from engine.access.principals import person

        who = self.person.id
        return person(who, workspaces.membership(self.stores, self.workspace_id, who).role)

    def _with_roles(self) -> Principal:
        from engine import roles
        from engine.access.principals import holding

        held = [one.strip() for one in self.as_role.split(",") if one.strip()]
        with self.store.read() as session:
            for one in held:
                roles.get(session, one)
        return holding(held, self._themself().user_id if self.acting_as else None)


# Defaults in signatures; each run puts a fresh one in their place.
HERE = Here()
WITH_STORES = WithStores()
IN_WORKSPACE = InWorkspace()


def as_json(value: Any) -> str:
    """JSON as people can read it too."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _told(instant: str, language: str, time_zone: str) -> str:
    from engine.field_types import field_types

    return field_types["date_time"].display(instant, {"time_zone": time_zone}, language)
