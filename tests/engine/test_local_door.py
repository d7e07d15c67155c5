from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from engine import local_door
from engine.errors import FormworkError, Misconfigured, Unavailable
from engine.local_door import LocalDoor, Terminal
from tests.support.terminal import FakeTerminal


def echo(words: Sequence[str], terminal: Terminal) -> int:
    """A server's side that shows what it got, and does what the first word says."""
    match words[0]:
        case "read":
            terminal.out(terminal.read(words[1]).decode())
        case "pieces":
            for path in words[1:]:
                pieces = list(terminal.pieces(path))
                terminal.out(f"{len(pieces)} {b''.join(pieces).decode()}\n")
        case "ask":
            terminal.out(terminal.ask(words[1]))
        case "bytes":
            terminal.write(bytes(range(256)))
        case "fail":
            raise RuntimeError("secret details")
        case _:
            terminal.out(" ".join(words))
            terminal.err("on the side")
    return 7


@pytest.fixture
def door(tmp_path: Path) -> Iterator[LocalDoor]:
    opened = LocalDoor(tmp_path, echo)
    yield opened
    opened.close()


def test_words_go_in_and_texts_and_the_code_come_back(door: LocalDoor, tmp_path: Path) -> None:
    terminal = FakeTerminal()
    assert local_door.ask(tmp_path, ["query", "客户", "\udcff"], terminal) == 7
    assert (terminal.printed, terminal.complained) == ("query 客户 \udcff", "on the side")


def test_files_and_secrets_are_asked_of_the_one_who_typed(door: LocalDoor, tmp_path: Path) -> None:
    terminal = FakeTerminal({"big.csv": b"x" * 3_000_000}, {"Password:": "four words"})
    local_door.ask(tmp_path, ["read", "big.csv"], terminal)
    assert len(terminal.printed) == 3_000_000
    terminal.printed = ""
    local_door.ask(tmp_path, ["ask", "Password:"], terminal)
    assert terminal.printed == "four words"


def test_a_long_file_comes_piece_by_piece(door: LocalDoor, tmp_path: Path) -> None:
    terminal = FakeTerminal({"long.zip": b"x" * 2_500, "none.zip": b""})
    local_door.ask(tmp_path, ["pieces", "long.zip", "none.zip", "long.zip"], terminal)
    assert terminal.printed == f"3 {'x' * 2_500}\n0 \n3 {'x' * 2_500}\n"


def test_a_refusal_of_the_client_reaches_the_command(tmp_path: Path) -> None:
    told: list[str] = []

    def run(_words: Sequence[str], terminal: Terminal) -> int:
        try:
            terminal.read("nope")
        except FormworkError as error:
            told.append(error.says)
        try:
            list(terminal.pieces("nope"))
        except FormworkError as error:
            told.append(error.says)
        return 1

    door = LocalDoor(tmp_path, run)
    assert local_door.ask(tmp_path, ["x"], FakeTerminal()) == 1
    door.close()
    assert told == ["The file nope cannot be read: No such file or directory."] * 2


def test_a_fault_is_told_without_its_details(door: LocalDoor, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    terminal = FakeTerminal()
    assert local_door.ask(tmp_path, ["fail"], terminal) == 4
    assert terminal.complained == "formwork: This is a fault of Formwork. The server's log says more.\n"
    assert "secret details" in caplog.text


def test_several_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(4, timeout=60)

    def run(words: Sequence[str], terminal: Terminal) -> int:
        together.wait()
        terminal.out(words[0])
        return 0

    door = LocalDoor(tmp_path, run)
    terminals = [FakeTerminal() for _number in range(4)]
    asking = [
        threading.Thread(target=local_door.ask, args=(tmp_path, [str(number)], terminal))
        for number, terminal in enumerate(terminals)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    door.close()
    assert [one.printed for one in terminals] == ["0", "1", "2", "3"]


def test_only_the_same_user_gets_in(door: LocalDoor, tmp_path: Path) -> None:
    assert stat.S_IMODE(door.path.stat().st_mode) == 0o600


def test_nobody_is_there(tmp_path: Path) -> None:
    assert local_door.ask(tmp_path, ["x"], FakeTerminal()) is None
    with socket.socket(socket.AF_UNIX) as dead:  # as a killed server leaves it
        dead.bind(str(tmp_path / local_door.NAME))
    assert local_door.ask(tmp_path, ["x"], FakeTerminal()) is None
    door = LocalDoor(tmp_path, echo)
    assert local_door.ask(tmp_path, ["x"], FakeTerminal()) == 7
    door.close()
    assert not door.path.exists()


def test_a_server_that_ends_in_between(tmp_path: Path) -> None:
    def hear_and_end(listening: socket.socket) -> None:
        connection, _address = listening.accept()
        with connection:
            connection.recv(1000)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / local_door.NAME))
        listening.listen()
        ending = threading.Thread(target=hear_and_end, args=(listening,))
        ending.start()
        with pytest.raises(Unavailable, match="stopped before the command was done"):
            local_door.ask(tmp_path, ["x"], FakeTerminal())
        ending.join(60)


def test_nonsense_at_the_door_does_no_harm(door: LocalDoor, tmp_path: Path) -> None:
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x02{]", b"\xff\xff\xff\xff", b""):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(door.path))
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                assert connection.recv(100) == b""
    assert local_door.ask(tmp_path, ["x"], FakeTerminal()) == 7


def test_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 90) / ("b" * 90)
    folder.mkdir(parents=True)
    door = LocalDoor(folder, echo)
    assert local_door.ask(folder, ["x"], FakeTerminal()) == 7
    door.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be made"):
        LocalDoor(tmp_path / "nope", echo)


def test_closing_waits_for_what_runs(tmp_path: Path) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def run(_words: Sequence[str], terminal: Terminal) -> int:
        begun.set()
        may_end.wait(60)
        terminal.out("done")
        return 0

    door = LocalDoor(tmp_path, run)
    terminal = FakeTerminal()
    asking = threading.Thread(target=local_door.ask, args=(tmp_path, ["x"], terminal))
    asking.start()
    begun.wait(60)
    threading.Timer(0.2, may_end.set).start()
    door.close()
    asking.join(60)
    assert terminal.printed == "done"


def test_bytes_come_back_as_they_are(door: LocalDoor, tmp_path: Path) -> None:
    terminal = FakeTerminal()
    assert local_door.ask(tmp_path, ["bytes"], terminal) == 7
    assert terminal.written == bytes(range(256))
