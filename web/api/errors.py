"""What went wrong, as clients of the API know it: `{"error": {"type", "message"}}`, or `{"error": "NOT_FOUND"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Conflict, Forbidden, FormworkError, NotFound, Problem, Refused, SignInNeeded, Unavailable

_TYPES: Mapping[type[FormworkError], str] = {
    NotFound: "MODEL_ID_NOT_FOUND",
    Forbidden: "INVALID_PERMISSIONS",
    Conflict: "CONFLICT",
    Unavailable: "SERVICE_UNAVAILABLE",
    SignInNeeded: "AUTHENTICATION_REQUIRED",
}
_TYPE_OF_PROBLEM: Mapping[str, str] = {
    "unknown_field": "UNKNOWN_FIELD_NAME",
    "unknown_choice": "INVALID_MULTIPLE_CHOICE_OPTIONS",
    "unknown_record": "ROW_DOES_NOT_EXIST",
    "formula": "INVALID_FILTER_BY_FORMULA",
    "offset": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE",
    "argument": "INVALID_REQUEST_UNKNOWN",
    "check": "INVALID_RECORDS",
    "name": "DUPLICATE_OR_EMPTY_FIELD_NAME",
    "too_many": "INVALID_RECORDS",
}


class ApiRefusal(Exception):
    """A refusal of the API itself: the request is not one that we know, or names something that is not there."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message

    @property
    def body(self) -> dict[str, Any]:
        """What is sent."""
        return {"error": {"type": self.kind, "message": self.message}}


class NoSuchThing(ApiRefusal):
    """No route, or an id that cannot be one."""

    def __init__(self) -> None:
        super().__init__(404, "NOT_FOUND", "")

    @property
    def body(self) -> dict[str, Any]:
        """What is sent: a bare word."""
        return {"error": self.kind}


def wrong_request(message: str) -> ApiRefusal:
    """What to raise for an option that makes no sense."""
    return ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", f"Invalid request: {message}")


def body_of(error: FormworkError) -> dict[str, Any]:
    """The error object of an engine's refusal; every problem with its place (`/<number>/<field>`) is in it."""
    if not isinstance(error, Refused) or not error.problems:
        kind = next((name for one, name in _TYPES.items() if isinstance(error, one)), error.code.upper())
        return {"error": {"type": kind, "message": _MESSAGES.get(kind, str(error.says))}}
    kind = _TYPE_OF_PROBLEM.get(error.problems[0].code, "INVALID_VALUE_FOR_COLUMN")
    message = str(error.problems[0].says)
    return {"error": {"type": kind, "message": message, "problems": [_problem(one) for one in error.problems]}}


# Clients compare these.
_MESSAGES = {"MODEL_ID_NOT_FOUND": "Record not found", "AUTHENTICATION_REQUIRED": "Authentication required"}


def _problem(one: Problem) -> dict[str, str]:
    return {"at": one.at, "message": str(one.says), "code": one.code}
