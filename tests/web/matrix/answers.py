"""What every answer is like, whoever asked for what: its headers, its type, and that it tells nothing inner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from httpx2 import Response

from tests.web.test_headers import check_headers

HANDED_OVER = re.compile(
    r"(?<!/meta)/files/\{file\}$|/files/.*\{name\}$|/exports$|/archives/\{archive\}/file$|/definition\.json$|/refused\.csv$"
)
DRAWN = "/{size}"  # a small picture of ours, which a browser may keep and asks for again
TYPES = re.compile(
    r"text/(html|plain|csv); charset=utf-8|application/(json|jsonl)(; charset=utf-8)?|image/(png|jpeg|webp)|"
    r"application/(octet-stream|zip)|application/vnd\.[\w.-]+"
)
INNER = re.compile(
    r"Traceback|File \"|site-packages|sqlalchemy|psycopg|sqlite3?\.|jinja2|starlette|\bSELECT\b.*\bFROM\b|INSERT INTO|"
    r"UndefinedColumn|OperationalError|/tmp/|\.py\b"
)


def wrong_with(path: str, answer: Response) -> Iterator[str]:
    """What is wrong with an answer of the route at `path`."""
    status, headers = answer.status_code, answer.headers
    try:
        check_headers(answer, handed_over=HANDED_OVER.search(path) is not None and status == 200)
    except (AssertionError, KeyError) as error:
        yield f"{status} {str(error)[:300]}"
    if answer.content and not TYPES.fullmatch(headers.get("content-type", "")):
        yield f"{status} of type {headers.get('content-type')}"
    if "no-store" not in headers["cache-control"] and not path.endswith(DRAWN):
        yield f"{status} may be kept ({headers['cache-control']})"
    if status >= 400 and (found := INNER.search(answer.text)):
        yield f"{status} tells {found[0]}"
