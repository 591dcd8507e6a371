"""Whatever file a command is given, it is read within a limit: nothing waits for a pipe, nothing reads gigabytes of holes."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from explainer.cli.console import main
from explainer.plain_file import TooLarge, bytes_of, text_of

COMMANDS = {
    "render": ["render", "{file}.md", "-o", "x.html"],
    "rubric": ["check", "alexnet", "sent", "--rubric", "{file}.toml"],
    "terms": ["alexnet", "--terms", "{file}.toml"],
    "notation": ["check", "alexnet", "sent", "--terms", "{file}.toml"],
    "questions": ["check", "alexnet", "sent", "--questions", "{file}.csv"],
    "variants": ["check", "alexnet", "sent", "--variants", "{file}.csv"],
    "marks": ["check", "alexnet", "sent", "--marks", "{file}.csv"],
    "students": ["worksheet", "alexnet", "--students", "{file}.csv", "-o", "sheets"],
    "answers": ["check", "alexnet", "{file}.md"],
    "walkthrough": ["{file}.json"],
    "sheets": ["check", "{file}.json", "sent"],
    "configuration": ["hf:{file}.json"],
    "folder": ["{file}"],
    "code": ["{file}.py:Net"],
    "notebook": ["{file}.ipynb:Net"],
    "submission": ["compare", "{file}.py:Net", "alexnet"],
    "safetensors": ["{file}.safetensors"],
    "index": ["{file}.index.json"],
    "pickle": ["{file}.pt"],
    "gguf": ["{file}.gguf"],
}
KINDS = ("pipe", "holes")


@pytest.fixture
def alarm():
    """A command that waits is a failure and not a hang."""

    def late(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    yield lambda seconds: signal.alarm(seconds)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _made(kind: str, path: Path) -> None:
    if kind == "pipe":
        os.mkfifo(path)
        return
    with path.open("wb") as file:
        file.write(b'{"schema": 2, "explainer_sheets": 1, ')
        file.truncate(8 << 30)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", COMMANDS)
def test_a_pipe_and_a_file_of_holes_are_a_sentence(where, kind, tmp_path, monkeypatch, capfd, alarm):
    if where == "gguf":
        pytest.importorskip("gguf")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "2023001.md").write_text("total.params: 1\n")
    arguments = [word.format(file="x") for word in COMMANDS[where]]
    if where == "folder":
        (tmp_path / "x").mkdir()
        _made(kind, tmp_path / "x" / "config.json")
    else:
        name = next(word for word in COMMANDS[where] if "{file}" in word).removeprefix("hf:").removesuffix(":Net")
        _made(kind, tmp_path / name.format(file="x"))
    begin = time.process_time()
    alarm(60)
    code = main([*arguments, "--lang", "en"])
    alarm(0)
    said = capfd.readouterr()
    assert time.process_time() - begin < 20
    assert "Traceback" not in said.err and "internal error" not in said.err, said.err
    assert code in (2, 3) or (where, kind) in PIPES_THAT_MAY_BE_EMPTY, (code, said)


# A page or a list of nothing is one: the pipe had nothing in it.
PIPES_THAT_MAY_BE_EMPTY = {("render", "pipe"), ("rubric", "pipe"), ("terms", "pipe"), ("notation", "pipe")}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_what_is_written_into_a_pipe_is_read(tmp_path, alarm):
    os.mkfifo(tmp_path / "p")
    handle = os.open(tmp_path / "p", os.O_RDWR)
    writer = threading.Timer(0.3, lambda: (os.write(handle, b"\xef\xbb\xbfa\r\nb"), os.close(handle)))
    writer.start()
    alarm(20)
    assert text_of(tmp_path / "p") == "a\nb"
    writer.join()


def test_the_limit_counts_what_is_there(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert bytes_of(tmp_path / "a", 5) == b"12345"
    with pytest.raises(TooLarge):
        bytes_of(tmp_path / "a", 4)
    if os.path.exists("/dev/zero"):  # says that it is empty, and never ends
        with pytest.raises(TooLarge):
            bytes_of(Path("/dev/zero"), 1 << 20)
    for nothing in (tmp_path, tmp_path / "none"):
        with pytest.raises((IsADirectoryError, FileNotFoundError)):
            bytes_of(nothing)
