"""The guard against calls into our own network: a corpus of hostile targets, and what may pass.

T-SSRF-01, T-SSRF-02, T-SSRF-09.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from engine.addresses import Address, EgressRefused, Rules, not_reachable, read_url, unwrapped
from engine.egress import Egress
from engine.settings import Settings

CORPUS = [
    line
    for line in Path(__file__).with_name("hostile_urls.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
# What no text file carries well: control characters, and what is too long.
CORPUS += [
    "https://127.0.0.1\t/",
    "https://exa\tmple.com/",
    "https://example.com/\r\nHost: 127.0.0.1",
    "https://example.com/\x00",
    "https://example\x7f.com/",
    "\x01https://example.com/",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/\xa0",
    "https://exam\u00adple\u3000.com/",
    "https://example.com/" + "a" * 2048,
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 200 + "com/",
    "",
]


def fake_resolver(host: str, _port: int) -> list[Address]:
    """Public for all names but those whose name says what they resolve to."""
    first = host.partition(".")[0]
    if host.endswith(".to.example"):
        return [ipaddress.ip_address(first.replace("-", "."))]
    if host.endswith(".six.example"):
        return [ipaddress.IPv6Address(int(first, 16))]
    if host == "mixed.example":
        return [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]
    return [ipaddress.ip_address("93.184.216.34")]


def guard(**environment: str) -> Rules:
    return Rules.of(Settings.from_environment({"FORMWORK_PUBLIC_URL": "https://formwork.example.com", **environment}))


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("engine.egress.socket.create_connection", opened)


def test_the_corpus_is_large_enough() -> None:
    assert len(set(CORPUS)) >= 160
    assert len(set(CORPUS)) == len(CORPUS)


@pytest.mark.usefixtures("no_connection")
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("url", CORPUS)
def test_every_hostile_target_is_refused_before_a_connection(url: str, method: str) -> None:
    egress = Egress(guard(), resolve=fake_resolver)
    with pytest.raises(EgressRefused):
        egress.get(url) if method == "get" else egress.post(url, b"{}")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTPS://Example.COM./hook?a=1&b=%20#part", "example.com", 443, "/hook?a=1&b=%20"),
        ("https://example.com:8443/hook", "example.com", 8443, "/hook"),
        ("https://münchen.example/größe?ü=1", "xn--mnchen-3ya.example", 443, "/gr%C3%B6%C3%9Fe?%C3%BC=1"),
        ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah", 443, "/"),
        ("https://93.184.216.34/hook", "93.184.216.34", 443, "/hook"),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/", "2606:2800:220:1:248:1893:25c8:1946", 443, "/"),
        ("https://my_host.example/a/b;c=1", "my_host.example", 443, "/a/b;c=1"),
        ("https://1password.example/", "1password.example", 443, "/"),
    ],
)
def test_public_targets_pass(url: str, host: str, port: int, path: str) -> None:
    target = guard().target(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_host_header_names_the_port_only_where_it_is_unusual() -> None:
    assert read_url("https://example.com:443/").host_header == "example.com"
    assert read_url("https://example.com:8443/").host_header == "example.com:8443"
    assert read_url("https://[2606::1]:8443/").host_header == "[2606::1]:8443"


def test_allowed_networks_open_private_addresses_on_any_port_and_without_tls() -> None:
    rules = guard(FORMWORK_EGRESS_ALLOW="10.0.0.0/8, 127.0.0.1/32, fd00::/8")
    for url in ("http://127.0.0.1:5000/", "https://10.1.2.3:9200/", "http://[fd00::5]/", "http://[::ffff:10.0.0.1]/"):
        with pytest.raises(EgressRefused):
            guard().target(url)
    for url in ("http://127.0.0.1:5000/", "https://10.1.2.3:9200/", "http://[fd00::5]/"):
        rules.target(url)
    for url in ("http://127.0.0.2/", "https://192.168.0.1/", "http://93.184.216.34/", "https://93.184.216.34:22/"):
        with pytest.raises(EgressRefused):
            rules.target(url)
    target = rules.target("http://erp.internal/")
    rules.check_addresses(target, [ipaddress.ip_address("10.0.0.7")])
    with pytest.raises(EgressRefused):
        rules.check_addresses(target, [ipaddress.ip_address("10.0.0.7"), ipaddress.ip_address("192.168.0.7")])
    with pytest.raises(EgressRefused):
        rules.check_addresses(target, [ipaddress.ip_address("93.184.216.34")])


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://metadata.google.internal/",
        "http://metadata.amazonaws.com/",
        "http://169-254-169-254.to.example/",
    ],
)
@pytest.mark.usefixtures("no_connection")
def test_metadata_stays_refused_whatever_is_allowed(url: str) -> None:
    rules = guard(FORMWORK_EGRESS_ALLOW="0.0.0.0/0,::/0", FORMWORK_EGRESS_HTTP="yes")
    with pytest.raises(EgressRefused):
        Egress(rules, resolve=fake_resolver).get(url)


def test_plain_http_needs_the_setting() -> None:
    with pytest.raises(EgressRefused, match="https"):
        guard().target("http://example.com/")
    assert guard(FORMWORK_EGRESS_HTTP="yes").target("http://example.com/").port == 80


def test_refused_addresses_are_told_like_missing_names() -> None:
    for url in ("https://10.0.0.1/", "https://db.internal/", "https://formwork.example.com/"):
        with pytest.raises(EgressRefused) as refused:
            guard().target(url)
        assert refused.value.says == not_reachable()


@pytest.mark.parametrize(
    ("wrapped", "inner"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::10.0.0.1", "10.0.0.1"),
        ("64:ff9b::10.0.0.1", "10.0.0.1"),
        ("2002:a00:1::", "10.0.0.1"),
        ("2001:0:a00:1::", "10.0.0.1"),
        ("2001:0:5db8:d822:0:0:f5ff:fffe", "10.0.0.1"),
    ],
)
def test_the_inner_address_is_found(wrapped: str, inner: str) -> None:
    assert ipaddress.ip_address(inner) in list(unwrapped(ipaddress.ip_address(wrapped)))
