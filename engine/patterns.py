"""Patterns (regular expressions) that people write: a closed grammar, the same on both databases, never slow.

Allowed are characters, `.`, classes, groups, `|`, anchors and repeats; not back references, look-around or a
repeat inside a repeat, which are what makes an engine that backtracks run for ever. What remains is judged by
how its time grows with the text, and only texts short enough for that are matched.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field

from engine.text import Text, _

MAX_LENGTH = 200
MAX_SIZE = 1_000  # characters to match when fixed repeats are written out
MAX_REPEAT = 255
LONGEST_TEXT = {0: 100_000, 1: 100_000, 2: 3_000, 3: 300}  # by the power with which the time may grow

Characters = frozenset[int]  # codes below 128; 128 stands for all beyond
_EVERY: Characters = frozenset(range(129))
_CLASSES: dict[str, tuple[str, Characters]] = {
    "d": ("0-9", frozenset(map(ord, string.digits))),
    "w": ("A-Za-z0-9_", frozenset(map(ord, string.ascii_letters + string.digits + "_"))),
    "s": (r" \t\n\r\f\v", frozenset(map(ord, " \t\n\r\f\v"))),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_SPELLED = {one: f"\\{name}" for name, one in _CONTROLS.items()}


class BadPattern(ValueError):
    """The pattern cannot be used; `says` tells why."""

    def __init__(self, says: Text) -> None:
        super().__init__(says)
        self.says = says


@dataclass(frozen=True)
class Pattern:
    """A pattern in the spelling of each engine, and how long a text it may be held against."""

    python: str
    postgresql: str
    longest: int
    may_be_empty: bool
    groups: int


@dataclass
class _Piece:
    """A part of a pattern: its two spellings and what we need to know to judge it."""

    python: str
    postgresql: str
    size: int = 1
    empty: bool = False  # may match nothing
    fixed: bool = True  # no repeat or choice in it that could be made in several ways
    first: Characters = _EVERY  # what it may begin with
    open: Characters | None = None  # what it may repeat without an end
    parts: list[_Piece] = field(default_factory=list)  # one after the other
    ways: list[_Piece] = field(default_factory=list)  # one or the other
    word: str | None = None  # the literal text, if it is one


def read(text: str, groups: bool = False) -> Pattern:
    """The pattern that `text` says, with groups that are remembered or not. Raises `BadPattern`."""
    if len(text) > MAX_LENGTH:
        raise BadPattern(_("A pattern has at most {count} characters.", count=MAX_LENGTH))
    reader = _Reader(text, groups)
    whole = reader.whole()
    loops, scans = _cost(whole, None, last=True)
    # Beginning anew at each character is one more loop, unless the pattern says where to begin.
    starts = bool(loops or scans) and not whole.python.startswith("^")
    power = loops + bool(scans) + starts
    if power not in LONGEST_TEXT:
        says = _("This pattern has too many repeats (* or +) that could each take the same characters.")
        raise BadPattern(says)
    flags = "(?i)" if reader.any_case else ""
    return Pattern(flags + whole.python, flags + whole.postgresql, LONGEST_TEXT[power], whole.empty, reader.groups)


@dataclass
class _Reader:
    text: str
    remember: bool
    at: int = 0
    depth: int = 0
    groups: int = 0
    any_case: bool = False
    laziness: set[bool] = field(default_factory=set)

    def whole(self) -> _Piece:
        if self.text.startswith("(?i)"):
            self.any_case = True
            self.at = 4
        found = self.choice()
        if self.at < len(self.text):
            raise BadPattern(_("This pattern has a ) without a (."))
        if found.size > MAX_SIZE:
            raise BadPattern(_("This pattern repeats too much."))
        if len(self.laziness) > 1:
            raise BadPattern(_("A pattern may have repeats like * or like *?, but not both."))
        return found

    @property
    def next(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self) -> str:
        one = self.next
        self.at += 1
        return one

    def choice(self) -> _Piece:
        ways = [self.sequence()]
        while self.next == "|":
            self.at += 1
            ways.append(self.sequence())
        if len(ways) == 1:
            return ways[0]
        if all(one.word is not None for one in ways):
            # One engine takes the first that fits, the other the longest; so the longest comes first.
            ways.sort(key=lambda one: -len(one.word or ""))
        return _Piece(
            "|".join(one.python for one in ways),
            "|".join(one.postgresql for one in ways),
            size=sum(one.size for one in ways),
            empty=any(one.empty for one in ways),
            fixed=False,
            first=frozenset().union(*(one.first for one in ways)),
            ways=ways,
        )

    def sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        while self.next and self.next not in "|)":
            pieces.append(self.repeated(self.atom()))
        words = [one.word for one in pieces]
        return _Piece(
            "".join(one.python for one in pieces),
            "".join(one.postgresql for one in pieces),
            size=sum(one.size for one in pieces),
            empty=all(one.empty for one in pieces),
            fixed=all(one.fixed for one in pieces),
            first=_first_of(pieces),
            parts=pieces,
            word=None if None in words else "".join(one or "" for one in words),
        )

    def repeated(self, atom: _Piece) -> _Piece:
        bounds = self.bounds()
        if bounds is None:
            return atom
        least, most, spelled = bounds
        lazy = self.next == "?"
        if lazy:
            self.at += 1
        if self.next in {"*", "+", "?"} or (self.next == "{" and self._counted()):
            raise BadPattern(_("This pattern has two repeats in a row."))
        if atom.size == 0:
            raise BadPattern(_("This pattern repeats a place, such as ^ or $."))
        if most != 1 and (not atom.fixed or atom.empty):
            raise BadPattern(_("This pattern has a repeat or a choice inside a repeat. Write it without."))
        varies = least != most
        if varies:
            self.laziness.add(lazy)
        is_open = most is None or most - least > 10
        spelled += "?" if lazy and varies else ""
        return _Piece(
            atom.python + spelled,
            atom.postgresql + spelled,
            size=atom.size * max(least, most or least, 1),
            empty=atom.empty or least == 0,
            fixed=not varies,
            first=atom.first,
            open=atom.first if is_open else None,
            parts=[atom],
        )

    def bounds(self) -> tuple[int, int | None, str] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.next in simple and self.next:
            least, most = simple[self.next]
            return least, most, self.take()
        counted = self._counted() if self.next == "{" else None
        if counted is None:
            return None
        inside, least_text, comma, most_text = counted
        least = int(least_text)
        most = int(most_text) if most_text else (None if comma else least)
        if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise BadPattern(_("A repeat in a pattern goes up to {count}.", count=MAX_REPEAT))
        self.at += len(inside) + 2
        return least, most, f"{{{inside}}}"

    def _counted(self) -> tuple[str, str, str, str] | None:
        end = self.text.find("}", self.at)
        inside = self.text[self.at + 1 : end] if end > 0 else ""
        least, comma, most = inside.partition(",")
        good = least.isdecimal() and least.isascii() and len(inside) < 12
        return (inside, least, comma, most) if good and (not most or (most.isdecimal() and most.isascii())) else None

    def atom(self) -> _Piece:
        one = self.take()
        if one == "(":
            return self.group()
        if one == "[":
            return self.one_of()
        if one == ".":
            return _Piece(r"[^\n]", r"[^\n]", first=_EVERY - {10})
        if one == "^":
            return _Piece("^", "^", size=0, empty=True)
        if one == "$":
            return _Piece(r"\Z", "$", size=0, empty=True)
        if one == "\\":
            return self.escaped()
        if one in {"*", "+", "?"}:
            raise BadPattern(_("This pattern has a {sign} with nothing to repeat before it.", sign=one))
        return _literal(one)

    def group(self) -> _Piece:
        self.depth += 1
        if self.depth > 10:
            raise BadPattern(_("The groups of this pattern are nested too deep."))
        remembered = self.remember
        if self.next == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise BadPattern(_("A pattern has no look-ahead, look-behind or named group."))
            self.at += 2
            remembered = False
        inner = self.choice()
        if self.take() != ")":
            raise BadPattern(_("This pattern has a ( without a )."))
        self.depth -= 1
        self.groups += remembered
        opening = "(" if remembered else "(?:"
        inner.python = f"{opening}{inner.python})"
        inner.postgresql = f"{opening}{inner.postgresql})"
        inner.word = None
        return inner

    def escaped(self) -> _Piece:
        one = self.take()
        if one == "":
            raise BadPattern(_("This pattern ends with a single \\."))
        if one.lower() in _CLASSES and one.isascii():
            spelled, members = _CLASSES[one.lower()]
            negated = "^" if one.isupper() else ""
            text = f"[{negated}{spelled}]"
            return _Piece(text, text, first=_EVERY - members if negated else members)
        if one in {"b", "B"}:
            return _Piece(f"\\{one}", {"b": r"\y", "B": r"\Y"}[one], size=0, empty=True)
        if one in _CONTROLS:
            return _literal(_CONTROLS[one])
        if one.isalnum():
            raise BadPattern(_("A pattern has no \\{letter}.", letter=one))
        return _literal(one)

    def one_of(self) -> _Piece:
        negated = self.next == "^"
        self.at += negated
        spelled, members = "", set[int]()
        started = self.at
        while self.next and (self.next != "]" or self.at == started):
            low, codes = self.member()
            if codes is not None:
                spelled, members = spelled + low, members | codes
                continue
            if self.next == "-" and self.text[self.at + 1 : self.at + 2] not in {"]", ""}:
                self.at += 1
                high, range_codes = self.member()
                if range_codes is not None or high < low:
                    raise BadPattern(_("This pattern has a range that runs backwards."))
                spelled += f"{_in_class(low)}-{_in_class(high)}"
                members |= {min(code, 128) for code in range(ord(low), min(ord(high), 128) + 1)}
            else:
                spelled += _in_class(low)
                members.add(min(ord(low), 128))
        if self.take() != "]" or not spelled:
            raise BadPattern(_("This pattern has a [ without a ]."))
        text = f"[{'^' if negated else ''}{spelled}]"
        # Beyond ASCII a class may hold some and lack others: it counts as both.
        return _Piece(text, text, first=(_EVERY - members) | {128} if negated else frozenset(members))

    def member(self) -> tuple[str, Characters | None]:
        """A character of a class; or the spelling of a whole class, with what it holds."""
        one = self.take()
        if one != "\\":
            return one, None
        one = self.take()
        if one in _CLASSES:
            return _CLASSES[one]
        if one in _CONTROLS:
            return _CONTROLS[one], None
        if one.isalnum() or not one:
            raise BadPattern(_("A pattern has no \\{letter} between [ and ].", letter=one))
        return one, None


def _cost(piece: _Piece, following: Characters | None, last: bool) -> tuple[int, int]:
    """How many repeats could end at any of many places, and how many more run over the text once.

    `following` is what must come next, None if nothing or just a place; `last` says that nothing does.
    """
    if piece.open is not None:
        if last:
            return 0, 0  # it takes all that it can, and then all has been found
        return (1, 0) if following is not None and piece.open & following else (0, 1)
    costs = [_cost(one, following, last) for one in piece.ways]
    loops = max((one[0] for one in costs), default=0)
    scans = max((one[1] for one in costs), default=0)
    for at, one in enumerate(piece.parts):
        rest = piece.parts[at + 1 :]
        after = _first_of(rest)
        if all(part.empty for part in rest):
            after |= following or frozenset()
        cost = _cost(one, after or None, last and not rest)
        loops, scans = loops + cost[0], scans + cost[1]
    return loops, scans


def _first_of(pieces: list[_Piece]) -> Characters:
    """What a run of pieces may begin with; nothing if there are only places, such as `$`."""
    found: Characters = frozenset()
    for one in pieces:
        if one.size:
            found |= one.first
            if not one.empty:
                break
    return found


def _literal(one: str) -> _Piece:
    spelled = _SPELLED.get(one, one if one.isalnum() or not one.isascii() else f"\\{one}")
    first = frozenset({min(ord(one), 128)})
    if one.isalpha():
        first |= {min(ord(case), 128) for case in (one.lower()[0], one.upper()[0])}
    return _Piece(spelled, spelled, first=first, word=one)


def _in_class(one: str) -> str:
    return _SPELLED.get(one, f"\\{one}" if one in r"\]^[-" else one)
