"""What a submission may do to the machine: nothing; and what is said of each attempt."""

import json
import os
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from explainer.comparison.facts import Facts, Strange, from_json
from explainer.comparison.sandbox.client import Sandbox, run_untrusted
from explainer.comparison.sandbox.limits import Failure, Limits, missing
from explainer.errors import UserError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")

HEAD = "import os, sys, time, torch\nfrom torch import nn\n"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4)
    def forward(self, x):
        return self.fc(x)
"""
INPUT = ["1,8"]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(Limits(seconds=6, cpu_seconds=4, output=2**16, memory=2**30)) as sandbox:
        yield sandbox


def _written(folder: Path, code: str, net: str = NET) -> str:
    path = folder / "submission.py"
    path.write_text(HEAD + textwrap.dedent(code) + net, encoding="utf-8")
    return str(path)


@contextmanager
def _hurried(sandbox: Sandbox) -> Iterator[None]:
    """Less time, for what takes all that it is given."""
    usual = sandbox.limits
    sandbox.limits = replace(usual, seconds=2, cpu_seconds=1)
    yield
    sandbox.limits = usual


def _id(found: Facts | Failure) -> str:
    if isinstance(found, Failure):
        assert found.message.zh.endswith("。") and found.message.en.endswith(".")
        return found.id
    return "facts"


def _alive(box: Sandbox, folder: Path) -> None:
    """The next submission is served as if nothing had happened."""
    (folder / "next").mkdir()
    assert _id(box.run(_written(folder / "next", ""), INPUT)) == "facts"


def test_a_good_model_comes_back_as_figures(box: Sandbox, tmp_path: Path) -> None:
    found = box.run(_written(tmp_path, "print('hello')"), INPUT)
    assert isinstance(found, Facts)
    assert (found.params, found.macs, found.steps[0].rule) == (36, 32, "linear")
    assert found.steps[0].settings["F_in"] == 8
    assert box.granted is not None and missing(box.granted) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("while True: pass", "time"),
        ("time.sleep(10**6)", "time"),
        ("while True:\n    try: time.sleep(1)\n    except BaseException: pass", "time"),
        (
            "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n    except OSError: pass\nwhile True: pass",
            "time",
        ),
        ("x = bytearray(100 * 2**30)", "memory"),
        ("x = torch.zeros(100 * 2**30, dtype=torch.uint8, device='cpu')", "memory"),
        ("x = []\nwhile True: x.append(bytearray(2**28))", "memory"),
        ("while True: os.fork()", "processes"),
        ("import subprocess; subprocess.run(['/bin/sh', '-c', 'echo hello'])", "processes"),
        ("import threading; threading.Thread(target=print).start()", "processes"),
        ("os.execv('/bin/sh', ['/bin/sh', '-c', 'echo hello'])", "files"),
        ("sys.exit()", "exit"),
        ("exit(0)", "exit"),
        ("os._exit(0)", "exit"),
        ("os.kill(os.getpid(), 9)", "killed"),
        ("os.abort()", "crash"),
        ("import ctypes; ctypes.string_at(0)", "crash"),
        ("while True: print('x' * 1000)", "output"),
        ("while True: os.write(2, b'x' * 1000)", "output"),
        ("open('/etc/passwd').read()", "files"),
        ("open('/root/.bashrc').read()", "files"),
        ("open('/proc/1/environ').read()", "files"),
        ("os.listdir('/home')", "files"),
        ("open(torch.__file__, 'a')", "files"),
        ("open('/usr/x', 'w')", "files"),
        ("os.remove(sys.executable)", "files"),
        ("os.chmod(torch.__file__, 0o777)", "files"),
        ("f = open('big', 'wb')\nwhile True: f.write(bytes(2**20))", "disk"),
        ("for i in range(64):\n    with open(f'f{i}', 'wb') as f: f.write(bytes(2**20))", "disk"),
        ("import socket; socket.create_connection(('10.0.0.1', 80), 3)", "network"),
        ("import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 53))", "network"),
        ("import socket; socket.getaddrinfo('example.org', 80)", "network"),
        ("import urllib.request; urllib.request.urlopen('http://example.org')", "network"),
        ("os.kill(os.getppid(), 9)", "refused"),
        ("def f(): f()\nf()", "recursion"),
        ("raise ValueError('no')", "user"),
        ("raise KeyboardInterrupt", "error"),
        ("class E(BaseException):\n    def __str__(self): raise E\nraise E", "error"),
        ("this is no Python", "user"),
    ],
)
def test_what_a_submission_tries_becomes_a_sentence(box: Sandbox, tmp_path: Path, code: str, expected: str) -> None:
    started = time.monotonic()
    with _hurried(box) if expected == "time" else nullcontext():
        assert _id(box.run(_written(tmp_path, code), INPUT)) == expected
    assert time.monotonic() - started < 15
    _alive(box, tmp_path)


def test_the_same_inside_constructor_and_forward(box: Sandbox, tmp_path: Path) -> None:
    for place in ("        super().__init__()\n", "    def forward(self, x):\n"):
        for line, expected in (("sys.exit(3)", "exit"), ("open('/etc/passwd')", "files"), ("os.fork()", "processes")):
            net = NET.replace(place, f"{place}        {line}\n")
            assert _id(box.run(_written(tmp_path, "", net), INPUT)) == expected, (place, line)


def test_files_outside_stay(box: Sandbox, tmp_path: Path) -> None:
    treasure = tmp_path / "treasure.txt"
    treasure.write_text("gold")
    treasure.chmod(0o666)
    tmp_path.chmod(0o777)
    code = f"""
        import shutil
        for attempt in (lambda: os.remove({str(treasure)!r}), lambda: open({str(treasure)!r}, 'w'),
                        lambda: shutil.rmtree({str(tmp_path)!r}), lambda: os.chmod({str(treasure)!r}, 0)):
            try:
                attempt()
            except OSError:
                pass
        seen = os.path.exists({str(treasure)!r})
        assert not seen
    """
    assert _id(box.run(_written(tmp_path, code), INPUT)) == "facts"
    assert treasure.read_text() == "gold"


def test_no_other_process_can_be_ended(box: Sandbox, tmp_path: Path) -> None:
    code = f"""
        import signal
        for pid in ({os.getpid()}, os.getppid(), -1, 1, 0):
            try:
                os.kill(pid, signal.SIGTERM if pid else 0)
            except OSError:
                pass
    """
    got: list[int] = []
    import signal

    before = signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
    try:
        found = box.run(_written(tmp_path, code), INPUT)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not got and _id(found) in ("facts", "killed", "exit")
    _alive(box, tmp_path)


def test_nothing_is_listening_to_it(box: Sandbox, tmp_path: Path) -> None:
    """A server on this machine's loopback is out of reach as well."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)"
        assert _id(box.run(_written(tmp_path, code), INPUT)) == "network"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_environment_and_the_identity_say_nothing(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "gold")
    code = """
        assert "SECRET" not in os.environ and "gold" not in str(os.environ)
        assert os.getuid() != 0 and os.geteuid() != 0
        assert os.listdir(".") == ["submission.py"], os.listdir(".")
        try:
            os.setuid(0)
        except OSError:
            pass
        else:
            raise SystemExit
        open_handles = []
        for n in range(4, 64):
            try:
                os.fstat(n); open_handles.append(n)
            except OSError:
                pass
        assert not open_handles, open_handles
    """
    found = box.run(_written(tmp_path, code), INPUT)
    assert isinstance(found, Facts), found


