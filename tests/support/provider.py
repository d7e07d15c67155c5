"""A real OpenID Connect provider on loopback that also holds callers to PKCE, and whose answers a test may forge."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

Forge = Callable[[dict[str, Any]], str]


@dataclass
class ProviderAtHand:
    """Where it listens, and what it was asked. `forge` makes another ID token of the claims of the right one."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"}))
    forge: Forge | None = None
    replaces: dict[str, Any] = field(default_factory=dict)  # of the description
    asked: list[str] = field(default_factory=list)
    _challenges: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """What an operator would set."""
        return {
            "FORMWORK_OIDC_ISSUER": self.url,
            "FORMWORK_OIDC_CLIENT_ID": "formwork",
            "FORMWORK_OIDC_CLIENT_SECRET": "a secret: with & and %",
            "FORMWORK_OIDC_LABEL": "Acme sign-on",
        }

    def know(self, subject: str, **claims: Any) -> None:
        """Somebody who has an account there."""
        httpx2.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def sign_in(self, address: str, subject: str) -> str:
        """What a person does at the provider's page; where it then sends the browser."""
        answer = httpx2.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def deny(self, address: str) -> str:
        """The person says no there."""
        return str(httpx2.post(address, data={"action": "deny"}).headers["location"])


def unsigned(claims: Mapping[str, Any], header: Mapping[str, Any], signature: bytes = b"") -> str:
    """A token as it stands on the line."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class _Strict:
    """Stands before the provider: notes what comes, checks what it does not check, and forges what a test wants."""

    def __init__(self, provider: ProviderAtHand, app: Any) -> None:
        self.provider = provider
        self.app = app

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], parse_qs(environ.get("QUERY_STRING", ""))
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        self.provider.asked.append(path)
        if path == "/oauth2/token" and not self._proves(parse_qs(body.decode())):
            start("400 Bad Request", [("Content-Type", "application/json")])
            return [b'{"error": "invalid_grant"}']
        said: list[Any] = []

        def remember(status: str, headers: list[tuple[str, str]], *_more: Any) -> None:
            said[:] = [status, headers]

        content = b"".join(self.app(environ, remember))
        status, headers = said
        if path == "/oauth2/authorize" and environ["REQUEST_METHOD"] == "POST":
            back = parse_qs(urlsplit(dict(headers).get("Location", "")).query)
            if "code" in back:
                assert query["code_challenge_method"] == ["S256"]
                self.provider._challenges[back["code"][0]] = query["code_challenge"][0]
        content = self._forged(path, content)
        start(status, [(name, value) for name, value in headers if name.lower() != "content-length"])
        return [content]

    def _proves(self, form: Mapping[str, list[str]]) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", [""])[0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return self.provider._challenges.pop(form["code"][0], None) == challenge  # each code once

    def _forged(self, path: str, content: bytes) -> bytes:
        if path == "/.well-known/openid-configuration" and self.provider.replaces:
            return json.dumps(json.loads(content) | self.provider.replaces).encode()
        if self.provider.forge is None:
            return content
        if path == "/jwks":
            return json.dumps({"keys": [self.provider.key.as_dict(private=False)]}).encode()
        if path == "/oauth2/token" and b"id_token" in content:
            answer = json.loads(content)
            claims = answer["id_token"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            return json.dumps(answer | {"id_token": self.provider.forge(claims)}).encode()
        return content


@pytest.fixture
def provider() -> Iterator[ProviderAtHand]:
    """A provider that runs for the length of a test."""
    # Here, where what it warns of is ignored (pyproject.toml).
    import oidc_provider_mock  # type: ignore[import-untyped]

    made = ProviderAtHand()
    app = oidc_provider_mock.app(require_nonce=True)
    server = make_server("127.0.0.1", 0, _Strict(made, app), threaded=True)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def back_with(address: str, **changed: str) -> str:
    """The path that a browser is sent back to, with other parameters."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value})}"
