"""What `explain worksheet` was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

MODEL_OR_TOPIC = Bi(
    zh="请写出模型（explain worksheet vgg16 …）或者知识点（--topic conv,batchnorm），二者选一。",
    en="Name either a model (explain worksheet vgg16 …) or topics (--topic conv,batchnorm), not both.",
)
NO_TARGET = Bi(
    zh="请用 -o 写出练习题的文件，例如 -o sheet.pdf；给全班出题时，-o 后面是文件夹。",
    en="Name the worksheet's file with -o, for example -o sheet.pdf; for a class -o names a folder.",
)
ONLY_A_MODEL = Bi(
    zh="学生版（--students-edition）是某个模型的推导，请写出模型。",
    en="A students' edition (--students-edition) is of a model's walkthrough: name the model.",
)


@dataclass(frozen=True)
class WorksheetOptions:
    """What was asked for on the command line, under the names of the options.

    model, topic: what the questions are on. count, seed, level, style: which are asked.
    outputs, key, lookup, fmt, tolerance: the files of one sheet. students, keys, papers: those of a class.
    rubric, new_rubric: how answers are marked. edition, blank: the model's lesson with steps left blank.
    running: how the model is built and run.
    """

    model: str | None = None
    topic: str | None = None
    count: int = 10
    seed: int = 1
    level: int = 1
    style: str = "number"
    outputs: tuple[Path, ...] = ()
    key: Path | None = None
    lookup: Path | None = None
    fmt: str | None = None
    tolerance: str = "0"
    students: Path | None = None
    keys: bool = False
    papers: str | None = None
    rubric: Path | None = None
    new_rubric: Path | None = None
    edition: Path | None = None
    blank: str = "last"
    lang: str | None = None
    running: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> WorksheetOptions:
        """From the command's arguments; what is no option of worksheets says how the model is run."""
        own = {option.name for option in fields(cls)} - {"running"}
        ours = {name: value for name, value in given.items() if name in own}
        return cls(**ours, running={name: value for name, value in given.items() if name not in own})

    def check(self) -> None:
        """Whether these go together. Raises UserError."""
        if bool(self.model) == bool(self.topic):
            raise UserError(MODEL_OR_TOPIC)
        if self.edition is not None and self.model is None:
            raise UserError(ONLY_A_MODEL)
        if not self.outputs and self.edition is None:
            raise UserError(NO_TARGET)

    @property
    def drawing(self) -> dict[str, Any]:
        """What decides which questions are asked."""
        return {"count": self.count, "seed": self.seed, "level": self.level, "styles": self.style}