@pytest.mark.parametrize(
    "sent",
    [
        b"hello",
        b"[" * 100_000,
        b'{"facts": {"steps": 3}}',
        b'{"facts": {"name": "x"}}',
        b'{"failure": "no such thing"}',
        b'{"failure": {}}',
        b"\x00\xff" * 1000,
        b"x" * (20 * 2**20),
        b'{"facts": ' + b"9" * 100_000 + b"}",
    ],
    ids=range(9),
)
def test_what_comes_through_the_pipe_is_not_trusted(box: Sandbox, tmp_path: Path, sent: bytes) -> None:
    (tmp_path / "sent").write_bytes(sent)
    code = f"data = {sent[:40]!r} if {len(sent)} < 40 else {sent[:1]!r} * {len(sent)}\n"
    if 40 <= len(sent) < 2000:
        code = f"data = {sent!r}\n"
    code += "view = memoryview(data)\nwhile view: view = view[os.write(3, view):]\nos._exit(0)"
    assert _id(box.run(_written(tmp_path, code), INPUT)) == "strange"


def test_a_forged_sentence_cannot_act_on_a_terminal(box: Sandbox, tmp_path: Path) -> None:
    forged = json.dumps({"failure": "user", "zh": "好\x1b[2J。", "en": "good\u202e" + "x" * 10**5 + "."}).encode()
    found = box.run(
        _written(tmp_path, f"os.write(3, {forged[:3000]!r} + b'x' * 10 + {forged[-20:]!r}); os._exit(0)"), INPUT
    )
    assert isinstance(found, Failure)
    assert "\x1b" not in found.message.zh and "\u202e" not in found.message.en and len(found.message.en) < 2000


