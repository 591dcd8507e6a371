"""A user's file or module, imported; what fails there is one sentence with its line."""

from __future__ import annotations

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

    Raises UserError where it cannot be imported.
    """
    name = PREFIX + path.stem
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise UserError(NOT_PYTHON.format(path=str(path)))
    module = importlib.util.module_from_spec(spec)
    execute = spec.loader.exec_module
    with Neighbours(path.resolve().parent, name).at_hand():
        sys.modules[name] = module
        try:
            with _failing(str(path)):
                zoo.repairing(lambda: execute(module))
            yield module
        except BaseException:
            sys.modules.pop(name, None)
            raise


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
