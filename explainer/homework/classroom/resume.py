"""What is already graded, in a file beside the grades, so that an interrupted run goes on where it was.

One line of JSON a file, appended as each is done; gone when the class is done. A line counts only for a file with the
same content, graded against the same model by the same program.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from explainer.homework.classroom.record import Marked, packed, unpacked

if TYPE_CHECKING:
    from explainer.homework.classroom.assignment import Assignment

FORMAT = 1


@dataclass
class Progress:
    """The state file; without a path nothing is kept."""

    path: Path | None
    fingerprint: str
    done: dict[tuple[str, str], list[Marked]] = field(default_factory=dict)
    _file: IO[str] | None = None

    def load(self) -> None:
        """Take up what an interrupted run left; whatever does not fit is ignored."""
        if self.path is None or not self.path.is_file():
            return
        try:
            head, *lines = self.path.read_text(encoding="utf-8").splitlines()
            if json.loads(head) == self._head():
                for line in lines:
                    self._take(json.loads(line))
        except (ValueError, OSError, KeyError, TypeError):  # a last line cut short, a file of another program
            return

    def _take(self, entry: dict[str, Any]) -> None:
        self.done[entry["file"], entry["content"]] = [unpacked(one) for one in entry["marked"]]

    def _head(self) -> dict[str, Any]:
        return {"explainer": FORMAT, "for": self.fingerprint}

    def add(self, file: str, content: str, marked: list[Marked]) -> None:
        """Keep one file's result, on the disk at once."""
        self.done[file, content] = marked
        if self.path is None:
            return
        if self._file is None:
            self._begin()
        assert self._file is not None
        self._line({"file": file, "content": content, "marked": [packed(one) for one in marked]})
        self._file.flush()

    def _begin(self) -> None:
        """A fresh file with what is known so far, so that no line cut short stays in the middle."""
        assert self.path is not None
        known = list(self.done.items())[:-1]
        self._file = open(self.path, "w", encoding="utf-8")  # noqa: SIM115 (closed by close)
        self._line(self._head())
        for (file, content), marked in known:
            self._line({"file": file, "content": content, "marked": [packed(one) for one in marked]})

    def _line(self, value: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(value, ensure_ascii=True) + "\n")

    def close(self, *, finished: bool) -> None:
        """Close the file; when everything is written, remove it."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if finished and self.path is not None and self.path.exists():
            os.unlink(self.path)


def content_of(path: Path) -> str:
    """A hash of a file's content (of a link: of where it points)."""
    digest = hashlib.sha256()
    try:
        if path.is_symlink():
            return "link:" + hashlib.sha256(os.readlink(path).encode("utf-8", "surrogateescape")).hexdigest()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        return f"error:{error.errno}"
    return digest.hexdigest()


def fingerprint(assignment: Assignment, hint: bool) -> str:
    """What the results depend on beside the files: the model's figures, the marks, the program's own version."""
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
    text = repr([hint, sorted(assignment.points.items()), assignment.rubric, figures, _source()])
    return hashlib.sha256(text.encode()).hexdigest()


def _source() -> list[tuple[str, int, int]]:
    """The program's files by size and time: an edited grader grades anew."""
    folder = Path(__file__).parent.parent
    found = sorted(folder.rglob("*.py"))
    return [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