@pytest.mark.parametrize(
    "change",
    [
        {"params": -1},
        {"params": True},
        {"params": 1e9},
        {"params": 10**40},
        {"steps": [3]},
        {"steps": [{"path": "x"}]},
        {"raw": [1]},
        {"input_shapes": [[1] * 20]},
        {"input_shapes": ["1,2"]},
        {"name": None},
    ],
)
def test_figures_must_be_figures(change: dict[str, object]) -> None:
    good = Facts("x", ((1, 2),), ((1, 2),), (), {}, 3, 3, 0, 4).to_dict()
    assert from_json(json.loads(json.dumps(good))).params == 3
    with pytest.raises(Strange):
        from_json({**good, **change})


def test_a_file_beside_it_is_given_only_where_that_is_wanted(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text("width = 8\n")
    target = _written(tmp_path, "from blocks import width\nassert width == 8")
    assert _id(box.run(target, INPUT)) == "facts"
    found = box.run(target, INPUT, alone=True)
    assert isinstance(found, Failure) and "blocks" in found.message.zh


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    found = run_untrusted(_written(tmp_path, "while True: os.fork()"), INPUT, Limits(seconds=5))
    assert isinstance(found, Failure) and found.id == "processes"
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_works_from_another_thread(tmp_path: Path) -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(run_untrusted(_written(tmp_path, ""), INPUT)))
    thread.start()
    thread.join(60)
    assert isinstance(found[0], dict) and found[0]["params"] == 36


def test_a_zygote_that_died_is_replaced(tmp_path: Path) -> None:
    target = _written(tmp_path, "")
    with Sandbox() as sandbox:
        assert _id(sandbox.run(target, INPUT)) == "facts"
        assert sandbox._process is not None
        sandbox._process.kill()
        sandbox._process.wait()
        assert _id(sandbox.run(target, INPUT)) == "facts"


@pytest.mark.parametrize("target", ["vgg16", "nothing.py", "nothing.py:Net", "a.pt", ""])
def test_wrong_use(box: Sandbox, target: str) -> None:
    with pytest.raises(UserError):
        box.run(target, INPUT)


WEAKER = {
    "no namespaces": "jail.leave_namespaces = lambda: set(); jail._all_may_read = lambda paths: True",
    "no Landlock": "from explainer.comparison import kernel; kernel.restrict_files = refuse",
    "no own root": "jail.own_root = refuse; jail._all_may_read = lambda paths: True",
    "neither": "jail.leave_namespaces = lambda: set(); jail._all_may_read = lambda paths: True; "
    "from explainer.comparison import kernel; kernel.restrict_files = refuse",
}
REFUSE = "def refuse(*given): raise OSError(1, 'refused')\n"


def _weaker(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """A system that grants less."""
    from explainer.comparison.sandbox import client as sandbox

    before, _, after = sandbox._PROGRAM.partition("; from")
    program = f"{before}; exec({REFUSE + 'from explainer.comparison import jail; ' + change!r}); from{after}"
    monkeypatch.setattr(sandbox, "_PROGRAM", program)


@pytest.mark.skipif(os.getuid() != 0, reason="changes what root does")
@pytest.mark.parametrize("name", WEAKER)
def test_where_the_system_grants_less_the_rest_still_holds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _weaker(monkeypatch, WEAKER[name])
    with Sandbox(Limits(seconds=5, cpu_seconds=4, output=2**16, memory=2**30)) as weaker:
        assert _id(weaker.run(_written(tmp_path, ""), INPUT)) == "facts"
        assert weaker.granted is not None and "user" in weaker.granted
        note = missing(weaker.granted)
        if name == "no Landlock":
            assert note is None
        elif name == "neither":
            assert note is not None and "断开网络" in note.zh and "碰不到其他文件" in note.zh
        attempts = {
            "import time; time.sleep(60)": "time",
            "x = bytearray(100 * 2**30)": "memory",
            "while True: os.fork()": "processes",
            "while True: print('x' * 1000)": "output",
            "os._exit(0)": "exit",
        }
        if name != "neither":
            attempts |= {
                "open('/etc/passwd')": "files",
                "import socket; socket.socket().connect((b'10.0.0.1', 80))": "network",
            }
        for code, expected in attempts.items():
            with _hurried(weaker) if expected == "time" else nullcontext():
                assert _id(weaker.run(_written(tmp_path, code), INPUT)) == expected, code


@pytest.mark.skipif(os.getuid() != 0, reason="is about root")
def test_nothing_is_run_as_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _weaker(monkeypatch, "jail.become_nobody = lambda own: False")
    found = run_untrusted(_written(tmp_path, ""), INPUT)
    assert isinstance(found, Failure) and found.id == "root"
