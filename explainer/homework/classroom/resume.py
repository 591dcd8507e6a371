"""What is already graded, in a file beside the grades: an interrupted run goes on from it, and memory does not grow with the class.

One line of JSON a file, appended as each is done; gone when the class is done. A line counts only for a file with the
same content, graded against the same model by the same program. In memory stay only a line's place and what the class as a whole
must know (`Brief`).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from explainer.errors import UserError
from explainer.homework.classroom.brief import Brief, brief
from explainer.homework.classroom.record import Marked, packed, unpacked
from explainer.homework.submissions.base import MAX_BYTES
from explainer.render.files import NOT_WRITABLE, reason

if TYPE_CHECKING:
    from explainer.homework.classroom.assignment import Assignment
    from explainer.homework.classroom.sheet_codes import SheetCodes

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """Where one file's results stand, and what is known of each of them."""

    content: str
    offset: int
    length: int
    briefs: tuple[Brief, ...]


@dataclass
class Progress:
    """The state file; without a path one that goes with the process."""

    path: Path | None
    fingerprint: str
    done: dict[str, Kept] = field(default_factory=dict)
    _file: IO[bytes] | None = None
    _end: int = 0

    def load(self) -> None:
        """Take up what an interrupted run left; whatever does not fit is ignored."""
        if self.path is None or not self.path.is_file():
            return
        try:
            with self.path.open("rb") as file:
                head = file.readline()
                if not head.endswith(b"\n") or json.loads(head) != self._head():
                    return
                at = len(head)
                while (line := file.readline()).endswith(b"\n"):
                    self._take(line, at)
                    at += len(line)
                self._end = at
        except (ValueError, OSError, KeyError, TypeError):  # a last line cut short, a file of another program
            return

    def _take(self, line: bytes, at: int) -> None:
        entry = json.loads(line)
        briefs = tuple(brief(unpacked(one)) for one in entry["marked"])
        self.done[entry["file"]] = Kept(entry["content"], at, len(line), briefs)
        self._end = at + len(line)

    def _head(self) -> dict[str, Any]:
        return {"explainer": FORMAT, "for": self.fingerprint}

    def knows(self, file: str, content: str) -> bool:
        """Whether this very file has been graded."""
        kept = self.done.get(file)
        return kept is not None and kept.content == content

    def add(self, file: str, content: str, marked: list[Marked]) -> None:
        """Keep one file's result, on the disk at once."""
        self.add_line(file, content, line_of(file, content, marked), tuple(brief(one) for one in marked))

    def add_line(self, file: str, content: str, line: bytes, briefs: tuple[Brief, ...]) -> None:
        """The same for a line that another process has made."""
        out = self._opened()
        out.seek(self._end)
        try:
            out.write(line)
            out.flush()
        except OSError as error:
            where = str(self.path or tempfile.gettempdir())
            raise UserError(NOT_WRITABLE.format(path=where, reason=reason(error))) from error
        self.done[file] = Kept(content, self._end, len(line), briefs)
        self._end += len(line)

    def _opened(self) -> IO[bytes]:
        """The file, cut behind the last whole line that counts."""
        if self._file is not None:
            return self._file
        if self.path is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        else:
            try:
                self._file = open(self.path, "r+b" if self._end else "w+b")  # noqa: SIM115
            except OSError as error:
                raise UserError(NOT_WRITABLE.format(path=str(self.path), reason=reason(error))) from error
        if not self._end:
            head = json.dumps(self._head()).encode() + b"\n"
            self._file.write(head)
            self._end = len(head)
        self._file.truncate(self._end)
        self._file.flush()
        return self._file

    def read(self, file: str) -> list[Marked]:
        """One file's results."""
        kept, source = self.done[file], self._opened()
        if hasattr(os, "pread"):  # several processes share the file's place
            line = os.pread(source.fileno(), kept.length, kept.offset)
        else:
            source.seek(kept.offset)
            line = source.read(kept.length)
        return [unpacked(one) for one in json.loads(line)["marked"]]

    def close(self, *, finished: bool, readable: bool = False) -> None:
        """Close the file; when everything is written, remove it. readable: its lines can still be read in this process."""
        if self._file is not None and not readable:
            self._file.close()
            self._file = None
        if finished and self.path is not None and self.path.exists():
            os.unlink(self.path)


def line_of(file: str, content: str, marked: list[Marked]) -> bytes:
    """One line of the state file."""
    entry = {"file": file, "content": content, "marked": [packed(one) for one in marked]}
    return json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def content_of(path: Path) -> str:
    """A hash of a file's content (of a link: of where it points); what is too large to be read, or no file, is not opened."""
    digest = hashlib.sha256()
    try:
        if path.is_symlink():
            return "link:" + hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return f"no file:{stat.S_IFMT(about.st_mode)}"
        if about.st_size > MAX_BYTES:
            return f"large:{about.st_size}"
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        return f"error:{error.errno}"
    return digest.hexdigest()


def fingerprint(assignment: Assignment, hint: bool, codes: SheetCodes) -> str:
    """What the results depend on beside the files: the model's figures, the marks, the sheets, the program's own version."""
    walk = assignment.walk
    figures = []
    if walk is not None:
        figures = [
            walk.name,
            [
                [layer.path, layer.type, layer.torch_params, [size.value for _, size in layer.shape]]
                for layer in walk.layers
            ],
        ]
    given = [codes.code, sorted(codes.by_student.items())]
    text = repr(
        [hint, given, sorted(assignment.points.items()), assignment.rubric, assignment.policy, figures, _source()]
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _source() -> list[tuple[str, int, int]]:
    """The program's files by size and time: an edited grader grades anew."""
    folder = Path(__file__).parent.parent
    found = sorted(folder.rglob("*.py"))
    return [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
