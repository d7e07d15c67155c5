"""Secrets at rest (T-SEC-02)."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest

from engine.errors import Misconfigured
from engine.vault import CannotOpen, Vault, new_key

PLACE = "connections/con1/secret"


def test_what_is_sealed_opens_at_its_place_and_looks_like_nothing() -> None:
    vault = Vault(new_key())
    sealed = vault.seal("whsec_geheim 客户", PLACE)
    assert vault.open(sealed, PLACE) == "whsec_geheim 客户"
    assert "geheim" not in sealed
    assert sealed != vault.seal("whsec_geheim 客户", PLACE)


def test_a_ciphertext_moved_elsewhere_does_not_open() -> None:
    vault = Vault(new_key())
    with pytest.raises(CannotOpen):
        vault.open(vault.seal("a", PLACE), "connections/con2/secret")


def test_another_key_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        Vault(new_key()).open(Vault(new_key()).seal("a", PLACE), PLACE)


@pytest.mark.parametrize(
    "sealed", ["", "v1", "v1.x.y", "plain text", "v2.{id}.AAAA", "v1.{id}.AAAA", "v1.{id}.!", "v1.{id}."]
)
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    vault = Vault(new_key())
    with pytest.raises(CannotOpen):
        vault.open(sealed.replace("{id}", vault.key_id), PLACE)


def test_every_changed_byte_is_noticed() -> None:
    vault = Vault(new_key())
    version, key_id, packed = vault.seal("secret", PLACE).split(".")
    data = base64.urlsafe_b64decode(packed)
    for index in range(len(data)):
        changed = bytes(byte ^ (position == index) for position, byte in enumerate(data))
        with pytest.raises(CannotOpen):
            vault.open(f"{version}.{key_id}.{base64.urlsafe_b64encode(changed).decode()}", PLACE)


def test_the_key_file_is_made_on_first_use_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "secret.key"
    sealed = Vault.at(file).seal("a", PLACE)
    assert file.stat().st_mode & 0o777 == 0o600
    assert Vault.at(file).open(sealed, PLACE) == "a"
    assert [each.name for each in file.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    vaults: list[Vault] = []
    start = threading.Barrier(8)

    def open_vault() -> None:
        start.wait()
        vaults.append(Vault.at(tmp_path / "secret.key"))

    threads = [threading.Thread(target=open_vault) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({vault.key_id for vault in vaults}) == 1
    assert len(vaults) == 8


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret.key"
    Vault.at(file)
    file.chmod(mode)
    with pytest.raises(Misconfigured, match="chmod 600"):
        Vault.at(file)


@pytest.mark.parametrize(
    "content", ["", "changeme", base64.b64encode(b"x" * 32).decode(), base64.b64encode(b"short").decode(), "é"]
)
def test_a_key_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret.key"
    file.write_text(content, "utf-8")
    file.chmod(0o600)
    with pytest.raises(Misconfigured, match=str(file)):
        Vault.at(file)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured):
        Vault.at(tmp_path / "file" / "secret.key")


def test_an_old_key_still_opens_while_the_new_one_seals(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    before = Vault.at(file)
    sealed = before.seal("a", PLACE)
    file.write_text(base64.b64encode(new_key()).decode() + "\n" + file.read_text())
    after = Vault.at(file)
    assert after.open(sealed, PLACE) == "a"
    assert not after.is_current(sealed)
    assert after.is_current(after.seal("a", PLACE))
