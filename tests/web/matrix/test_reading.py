"""Nothing is written by looking at it, whatever else a request claims to be; nor is what it claims repeated.

T-CSRF-02, T-PRX-01, T-DOS-02.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tests.support.statements import counted
from tests.web.matrix.asking import Ask, Crowd, rows
from tests.web.matrix.every import Visited, every_route

MOST_STATEMENTS = 50
MOST_BYTES = 5_000_000
ELSEWHERE = "elsewhere.example"
# What a proxy would say, or a client pretends that one said.
CLAIMS = {
    "Host": ELSEWHERE,
    "X-Forwarded-Host": ELSEWHERE,
    "X-Forwarded-Server": ELSEWHERE,
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": f"//{ELSEWHERE}",
    "X-Forwarded-For": "203.0.113.77",
    "Forwarded": f"for=203.0.113.77;host={ELSEWHERE};proto=gopher",
    "X-Real-IP": "203.0.113.77",
    "X-Original-URL": "/sign-out",
    "X-Rewrite-URL": "/sign-out",
    "X-HTTP-Method-Override": "DELETE",
    "X-HTTP-Method": "DELETE",
    "Origin": f"https://{ELSEWHERE}",
    "Referer": f"https://{ELSEWHERE}/",
}
SHOWN = (ELSEWHERE, "gopher", "203.0.113.77")
WRITES_ALL_THE_SAME = {
    "/w/{workspace}/inbox/{message}": "a message that is opened is read; nobody else knows its id",
    "/s/{token}": "its maker sees how often it was opened",
    "/v0/bases/{app}/webhooks/{hook}/payloads": "a hook whose payloads are fetched lives on, as its clients expect",
}


def looked_at(crowd: Crowd) -> Iterator[Visited]:
    return (
        one for one in every_route(crowd.place, "GET", "OPTIONS", whole=True) if one.ask.path not in WRITES_ALL_THE_SAME
    )


def test_looking_writes_nothing_and_believes_nothing(everybody: Crowd) -> None:
    place, found, dear = everybody.place, [], []
    asked = list(looked_at(everybody))
    everybody.asks("owner", Ask("GET", "/v0/meta/whoami", {}))  # that its token was used for the first time is noted
    for one in asked:
        everybody.browser(one.who)
    everybody.program.headers.update(CLAIMS)
    for browser in everybody.browsers.values():
        browser.headers.update(CLAIMS)
    before = Counter(rows(place))
    with counted(place.stores.control, place.here.store) as said:
        for one in asked:
            said.clear()
            answer = everybody.asks(one.who, one.ask)
            if any(claim in answer.text or claim in str(answer.headers) for claim in SHOWN):
                found.append(f"{one} repeats what was claimed")
            if len(said) > MOST_STATEMENTS or len(answer.content) > MOST_BYTES:
                dear.append(f"{one} took {len(said)} statements for {len(answer.content)} bytes")
    for one in asked:
        everybody.asks(one.who, replace(one.ask, method="HEAD"))
    for each in (everybody.program, *everybody.browsers.values()):
        for claim in CLAIMS:
            del each.headers[claim]
    assert len(asked) > 100
    assert not found, "\n".join(found)
    assert not dear, "\n".join(dear)
    after = Counter(rows(place))
    assert not [*(after - before), *(before - after)]
