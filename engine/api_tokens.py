"""API tokens: a program's way in. Shown once; only the SHA-256 is stored. What one may do is its scope."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from engine import audit, notices, workspaces
from engine.access.principals import Principal, person
from engine.access.scopes import WHOLE, Scope
from engine.errors import NotFound, Problem, Refused, SignInNeeded
from engine.ids import ALPHABET, new_id, secret_hash
from engine.storage.control_tables import memberships, tokens, users
from engine.storage.prepared import Prepared, Row
from engine.storage.session import Proof, timestamp
from engine.storage.stores import Stores
from engine.text import _

PREFIX = "fwk_"
USED_EVERY = timedelta(minutes=10)  # how exactly "last used" is kept; each time costs a write
DAYS = 90


@dataclass(frozen=True)
class Token:
    """An API token as its owner sees it in the list; `expires_at` None: never."""

    id: str
    name: str
    workspace_id: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    scope: Scope = WHOLE


@dataclass(frozen=True)
class Holder:
    """Whom a token acts for, and where."""

    token_id: str
    user_id: str
    workspace_id: str
    role: workspaces.Role
    scope: Scope = WHOLE

    @property
    def principal(self) -> Principal:
        """Who asks, for the door."""
        return Principal("token", self.token_id, self.user_id, self.role, self.scope)


def create(
    stores: Stores,
    user_id: str,
    workspace_id: str,
    name: str,
    *,
    days: int | None = DAYS,
    scope: Scope = WHOLE,
) -> tuple[Token, str]:
    """An API token and its secret, which is shown this once. `days` None: it never expires.

    Raises `Refused` (places `/name`, `/days`, `/within`), `NotFound` when the person does not belong to the workspace.
    """
    workspaces.membership(stores, workspace_id, user_id)
    problems = [] if name.strip() else [Problem("/name", _("Say what the token is for."), "required")]
    if days is not None and not 1 <= days <= 3650:
        problems.append(Problem("/days", _("Choose between 1 and 3650 days."), "range", days))
    problems += _problems_with_scope(stores, workspace_id, scope)
    if problems:
        raise Refused(problems)
    secret = _new_token()
    with stores.control.write(person(user_id)) as session:
        says = _("made the API token {name}", name=name.strip()[:200])
        audit.note(session, "token.created", says, workspace=workspace_id, **asdict(scope))
        told = _("An API token was made, by which a program acts as you: {name}.", name=name.strip()[:200])
        notices.put(session, user_id, told)
        expires_at = timestamp(session.now + timedelta(days=days)) if days else None
        made = Token(new_id("tok"), name.strip()[:200], workspace_id, timestamp(session.now), expires_at, None, scope)
        session.connection.execute(
            sa.insert(tokens).values(
                id=made.id,
                token_hash=secret_hash(secret),
                user_id=user_id,
                workspace_id=workspace_id,
                name=made.name,
                created_at=made.created_at,
                expires_at=expires_at,
                scope=_words(scope),
                within=" ".join(scope.within),
            )
        )
    return made, secret


def belonging_to(stores: Stores, user_id: str) -> list[Token]:
    """The person's tokens, the newest first."""
    wanted = (
        sa.select(
            tokens.c.id,
            tokens.c.name,
            tokens.c.workspace_id,
            tokens.c.created_at,
            tokens.c.expires_at,
            tokens.c.last_used_at,
            tokens.c.scope,
            tokens.c.within,
        )
        .where(tokens.c.user_id == user_id)
        .order_by(tokens.c.created_at.desc(), tokens.c.id.desc())
    )
    with stores.control.read() as session:
        return [Token(*row[:6], _scope(*row[6:])) for row in session.connection.execute(wanted)]


def delete(stores: Stores, user_id: str, token_id: str) -> None:
    """The next request with it is refused. Raises `NotFound`."""
    with stores.control.write(person(user_id)) as session:
        mine = sa.and_(tokens.c.id == token_id, tokens.c.user_id == user_id)
        gone = sa.delete(tokens).where(mine).returning(tokens.c.name, tokens.c.workspace_id)
        row = session.connection.execute(gone).one_or_none()
        if row is None:
            raise NotFound(_("There is no such token."))
        says = _("deleted the API token {name}", name=row[0])
        audit.note(session, "token.deleted", says, workspace=row[1], token=token_id)


# Asked with every request, so that a token that is taken back counts no more at once.
_HOLDERS = (
    sa.select(tokens.c.id, tokens.c.user_id, tokens.c.workspace_id, memberships.c.role)
    .add_columns(tokens.c.expires_at, tokens.c.last_used_at, tokens.c.scope, tokens.c.within)
    .join(
        memberships,
        sa.and_(memberships.c.workspace_id == tokens.c.workspace_id, memberships.c.user_id == tokens.c.user_id),
    )
    .join(users, users.c.id == tokens.c.user_id)
    .where(users.c.disabled_at.is_(None))
)
_HOLDER = Prepared(_HOLDERS.where(tokens.c.token_hash == sa.bindparam("wanted")))


