"""Which addresses outside may be called: URLs read once, addresses judged by explicit ranges. Opens nothing.

A URL that a user typed must not become a way into the network this server stands in, nor to the metadata
service of a cloud. Python's own `is_global` is no judge: it holds 64:ff9b::a9fe:a9fe, 2002:7f00:1::,
fec0::1 and 168.63.129.16 to be public.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna

from engine.errors import FormworkError
from engine.settings import Network, Settings
from engine.text import Text, _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 2_048
DEFAULT_PORTS = {"https": 443, "http": 80}
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})
IMAPS = "imaps"
IMAPS_PORT = 993
MAX_PORT = 65_536

REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        ":: ::1 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 "
        "fe80::/10 fec0::/10 ff00::/8"
    ).split()
)
# Of clouds: they hand out credentials to whoever asks, so no setting opens them.
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in "169.254.169.254 169.254.170.2 fd00:ec2::254 100.100.100.200 192.0.0.192 168.63.129.16".split()
)
METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.amazonaws.com", "metadata"})
PRIVATE_SUFFIXES = ("localhost", "local", "internal", "localdomain", "home.arpa", "intranet", "lan")

_PLACE = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:@%]+))(?::(?P<port>[0-9]{1,5}))?")
_KEPT = "/%:@!$&'()*+,;=~-._[]"
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Where an IPv6 address carries an IPv4 address: network, bits to the right of it.
_CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
    (ipaddress.IPv6Network("2001::/32"), 64),  # Teredo: the server; the client is inverted, see below
)
_TEREDO = ipaddress.IPv6Network("2001::/32")


class EgressRefused(FormworkError):
    """We will not call this. `kind` is `url` (what was typed is at fault) or `address` (where it leads is)."""

    code = "egress_refused"

    def __init__(self, kind: str, says: Text | None = None) -> None:
        super().__init__(says or not_reachable())
        self.kind = kind


def not_reachable() -> Text:
    """The same words for a refused address, a closed port and a missing name: else they would map our network."""
    return _("The address cannot be reached, or may not be called.")


@dataclass(frozen=True)
class Target:
    """A URL, read. `host` is lower case ASCII without brackets; `path` begins with / and holds the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """What the `Host` header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == DEFAULT_PORTS[self.scheme] else f"{name}:{self.port}"


@dataclass(frozen=True)
class Rules:
    """Who may be called: nobody private, unless the operator allowed the network.

    `named` are hosts that the operator's settings name themselves: those may be anywhere but at a metadata service.
    """

    allow: tuple[Network, ...] = ()
    plain_http: bool = False
    own_hosts: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """The rules that the operator's settings give."""
        own = urlsplit(settings.public_url).hostname
        return cls(settings.egress_allow, settings.egress_http, frozenset({own} if own else ()))

    def target(self, url: str) -> Target:
        """`url` read, and judged by all that can be known without asking for the name's address.

        Raises EgressRefused.
        """
        return self._judged(read_url(url))

    def mailbox(self, host: str, port: int) -> Target:
        """A mail server that is asked by IMAP, under TLS; judged like the host of a URL. Raises EgressRefused."""
        try:
            if port != IMAPS_PORT and not (self.allow and 0 < port < MAX_PORT):
                raise EgressRefused("url")
            return self._judged(Target(IMAPS, read_host(host), port, ""))
        except EgressRefused as refused:
            if refused.kind != "url":
                raise
            says = _("This is not the name of a mail server. It should look like imap.example.com, with port 993.")
            raise EgressRefused("url", says) from refused

    def _judged(self, target: Target) -> Target:
        if target.host in self.named and target.host not in METADATA_NAMES:
            return target
        if target.scheme == "http" and not (self.plain_http or self.allow):
            raise EgressRefused("url", _("The address must begin with https://"))
        literal = _literal(target.host)
        if literal is not None:
            self.check_addresses(target, [literal])
        elif target.host in METADATA_NAMES or (not self.allow and self._looks_private(target)):
            raise EgressRefused("address")
        return target

    def check_addresses(self, target: Target, addresses: Sequence[Address]) -> None:
        """Every address of the target's name must be one that may be called. Raises EgressRefused."""
        is_metadata = target.host in METADATA_NAMES or any(self._is_metadata(address) for address in addresses)
        if not addresses or is_metadata:
            raise EgressRefused("address")
        if target.host in self.named or all(self.allows(address) for address in addresses):
            return
        if any(self._is_private(address) for address in addresses) or self._looks_private(target):
            raise EgressRefused("address")
        if target.scheme == "http" and not self.plain_http:
            raise EgressRefused("url", _("The address must begin with https://"))
        ports = {IMAPS_PORT} if target.scheme == IMAPS else PUBLIC_PORTS
        if target.port not in ports:
            raise EgressRefused("url", _("The port must be one of {ports}.", ports=", ".join(map(str, sorted(ports)))))

    def allows(self, address: Address) -> bool:
        """Whether the operator opened the network of `address`, and of any IPv4 address inside it."""
        return all(any(_within(each, network) for network in self.allow) for each in unwrapped(address))

    def _looks_private(self, target: Target) -> bool:
        return target.host in self.own_hosts or f".{target.host}".endswith(PRIVATE_SUFFIXES)

    def _is_private(self, address: Address) -> bool:
        return any(
            any(_within(each, network) for network in REFUSED)
            and not any(_within(each, network) for network in self.allow)
            for each in unwrapped(address)
        )

    def _is_metadata(self, address: Address) -> bool:
        return any(each in METADATA for each in unwrapped(address))


