"""A user's file or module, imported; what fails there is one sentence with its line."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from explainer.errors import UserError, said_by
from explainer.i18n.bilingual import Bi
from explainer.source import torchvision_models as zoo
from explainer.source.neighbours import Neighbours

PREFIX = "explainer_user_"  # not the file's own name: a file called json.py must not replace json
NOT_PYTHON = Bi(zh="{path} 不是Python文件。", en="{path} is not a Python file.")
NO_MODULE = Bi(
    zh="找不到Python模块“{path}”：请检查拼写，或改用 文件.py:类名 的写法。",
    en="There is no Python module '{path}': check the spelling, or write file.py:Class.",
)
FAILED_AT = Bi(
    zh='导入 {path} 时在第{line}行出错：{reason}。请先让它能单独运行（训练代码放到 if __name__ == "__main__" 下）。',
    en="Importing {path} failed at line {line}: {reason}. Make it run by itself first (training code belongs "
    'under if __name__ == "__main__").',
)
FAILED = Bi(
    zh="导入 {path} 时出错：{reason}。请先让它能单独运行。",
    en="Importing {path} failed: {reason}. Make it run by itself first.",
)


@contextmanager
def file_imported(path: Path) -> Iterator[ModuleType]:
    """The file as a module; while it is used, and later from its own functions, it may import what stands beside it.

    One that imports relatively (`from .blocks import Block`) is a module of its folder's package. Raises UserError where
    it cannot be imported.
    """
    home = path.resolve()
    owner = PREFIX + path.stem
    with Neighbours(home.parent, owner).at_hand():
        _forget(owner)
        try:
            with _failing(str(path)):
                module = _executed(home, owner, _imports_relatively(home))
            yield module
        except BaseException:
            _forget(owner)
            raise


def _executed(path: Path, owner: str, in_package: bool) -> ModuleType:
    name = f"{owner}.{path.stem}" if in_package else owner
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError(NOT_PYTHON.format(path=str(path)))
    if in_package:
        _package(path.parent, owner)
        if name in sys.modules:  # the package imports it itself
            return sys.modules[name]
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    execute = spec.loader.exec_module
    zoo.repairing(lambda: execute(module))
    return module


def _package(folder: Path, name: str) -> None:
    """The folder as a package of that name, by its `__init__.py` if it has one."""
    start = folder / "__init__.py"
    spec = importlib.util.spec_from_file_location(name, start, submodule_search_locations=[str(folder)])
    assert spec is not None and spec.loader is not None
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    if start.is_file():
        spec.loader.exec_module(package)


def _imports_relatively(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # it will say so when it is run
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def _forget(owner: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == owner]:
        del sys.modules[name]


@contextmanager
def module_imported(path: str) -> Iterator[ModuleType]:
    """`package.module`: an installed one, else one in the working folder. Raises UserError."""
    top = path.partition(".")[0]
    with Neighbours(Path.cwd(), top).at_hand(wanted=top):
        with _failing(path):
            try:
                module: ModuleType = zoo.repairing(lambda: importlib.import_module(path))
            except ModuleNotFoundError as error:
                if error.name and (path == error.name or path.startswith(error.name + ".")):
                    raise UserError(NO_MODULE.format(path=path)) from error
                raise
        yield module


@contextmanager
def _failing(path: str) -> Iterator[None]:
    """Whatever the code raises while it is imported, as a sentence; only Ctrl-C stays itself."""
    try:
        yield
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _import_failed(path, error) from error


def _import_failed(path: str, error: BaseException) -> UserError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(Path(path).name)]
    line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else None)
    reason = said_by(error)
    if isinstance(line, int):
        return UserError(FAILED_AT.format(path=path, line=str(line), reason=reason))
    return UserError(FAILED.format(path=path, reason=reason))