def holder_of(stores: Stores, secret: str) -> Holder:
    """Whom an API token acts for. Raises `SignInNeeded` when it is unknown, expired or its holder has left."""
    return _holder(_counting(stores, secret))


def proven_holder_of(stores: Stores, secret: str) -> tuple[Holder, Proof]:
    """The same, and what proves later that all of it is still so and that its use need not be noted again.

    For transactions of workspaces that lie in one database with the control store.
    """
    row = _counting(stores, secret)
    holder = _holder(row)
    token = sa.and_(
        tokens.c.token_hash == secret_hash(secret),
        *(
            column.is_not_distinct_from(value)
            for column, value in zip(_HOLDERS.selected_columns, row, strict=True)
            if column.table is tokens
        ),
    )
    member = sa.and_(
        memberships.c.workspace_id == holder.workspace_id,
        memberships.c.user_id == holder.user_id,
        memberships.c.role == holder.role,
    )
    user = sa.and_(users.c.id == holder.user_id, users.c.disabled_at.is_(None))
    # Each looked for by itself: PostgreSQL would take three times as long to make a plan for all of them joined.
    condition = sa.and_(*(sa.select(sa.literal(1)).where(one).exists() for one in (token, member, user)))

    def holds() -> bool:
        now = datetime.now(UTC)
        return not _is_over(row, now) and not _is_unnoted(row, now)

    return holder, Proof(stores.control.spelled(condition), holds)


def _counting(stores: Stores, secret: str) -> Row:
    """The row of a token that counts now. Raises `SignInNeeded`."""
    refused = SignInNeeded(_("This token does not count (any more)."))
    if not _looks_like_token(secret):
        raise refused
    found = stores.control.answer(_HOLDER, secret_hash(secret))
    if not found:
        raise refused
    row, now = found[0], datetime.now(UTC)
    if _is_over(row, now):
        raise refused
    if _is_unnoted(row, now):
        with stores.control.write() as session:
            used = sa.update(tokens).where(tokens.c.id == row[0]).values(last_used_at=timestamp(now))
            session.connection.execute(used)
            if row[5] is None:
                session.principal = _holder(row).principal
                says = _("came with an API token for the first time")
                audit.note(session, "token.first_used", says, workspace=row[2], token=row[0])
        row = (*row[:5], timestamp(now), *row[6:])
    return row


def holder_by_id(stores: Stores, token_id: str) -> Holder:
    """The same for what a token made, such as the address of a file. Raises `NotFound` when the token is no more."""
    with stores.control.read() as session:
        row = session.connection.execute(_HOLDERS.where(tokens.c.id == token_id)).one_or_none()
        now = session.now
    if row is None or (row.expires_at is not None and row.expires_at <= timestamp(now)):
        raise NotFound(_("There is no such token."))
    return Holder(row.id, row.user_id, row.workspace_id, row.role, _scope(row.scope, row.within))


def _is_over(row: Sequence[Any], now: datetime) -> bool:
    """Whether the token has ended; `row` is one of `_HOLDERS`."""
    return row[4] is not None and bool(row[4] <= timestamp(now))


def _is_unnoted(row: Sequence[Any], now: datetime) -> bool:
    """Whether its use was noted long ago."""
    return row[5] is None or bool(row[5] <= timestamp(now - USED_EVERY))


def _holder(row: Sequence[Any]) -> Holder:
    token_id, user_id, workspace_id, role = row[:4]
    return Holder(token_id, user_id, workspace_id, cast(workspaces.Role, role), _scope(*row[6:]))


def _words(scope: Scope) -> str:
    """What it may, as it is kept: `write builds people`."""
    more = [word for word, held in (("builds", scope.builds), ("people", scope.people)) if held]
    return " ".join(["write" if scope.writes else "read", *more])


def _scope(may: str, within: str) -> Scope:
    words = may.split()
    return Scope("write" in words, tuple(within.split()), "builds" in words, "people" in words)


def _problems_with_scope(stores: Stores, workspace_id: str, scope: Scope) -> list[Problem]:
    if scope.within and (scope.builds or scope.people):
        says = _("Who changes apps or people does so in the whole workspace. Choose no tables, or neither of these.")
        return [Problem("/within", says, "too_much", list(scope.within))]
    with stores.workspace(workspace_id).read() as session:
        apps = session.layout.apps
        known = {*apps, *(table.address for app in apps.values() for table in app.tables.values())}
    unknown = [one for one in scope.within if one not in known]
    says = _("There is no app or table {name} in this workspace.", name=", ".join(unknown))
    return [Problem("/within", says, "unknown", unknown)] if unknown else []


def _new_token() -> str:
    body = "".join(secrets.choice(ALPHABET) for _each in range(43))  # 62**43 > 2**256
    return f"{PREFIX}{body}{_checksum(body)}"


def _looks_like_token(secret: str) -> bool:
    """Whether the checksum is right: a mistyped token costs no look into the database."""
    body = secret.removeprefix(PREFIX)
    return secret.startswith(PREFIX) and secret.isascii() and _checksum(body[:-6]) == body[-6:]


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), []
    for _each in range(6):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(digits)
