"""Settings by environment (T-RESET-02)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Misconfigured
from engine.settings import Settings, is_loopback


def test_everything_has_a_default() -> None:
    settings = Settings.from_environment({})
    assert settings.data == Path("data")
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.database_url == ""
    assert (settings.smtp_host, settings.smtp_port, settings.smtp_security) == ("", 587, "starttls")
    assert settings.key_file == Path("data/secret.key")
    assert (settings.egress_allow, settings.egress_http) == ((), False)
    assert (settings.time_zone, settings.language) == ("UTC", "en")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"FORMWORK_PORT": "", "FORMWORK_TIME_ZONE": " "}) == Settings.from_environment({})


def test_every_setting_has_its_name_and_meaning() -> None:
    described = Settings.from_environment({}).described()
    assert len(described) == len({each.name for each in described}) >= 16
    assert all(each.name.startswith("FORMWORK_") and each.meaning.endswith(".") for each in described)


def test_all_mistakes_are_told_at_once_each_with_its_variable() -> None:
    wrong = {
        "FORMWORK_PORT": "eighty",
        "FORMWORK_DATABASE_URL": "mysql://host/name",
        "FORMWORK_PUBLIC_URL": "formwork.example.com",
        "FORMWORK_SMTP_PORT": "70000",
        "FORMWORK_SMTP_SECURITY": "ssl",
        "FORMWORK_SMTP_HOST": "mail.example.com",
        "FORMWORK_EGRESS_ALLOW": "10.0.0.1/8",
        "FORMWORK_EGRESS_HTTP": "maybe",
        "FORMWORK_TIME_ZONE": "Mars/Olympus",
        "FORMWORK_LANGUAGE": "xx",
    }
    with pytest.raises(Misconfigured) as refused:
        Settings.from_environment(wrong)
    lines = refused.value.says.splitlines()
    assert {line.split()[0] for line in lines} == {*wrong, "FORMWORK_SMTP_FROM"} - {"FORMWORK_SMTP_HOST"}
    assert len(lines) == len(wrong)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "formwork.example.com"])
def test_the_public_address_must_be_given_off_loopback(host: str) -> None:
    with pytest.raises(Misconfigured, match="FORMWORK_PUBLIC_URL"):
        Settings.from_environment({"FORMWORK_HOST": host})
    given = {"FORMWORK_HOST": host, "FORMWORK_PUBLIC_URL": "https://formwork.example.com/"}
    assert Settings.from_environment(given).public_url == "https://formwork.example.com"


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "https://", "https://a.example?x=1", "https://u:p@a.example", "http://[::1", "http://a:99999"],
)
def test_a_public_address_that_is_none(url: str) -> None:
    with pytest.raises(Misconfigured, match="FORMWORK_PUBLIC_URL"):
        Settings.from_environment({"FORMWORK_PUBLIC_URL": url})


def test_the_public_address_follows_host_and_port() -> None:
    assert Settings.from_environment({"FORMWORK_HOST": "::1", "FORMWORK_PORT": "81"}).public_url == "http://[::1]:81"
    assert is_loopback("localhost")
    assert not is_loopback("localhost.example.com")


def test_secrets_are_never_shown() -> None:
    settings = Settings.from_environment(
        {
            "FORMWORK_SMTP_PASSWORD": "canary-1",
            "FORMWORK_DATABASE_URL": "postgresql+psycopg://formwork:canary-2@db.example/formwork?sslmode=require",
        }
    )
    shown = {each.name: each.value for each in settings.described()}
    assert shown["FORMWORK_SMTP_PASSWORD"] == "set"
    assert shown["FORMWORK_DATABASE_URL"] == "postgresql+psycopg://formwork:***@db.example/formwork?sslmode=require"
    assert "canary" not in repr(settings) + str(settings) + repr(settings.described())
