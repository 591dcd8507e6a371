"""A name that stands in a user's file, and that importing the file does not give: under `if __name__ == "__main__"`, or in a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.source.only_needed import is_guard
from explainer.source.source_text import read_source

GUARDED = Bi(
    zh='{file} 的“{name}”（第{line}行）写在 if __name__ == "__main__" 下，导入文件时不会运行：请把它移到最外层。',
    en="'{name}' in {file} (line {line}) stands under if __name__ == \"__main__\", which does not run when the file is imported: "
    "move it to the top level.",
)
INSIDE = Bi(
    zh="{file} 的“{name}”（第{line}行）写在函数 {function} 里，从外面取不到：请把它移到最外层，或改写函数名（函数要返回模型）。",
    en="'{name}' in {file} (line {line}) stands inside the function {function}, out of reach from outside: move it to the top level, "
    "or name the function if it returns the model.",
)


@dataclass(frozen=True)
class _Hidden:
    """function: the one that it stands in, empty under the guard; model: whether it is a class of modules."""

    name: str
    line: int
    function: str
    model: bool


def out_of_reach(module: ModuleType, name: str, shown: str) -> Bi | None:
    """Why the file has no such name though its text has; without a name, why it has no model class. None if there is no such reason."""
    tree = _tree(module)
    hidden = list(_hidden(tree.body)) if tree else []
    found = next((one for one in hidden if (one.name == name if name else one.model)), None)
    if found is None:
        return None
    sentence = INSIDE if found.function else GUARDED
    return sentence.format(file=shown, name=found.name, line=found.line, function=found.function)


def _tree(module: ModuleType) -> ast.Module | None:
    path = Path(getattr(module, "__file__", None) or "")
    if path.suffix.lower() != ".py":
        return None
    try:
        return ast.parse(read_source(path))
    except (UserError, OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _hidden(statements: list[ast.stmt], guarded: bool = False, function: str = "") -> Iterator[_Hidden]:
    for statement in statements:
        reached = not (guarded or function)
        if isinstance(statement, ast.ClassDef) and not reached:
            named = " ".join(ast.unparse(base) for base in statement.bases)
            yield _Hidden(statement.name, statement.lineno, function, "Module" in named)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if not reached:
                yield _Hidden(statement.name, statement.lineno, function, False)
            yield from _hidden(statement.body, guarded, statement.name)
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            yield from _hidden(statement.body, guarded or is_guard(statement), function)
            yield from _hidden(getattr(statement, "orelse", []), guarded, function)
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and not reached:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield _Hidden(target.id, statement.lineno, function, False)
