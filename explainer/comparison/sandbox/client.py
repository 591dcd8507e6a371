"""Run a submitted model in a locked-up process and get its figures back as plain data.

What this protects against, and what not, is said in docs/sandbox.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from explainer.comparison.facts import MAX_TEXT, Facts, Strange, from_json
from explainer.comparison.sandbox.backends import Backend, preferred
from explainer.comparison.sandbox.files import given_files
from explainer.comparison.sandbox.limits import Failure, Limits, failure
from explainer.comparison.sandbox.memory_group import MemoryGroup, memory_group
from explainer.errors import UserError
from explainer.i18n.bilingual import LANGS, Bi, same
from explainer.i18n.printable import visible
from explainer.render.files import reason as system_reason

NOT_A_FILE = Bi(
    zh="“{target}”不是Python文件：提交的模型要写作 文件.py 或 文件.py:类名。",
    en="'{target}' is not a Python file: a submitted model is written file.py or file.py:Class.",
)
NO_FILE = Bi(zh="没有这个文件：{path}。请检查路径。", en="There is no file {path}: check the path.")
NOT_HERE = Bi(
    zh="此系统不能限制程序的资源，所以不运行提交的代码：请在Linux或macOS上运行（Windows上可用WSL）。",
    en="This system cannot limit what a program takes, so submitted code is not run: use Linux or macOS (on Windows, WSL).",
)
START_SECONDS = 120.0
_PROGRAM = (
    "import sys, json; "
    "at = next((i for i, entry in enumerate(sys.path) if 'site-packages' in entry), len(sys.path)); "
    "sys.path[at:at] = json.loads(sys.argv[1]); "
    "from explainer.comparison.sandbox.supervisor import main; main(frozenset(json.loads(sys.argv[2])))"
)
_KINDS = ("memory", "processes", "files", "disk", "network", "refused", "exit", "recursion", "error", "root", "sandbox")
_SIGNALS = {number.value: number.name for number in signal.Signals}
_NO_THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}


class Sandbox:
    """A process that has torch imported and runs one submission after another, each in a fork of its own.

    A context manager. `granted`: the protections that the system gave the last one.
    backend: bubblewrap's room or our own walls alone; by default the first that works here.
    """

    def __init__(self, limits: Limits | None = None, backend: Backend | None = None) -> None:
        if not hasattr(os, "fork"):
            raise UserError(NOT_HERE)
        self.limits = limits or Limits()
        self.backend = backend or preferred()
        self.granted: set[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._group: MemoryGroup | None = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        if self._group is not None:
            self._group.remove()
            self._group = None

    def run(
        self,
        target: str,
        inputs: Sequence[str] = (),
        *,
        alone: bool = False,
        reference: str = "",
        inputs_fit: bool = False,
    ) -> Facts | Failure:
        """The figures of `file.py` or `file.py:Class` on these inputs (as `--input` takes them), or what went wrong.

        alone: files beside it are not given to it (they are other students'). reference: the teacher's `file.py:Class`,
        which is not given to it either. inputs_fit: the reference takes them. Raises UserError for a bad path.
        """
        path, name = split_target(target)
        teachers, its_name = split_target(reference) if reference else (None, "")
        files = given_files(path, alone=alone, reference=teachers, name=its_name)
        job: dict[str, Any] = {"files": files, "main": path.name, "name": name, "limits": asdict(self.limits)}
        job |= {"inputs": list(inputs), "inputs_fit": inputs_fit}
        killed = self._group.kills() if self._group else 0
        try:
            report, result = self._ask(job)
        except (OSError, EOFError, ValueError) as error:
            self._abandon()
            said = system_reason(error) if isinstance(error, OSError) else same(str(error) or type(error).__name__)
            return failure("sandbox", self.limits, reason=Bi(*(visible(said[lang][:MAX_TEXT]) for lang in LANGS)))
        found = self._understood(report, result)
        if self._group and self._group.kills() > killed:
            return failure("memory", self.limits)
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            import explainer

            own = str(Path(explainer.__file__).resolve().parent.parent)
            packages = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
            words = [json.dumps([own, *packages]), json.dumps(self.backend.walls)]
            program = [sys.executable, "-I", "-B", "-c", _PROGRAM, *words]
            command = self.backend.command(program, self.limits)
            self._group = self._group or memory_group(self.limits)
            self._process = subprocess.Popen(
                self._group.command(command) if self._group else command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", **_NO_THREADS},
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
            _sound(json.loads(_line(self._process, time.monotonic() + START_SECONDS)))
        return self._process

    def _ask(self, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        process = self._started()
        assert process.stdin is not None
        data = memoryview(json.dumps(job).encode() + b"\n")
        while data:
            data = data[process.stdin.write(data) or 0 :]
        deadline = time.monotonic() + self.limits.seconds + 30  # the child keeps the time; this is for its own death
        head = _sound(json.loads(_line(process, deadline)))
        return head, _exactly(process, int(head["bytes"]), deadline)

    def _abandon(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.kill()
            process.wait()
            process.stdout.close()

    def _understood(self, report: dict[str, Any], result: bytes) -> Facts | Failure:
        """What the worker wrote, read with suspicion: first the protections, then one JSON object."""
        granted, _, said = result.partition(b"\n")
        data = _json(said) if not report["why"] else None
        with contextlib.suppress(TypeError):
            self.granted = {name for name in _json(granted) or [] if isinstance(name, str)}
        if report["why"]:
            return failure(report["why"], self.limits)
        if not said:
            return self._ended(report["exit"])
        if not isinstance(data, dict):
            return failure("strange", self.limits)
        if "facts" not in data:
            return self._failed(data)
        try:
            facts = from_json(data["facts"])
        except Strange:
            return failure("strange", self.limits)
        return facts if "failure" not in data else replace(self._failed(data), seen=facts)

    def _failed(self, data: dict[str, Any]) -> Failure:
        kind = data.get("failure")
        words = {key: visible(str(data.get(key, ""))[: 4 * MAX_TEXT]) for key in ("zh", "en", "reason", "path")}
        if kind == "user":
            return Failure("user", Bi(words["zh"], words["en"]))
        path = Bi(f"（{words['path']}）", f" ({words['path']})") if words["path"] else ""
        if kind in _KINDS:
            return failure(str(kind), self.limits, path=path, reason=words["reason"])
        return failure("strange", self.limits)

    def _ended(self, code: int) -> Failure:
        """It left nothing: by its exit code, 128 + the signal."""
        number = code - 128
        if number == signal.SIGXCPU:
            return failure("time", self.limits)
        if number == signal.SIGXFSZ:
            return failure("disk", self.limits)
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            return failure("killed", self.limits, signal=_SIGNALS[number])
        if number in _SIGNALS:
            return failure("crash", self.limits, signal=_SIGNALS[number])
        return failure("exit", self.limits)


def run_untrusted(target: str, inputs: Sequence[str] = (), limits: Limits | None = None) -> dict[str, Any] | Failure:
    """The figures of one submitted model as plain data, or what went wrong. Raises UserError for a bad path."""
    with Sandbox(limits) as box:
        found = box.run(target, inputs)
    return found if isinstance(found, Failure) else found.to_dict()


def _sound(head: dict[str, Any]) -> dict[str, Any]:
    """What the process says of a job; raises OSError where the machine did not let it work."""
    if "failed" in head:
        raise OSError(*head["failed"])
    return head


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def split_target(target: str) -> tuple[Path, str]:
    """`file.py:Class` → the file and the name. Raises UserError for anything else, and where there is no such file."""
    path, colon, name = target.rpartition(":")
    if target.endswith(".py"):
        path, name = target, ""
    elif not (colon and path.endswith(".py")):
        raise UserError(NOT_A_FILE.format(target=visible(target)))
    if not os.path.lexists(path) or Path(path).is_dir():
        raise UserError(NO_FILE.format(path=visible(path)))
    return Path(path), name


def _line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        line += _some(process, 1, deadline)
        if len(line) > 65536:
            raise ValueError("line too long")
    return bytes(line)


def _exactly(process: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < count:
        data += _some(process, count - len(data), deadline)
    return bytes(data)


def _some(process: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], max(deadline - time.monotonic(), 0))
    if not ready:
        raise TimeoutError("no answer")
    data = os.read(process.stdout.fileno(), count)
    if not data:
        raise EOFError("the process ended")
    return data
