"""The loader of a user's Python file or notebook."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from explainer.i18n.bilingual import Bi
from explainer.source import notebook
from explainer.source.only_needed import line_of_work, only_needed
from explainer.source.source_text import read_source

PARTLY = Bi(
    zh="{path} 一导入就要训练或下载（第{line}行），所以没有整个运行：只运行了{name}用到的import、定义和赋值。",
    en="{path} trains or downloads when it is imported (line {line}), so it was not run as a whole, but only its imports, "
    "definitions and assignments as far as {name} calls for them.",
)
ITS_CLASSES = Bi("其中的类", "a class in it")


class ReadableFile(SourceFileLoader):
    """A user's file in whatever encoding. Nothing is written beside it, and no compiled copy is believed.

    wanted: the names it is imported for; a script that trains is run only as far as they need. notes: what was left out.
    lacking: names whose import failed and was passed over.
    """

    def __init__(self, name: str, path: str, wanted: Sequence[str] | None = None) -> None:
        super().__init__(name, path)
        self.wanted = wanted
        self.notes: list[Bi] = []
        self.lacking: dict[str, ImportError] = {}

    def get_code(self, fullname: str) -> CodeType:
        """The file compiled, anew each time."""
        text = read_source(Path(self.path))
        if self.wanted is None:
            return self._compiled(text)
        tree = ast.parse(text, self.path)
        line = line_of_work(tree)
        if line is not None:
            tree = only_needed(tree, self.wanted)
            name: Any = ITS_CLASSES if not self.wanted else self.wanted[0]
            self.notes = [PARTLY.format(path=self.path, line=str(line), name=name)]
        return self._compiled(tree)

    def get_source(self, fullname: str) -> str:
        """For whoever shows its lines."""
        return read_source(Path(self.path))

    def _compiled(self, source: str | ast.Module) -> CodeType:
        return compile(source, self.path, "exec", dont_inherit=True)


class NotebookFile(ReadableFile):
    """A notebook's imports and definitions. An import that fails is passed over until its name is needed."""

    def exec_module(self, module: ModuleType) -> None:
        """Statement by statement."""
        self.notes = [notebook.ONLY.format(path=self.path)]
        for names, code in notebook.statements_of(Path(self.path)):
            try:
                exec(code, vars(module))
            except ImportError as error:
                if not names:
                    raise
                self.lacking.update(dict.fromkeys(names, error))
