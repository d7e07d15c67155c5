"""What the language's JSON Schema finds wrong with a document, in words.

jsonschema walks the schema and answers at the exact place. Two of its keywords are taught what takes it long to find
out: which case of `if type is X then ...` applies, and which parts it has looked at before (a definition is checked
again at every change, and so are those that link to it).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from engine.definitions.check_names import unknown
from engine.definitions.schema import app_schema, case
from engine.errors import Problem
from engine.text import Text, _

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    Errors = Iterator[ValidationError]

MOST_REMEMBERED = 50_000  # parts, of some 100 bytes each


def shape_problems(document: Any) -> Iterator[Problem]:
    """Every problem that the schema finds, each told once."""
    seen = set()
    for error in _validator().iter_errors(document):
        for problem in said(error):
            if (problem.at, problem.says) not in seen:
                seen.add((problem.at, problem.says))
                yield problem


@cache
def _validator() -> Validator:
    # Imported where it is used, as everywhere: a server that changes no definition needs none of its 3 MB.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    sound: set[bytes] = set()  # fingerprints of parts without a problem

    def reference(validator: Any, ref: str, instance: Any, schema: Any) -> Errors:
        fingerprint = blake2b(f"{ref} {json.dumps(instance, default=repr)}".encode(), digest_size=16).digest()
        if fingerprint in sound:
            return
        errors = list(plain_reference(validator, ref, instance, schema))
        if not errors:
            if len(sound) >= MOST_REMEMBERED:
                sound.clear()
            sound.add(fingerprint)
        yield from errors

    plain_reference = Draft202012Validator.VALIDATORS["$ref"]
    keywords = {"$ref": reference, "allOf": _all_of}
    made: type[Validator] = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return made(app_schema())


def _all_of(validator: Any, parts: list[Any], instance: Any, _schema: Any) -> Errors:
    for part in parts:
        named = case(part)
        if named is None:
            yield from validator.descend(instance, part)
        elif isinstance(instance, Mapping) and instance.get(named[0]) == named[1]:
            yield from validator.descend(instance, part["then"])


def said(error: ValidationError) -> Iterator[Problem]:
    """What jsonschema finds wrong with a document, in our words."""
    at = _pointer(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:  # which are about one key of what stands there
        at = f"{at}/{_escaped(str(error.instance))}"
    wanted: Any = error.validator_value
    got = error.instance
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    match error.validator:
        case "additionalProperties" if isinstance(got, Mapping):
            for key in got:
                if key not in known:
                    yield Problem(
                        f"{at}/{_escaped(key)}", unknown(_("There is no `{name}` here.", name=key), key, known)
                    )
        case "required":
            for key in wanted:
                if isinstance(got, Mapping) and key not in got:
                    yield Problem(at, _("`{name}` is missing.", name=key), "required")
        case "enum":
            says = _("`{value}` is not one of {choices}.", value=got, choices=", ".join(map(str, wanted)))
            yield Problem(at, unknown(says, str(got), [str(one) for one in wanted]), "enum", got)
        case "pattern":
            yield Problem(at, _("`{value}` does not have the right form ({pattern}).", value=got, pattern=wanted))
        case "type":
            yield Problem(at, _("This must be of type {type}.", type=wanted), "type")
        case "minProperties" | "minItems" | "minLength":
            yield Problem(at, _("This must not be empty."), "empty")
        case "const":
            yield Problem(at, _("This must be {value}.", value=wanted), "const", got)
        case "anyOf" if error.context:
            deepest = max(error.context, key=lambda one: len(one.absolute_path))
            yield from said(deepest)
        case _:
            yield Problem(at, Text(error.message.replace("{", "{{").replace("}", "}}"), {}), str(error.validator))


def _pointer(path: Iterable[Any]) -> str:
    return "".join(f"/{_escaped(str(part))}" for part in path)


def _escaped(part: str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