def read_url(url: str) -> Target:
    """The parts of `url`, read once; everything that two readers could read differently is refused.

    Raises EgressRefused with what is wrong about the text.
    """
    if len(url) > MAX_URL:
        raise EgressRefused("url", _("The address is longer than {limit} characters.", limit=MAX_URL))
    if any(character <= " " or character == "\\" or 0x7F <= ord(character) <= 0xA0 for character in url):
        raise EgressRefused("url", _("The address holds a character that does not belong there."))
    try:
        parts = urlsplit(url)
    except ValueError:
        raise EgressRefused("url", _not_an_address()) from None
    if parts.scheme not in DEFAULT_PORTS:
        raise EgressRefused("url", _("The address must begin with https://"))
    if "@" in parts.netloc:
        raise EgressRefused("url", _("The address must not hold a user name or a password."))
    place = _PLACE.fullmatch(parts.netloc)
    port = int(place["port"] or DEFAULT_PORTS[parts.scheme]) if place else 0
    if place is None or not 0 < port < 65_536:
        raise EgressRefused("url", _not_an_address())
    path = quote(parts.path or "/", safe=_KEPT)
    query = "?" + quote(parts.query, safe=_KEPT + "?") if parts.query else ""
    return Target(parts.scheme, _six(place["six"]) if place["six"] else _host(place["name"]), port, path + query)


def read_host(text: str) -> str:
    """A host by itself, as a URL would hold it. Raises EgressRefused."""
    place = f"[{text}]" if ":" in text else text
    target = read_url(f"https://{place}/")
    if target.port != DEFAULT_PORTS["https"] or target.path != "/":
        raise EgressRefused("url", _not_an_address())
    return target.host


def unwrapped(address: Address) -> Iterator[Address]:
    """`address`, and every IPv4 address that a gateway would find inside it."""
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    for network, shift in _CARRIERS:
        if address in network:
            yield ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
    if address in _TEREDO:
        yield ipaddress.IPv4Address(~int(address) & 0xFFFFFFFF)


def _six(text: str) -> str:
    try:
        return ipaddress.IPv6Address(text).compressed
    except ValueError:
        raise EgressRefused("url", _not_an_address()) from None


def _host(text: str) -> str:
    """A name as DNS knows it, or an IPv4 address in its one usual spelling."""
    try:
        name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        raise EgressRefused("url", _not_an_address()) from None
    labels = name.removesuffix(".").lower().split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise EgressRefused("url", _not_an_address())
    # 127.1, 0x7f000001, 2130706433 and 0177.0.0.1 are addresses to some and names to others.
    if _NUMBER.fullmatch(labels[-1]) and _literal(".".join(labels)) is None:
        raise EgressRefused("url", _not_an_address())
    return ".".join(labels)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _not_an_address() -> Text:
    return _("This is not an address that can be called. It should look like https://example.com/hook")
