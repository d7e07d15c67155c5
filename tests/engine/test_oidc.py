"""What a sign-in provider says is believed only if it is for us, about this journey, and signed as it should be.

T-SSRF-06.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from engine.addresses import Address, EgressRefused
from engine.egress import Egress
from engine.errors import Misconfigured
from engine.oidc import Identity, Journey, Provider, ProviderFailed
from engine.settings import Settings
from tests.engine.test_addresses import CORPUS, fake_resolver
from tests.support.provider import Forge, ProviderAtHand, unsigned
from tests.support.raw_server import RawServer, read_request

KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})


def _provider(at_hand: ProviderAtHand) -> Provider:
    found = Provider.of(Settings.from_environment(at_hand.settings))
    assert found
    return found


def _code(at_hand: ProviderAtHand, journey: Journey, subject: str = "ada") -> str:
    back = at_hand.sign_in(_provider(at_hand).way_there(journey), subject)
    asked = parse_qs(urlsplit(back).query)
    assert asked["state"] == [journey.state]
    assert back.startswith("http://127.0.0.1:8000/sign-in/provider/callback?")
    return asked["code"][0]


def test_somebody_who_signs_in_there_is_known(provider: ProviderAtHand) -> None:
    provider.know("ada", email="Ada@Example.com", email_verified=True)
    journey = Journey.new()
    code = _code(provider, journey)
    found = _provider(provider).identity(journey, code)
    assert found == Identity(provider.url, "ada", "ada@example.com")
    with pytest.raises(ProviderFailed, match="did not work"):
        _provider(provider).identity(journey, code)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_the_provider_did_not_check_is_none(provider: ProviderAtHand, verified: object) -> None:
    provider.know("ada", email="ada@example.com", email_verified=verified)
    journey = Journey.new()
    assert _provider(provider).identity(journey, _code(provider, journey)).email == ""


@pytest.mark.parametrize("part", ["nonce", "verifier"])
def test_a_code_of_another_journey_counts_for_nothing(provider: ProviderAtHand, part: str) -> None:
    journey, other = Journey.new(), Journey.new()
    code = _code(provider, journey)
    mixed = Journey(**(vars(journey) | {part: getattr(other, part)}))
    with pytest.raises(ProviderFailed):
        _provider(provider).identity(mixed, code)


def _signed(provider: ProviderAtHand, alg: str = "RS256", **changed: Any) -> Forge:
    def forge(claims: dict[str, Any]) -> str:
        kept = {key: value for key, value in (claims | changed).items() if value is not None}
        return jwt.encode({"alg": alg, "kid": "ours"}, kept, provider.key, algorithms=[alg])

    return forge


def test_a_right_token_of_the_forger_counts(provider: ProviderAtHand) -> None:
    """Else the tests below would show nothing."""
    for alg, changed in (("RS256", {}), ("PS256", {"aud": ["formwork", "other"], "azp": "formwork"})):
        provider.forge = _signed(provider, alg, **changed)
        journey = Journey.new()
        assert _provider(provider).identity(journey, _code(provider, journey)).subject == "ada"


LONG_AGO, LONG_AHEAD = 1_000_000_000, 4_102_444_800
WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "other"},
    {"aud": None},
    {"aud": ["formwork", "other"]},
    {"aud": ["formwork", "other"], "azp": "other"},
    {"azp": "other"},
    {"exp": LONG_AGO},
    {"exp": None},
    {"exp": "tomorrow"},
    {"iat": LONG_AHEAD},
    {"iat": None},
    {"nbf": LONG_AHEAD},
    {"nonce": "another"},
    {"nonce": None},
    {"sub": ""},
    {"sub": None},
    {"sub": 7},
    {"sub": "x" * 256},
]


@pytest.mark.parametrize("changed", WRONG_CLAIMS, ids=str)
def test_a_token_that_says_something_wrong_counts_for_nothing(
    provider: ProviderAtHand, changed: dict[str, Any]
) -> None:
    provider.forge = _signed(provider, **changed)
    journey = Journey.new()
    with pytest.raises(ProviderFailed):
        _provider(provider).identity(journey, _code(provider, journey))


def _by_another_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims, KEY)


def _with_another_alg(provider: ProviderAtHand) -> dict[str, Forge]:
    public = provider.key.as_pem(private=False)
    with_secret = OctKey.import_key(b"a secret: with & and %")
    return {
        "none": lambda claims: unsigned(claims, {"alg": "none", "kid": "ours"}),
        "NONE": lambda claims: unsigned(claims, {"alg": "NONE", "kid": "ours"}),
        "no alg": lambda claims: unsigned(claims, {"kid": "ours"}),
        "HS256 with the public key": lambda claims: _hs256(claims, public),
        "HS256 with our secret": lambda claims: jwt.encode(
            {"alg": "HS256", "kid": "ours"}, claims, with_secret, algorithms=["HS256"]
        ),
        "RS512": lambda claims: jwt.encode({"alg": "RS512", "kid": "ours"}, claims, provider.key, algorithms=["RS512"]),
        "another key": _by_another_key,
        "a key of its own": lambda claims: jwt.encode(
            {"alg": "RS256", "kid": "mine", "jwk": KEY.as_dict(private=False)}, claims, KEY
        ),
        "without signature": lambda claims: unsigned(claims, {"alg": "RS256", "kid": "ours"}),
        "no token": lambda _claims: "",
        "one dot": lambda _claims: "a.b",
        "no text": lambda _claims: "é" * 30,
    }


def _hs256(claims: dict[str, Any], secret: bytes) -> str:
    head = unsigned(claims, {"alg": "HS256", "kid": "ours"}).rpartition(".")[0]
    return unsigned(claims, {"alg": "HS256", "kid": "ours"}, hmac.digest(secret, head.encode(), "sha256"))


def test_a_token_that_is_signed_otherwise_counts_for_nothing(provider: ProviderAtHand) -> None:
    for how, forge in _with_another_alg(provider).items():
        provider.forge = forge
        journey = Journey.new()
        code = _code(provider, journey)
        with pytest.raises(ProviderFailed):
            pytest.fail(f"{how}: {_provider(provider).identity(journey, code)}")


@pytest.mark.parametrize(
    "replaced",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "http://10.1.2.3/token"},
        {"jwks_uri": "http://metadata.google.internal/"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_its_own_description_leads_nowhere_else(provider: ProviderAtHand, replaced: dict[str, Any]) -> None:
    """Only the host that the operator named may be private; another one is called under the rules for everybody."""
    journey = Journey.new()
    code = _code(provider, journey)
    provider.replaces = replaced
    with pytest.raises(ProviderFailed):
        _provider(provider).identity(journey, code)


def _describing(connection: socket.socket, described: dict[str, Any]) -> None:
    """A provider whose own answers say little: its description, and an ID token that is none."""
    asked = read_request(connection)
    answer = json.dumps({"id_token": "x"} if asked.startswith(b"POST") else described).encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri"])
def test_nothing_that_it_names_leads_to_a_hostile_address(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    described: dict[str, Any] = {}
    server = RawServer(lambda connection: _describing(connection, described))
    issuer = f"http://id.localhost:{server.port}"
    called: list[int] = []
    connect = socket.create_connection

    def resolve(host: str, port: int) -> list[Address]:
        return [ipaddress.ip_address("127.0.0.1")] if host == "id.localhost" else list(fake_resolver(host, port))

    def opened(place: tuple[str, int], **options: Any) -> socket.socket:
        called.append(place[1])
        return connect(place, **options)

    monkeypatch.setattr("engine.egress.socket.create_connection", opened)
    given = {"FORMWORK_OIDC_ISSUER": issuer, "FORMWORK_OIDC_CLIENT_ID": "formwork"}
    found = Provider.of(Settings.from_environment({**given, "FORMWORK_PUBLIC_URL": "https://formwork.example.com"}))
    assert found
    provider = replace(found, egress=replace(found.egress, resolve=resolve))
    for url in CORPUS:
        described.clear()
        described.update({"issuer": issuer, "token_endpoint": f"{issuer}/token", endpoint: url})
        with pytest.raises(ProviderFailed):
            provider.identity(Journey.new(), "code")
    server.close()
    assert set(called) == {server.port}
    assert len(called) == len(CORPUS) * (1 if endpoint == "token_endpoint" else 2)


def test_no_setting_opens_a_metadata_service() -> None:
    for url in ("http://169.254.169.254", "https://169.254.169.254", "https://metadata.google.internal"):
        with pytest.raises(EgressRefused):
            Egress.to(Settings.from_environment({}), url).get(f"{url}/x")


def test_the_settings_hang_together() -> None:
    for given, says in (
        ({"FORMWORK_OIDC_ISSUER": "https://id.example.com"}, "FORMWORK_OIDC_CLIENT_ID must be set"),
        ({"FORMWORK_OIDC_ISSUER": "http://id.example.com", "FORMWORK_OIDC_CLIENT_ID": "x"}, "begin with https://"),
        ({"FORMWORK_OIDC_ISSUER": "id.example.com"}, "FORMWORK_OIDC_ISSUER must be"),
    ):
        with pytest.raises(Misconfigured, match=says):
            Settings.from_environment(given)
    assert Provider.of(Settings.from_environment({})) is None
