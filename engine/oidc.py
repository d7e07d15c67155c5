"""Signing in with an account elsewhere: OpenID Connect, the code flow with PKCE.

The provider is the operator's choice, what it sends is input like any other: the ID token must be signed by one of its
keys with an algorithm of a fixed list, for us, and about the very journey that this browser began.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from engine.addresses import EgressRefused
from engine.egress import Answer, Egress, EgressFailed
from engine.errors import FormworkError
from engine.ids import new_secret
from engine.settings import Settings
from engine.text import _

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256")  # neither `none` nor those whose key would be our own secret
KEY_TYPES = frozenset({"RSA", "EC"})
CLOCKS_DIFFER = 60  # seconds
CALLBACK = "/sign-in/provider/callback"


class ProviderFailed(FormworkError):
    """The provider did not answer as it should, or its answer is not for us. `detail` is for the operator's log."""

    status = 502
    code = "provider_failed"

    def __init__(self, detail: str) -> None:
        super().__init__(_("Signing in there did not work. Try again, or sign in with your password."))
        self.detail = detail


@dataclass(frozen=True)
class Journey:
    """What a browser takes along to the provider and must bring back, or what must come back about it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Journey:
        """Three secrets that nobody knows yet."""
        return cls(new_secret(), new_secret(), new_secret())

    @property
    def challenge(self) -> str:
        """What shows the provider later that the code comes from whoever began."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class Identity:
    """Somebody's account elsewhere. `email` is empty unless the provider says that it checked the address."""

    issuer: str
    subject: str
    email: str


@dataclass(frozen=True)
class Provider:
    """The provider of the settings, as it describes itself."""

    settings: Settings
    egress: Egress

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """None where the operator set none."""
        issuer = settings.oidc_issuer
        return cls(settings, Egress.to(settings, issuer)) if issuer else None

    @property
    def callback(self) -> str:
        """Where the provider sends people back to: always the same, and never what a request says."""
        return f"{self.settings.public_url}{CALLBACK}"

    def way_there(self, journey: Journey) -> str:
        """The address of the provider's own sign-in page. Raises `ProviderFailed`."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.oidc_client_id,
            "redirect_uri": self.callback,
            "scope": "openid email",
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": journey.challenge,
            "code_challenge_method": "S256",
        }
        page = self._endpoint(self._description(), "authorization_endpoint")
        return f"{page}{'&' if urlsplit(page).query else '?'}{urlencode(asked)}"

    def identity(self, journey: Journey, code: str) -> Identity:
        """Who came back with `code`. Raises `ProviderFailed`."""
        description = self._description()
        token = self._id_token(description, journey, code)
        keys = self._keys(self._json(lambda: self.egress.get(self._endpoint(description, "jwks_uri"))))
        return self._identity(self._claims(token, keys, journey))

    def _description(self) -> Mapping[str, Any]:
        address = f"{self.settings.oidc_issuer}/.well-known/openid-configuration"
        description = self._json(lambda: self.egress.get(address))
        if str(description.get("issuer", "")).rstrip("/") != self.settings.oidc_issuer:
            raise ProviderFailed(f"it calls itself {description.get('issuer')!r}")
        return description

    def _endpoint(self, description: Mapping[str, Any], name: str) -> str:
        url = str(description.get(name, ""))
        if not url.startswith(f"{urlsplit(self.settings.oidc_issuer).scheme}://") and not url.startswith("https://"):
            raise ProviderFailed(f"its {name} is {url!r}")
        return url

    def _id_token(self, description: Mapping[str, Any], journey: Journey, code: str) -> str:
        secret, client = self.settings.oidc_client_secret, self.settings.oidc_client_id
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": journey.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        ways = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in ways:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            given |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        endpoint = self._endpoint(description, "token_endpoint")
        answer = self._json(lambda: self.egress.post(endpoint, urlencode(given).encode(), headers))
        return str(answer.get("id_token", ""))

    def _keys(self, found: Mapping[str, Any]) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet  # 3 MB, only where people sign in elsewhere

        keys = found.get("keys")
        public = [one for one in keys if _is_public(one)] if isinstance(keys, list) else []
        try:
            return KeySet.import_key_set({"keys": public})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFailed(f"its keys: {error!r}") from error

    def _claims(self, token: str, keys: KeySet, journey: Journey) -> Mapping[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError

        client = self.settings.oidc_client_id
        wanted = jwt.JWTClaimsRegistry(
            leeway=CLOCKS_DIFFER,
            iss={"essential": True},
            sub={"essential": True},
            aud={"essential": True, "value": client},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": journey.nonce},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFailed(f"its ID token: {error!r}") from error
        others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if others else client) != client:
            raise ProviderFailed("its ID token is for somebody else")
        if claims["iss"].rstrip("/") != self.settings.oidc_issuer:
            raise ProviderFailed(f"its ID token is from {claims['iss']!r}")
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, email = claims["sub"], claims.get("email")
        if not 0 < len(subject) <= 255:
            raise ProviderFailed("its name for the person is empty or too long")
        is_checked = claims.get("email_verified") is True and isinstance(email, str)
        return Identity(self.settings.oidc_issuer, subject, str(email).strip().casefold() if is_checked else "")

    def _json(self, call: Callable[[], Answer]) -> Mapping[str, Any]:
        try:
            answer = call()
            found = json.loads(answer.body)
        except (EgressRefused, EgressFailed) as error:
            raise ProviderFailed(f"{error.says} {getattr(error, 'detail', '')}") from error
        except (ValueError, RecursionError) as error:
            raise ProviderFailed("it does not answer with JSON") from error
        if answer.status != 200 or answer.cut or not isinstance(found, dict):
            raise ProviderFailed(f"it answers {answer.status} {found.get('error') if isinstance(found, dict) else ''}")
        return found


def _is_public(key: Any) -> bool:
    return isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
