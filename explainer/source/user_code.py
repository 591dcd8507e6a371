"""A user's file, notebook or module, imported; what fails there is one sentence with its line."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from explainer.errors import UserError, nobody_at_the_keyboard
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.lean_torch.kernels import default_type_kept
from explainer.source import torchvision_models as zoo
from explainer.source.devices import without_a_card
from explainer.source.import_failures import NO_MODULE, PREFIX, import_failed
from explainer.source.missing_packages import missing_package
from explainer.source.neighbours import Neighbours
from explainer.source.own_command_line import own_command_line
from explainer.source.readable_file import NotebookFile, ReadableFile
from explainer.source.source_text import read_source


@dataclass(frozen=True)
class Imported:
    """A user's file as a module; notes: what was left out of it."""

    module: ModuleType
    notes: Sequence[Bi]


@contextmanager
def file_imported(path: Path, wanted: Sequence[str] = ()) -> Iterator[Imported]:
    """The file as a module; while it is used, and later from its own functions, it may import what stands beside it.

    One that imports relatively (`from .blocks import Block`) is a module of its folder's package. Raises UserError where it
    cannot be imported, or where a name is missing that was left out of it.
    """
    home = path.resolve()
    owner = PREFIX + path.stem.replace(".", "_")
    with _at_home(str(path)), Neighbours(_folders(home), owner).at_hand():
        _forget(owner)
        try:
            module, loader = _prepared(home, owner, wanted)
            with _partly(str(path), loader):
                with _failing(str(path)):
                    _execute(module, loader)
                yield Imported(module, loader.notes)
        except BaseException:
            _forget(owner)
            raise


def _prepared(path: Path, owner: str, wanted: Sequence[str]) -> tuple[ModuleType, ReadableFile]:
    """An empty module for the file, in its package if it is of one, and what will run it."""
    root = _package_root(path)
    inside = path.relative_to(root).with_suffix("").parts if root else ()
    names = [owner, *(part.replace(".", "_") for part in inside)]
    kind = NotebookFile if path.suffix.lower() == ".ipynb" else ReadableFile
    loader = kind(".".join(names), str(path), wanted)
    spec = importlib.util.spec_from_file_location(loader.name, path, loader=loader)
    assert spec is not None
    if root:
        with _failing(str(path)):
            for depth in range(len(inside)):
                _package(root.joinpath(*inside[:depth]), ".".join(names[: depth + 1]))
    if loader.name in sys.modules:  # the package imports it itself
        return sys.modules[loader.name], loader
    module = sys.modules[loader.name] = importlib.util.module_from_spec(spec)
    return module, loader


def _execute(module: ModuleType, loader: ReadableFile) -> None:
    if module.__loader__ is loader:
        zoo.repairing(lambda: without_a_card(lambda: loader.exec_module(module)))


@contextmanager
def _partly(path: str, loader: ReadableFile) -> Iterator[None]:
    """A name that is missing because its statement was not run, or its import failed: that is what is said."""
    try:
        yield
    except UserError as error:
        cause = error.__cause__
        if not isinstance(cause, NameError) or not loader.notes:
            raise
        lacking = loader.lacking.get(getattr(cause, "name", "") or "") or loader.lacking.get("*")
        missing = missing_package(lacking, visible(path)) if lacking else None
        raise UserError(missing or error.message + Bi("", " ") + loader.notes[0]) from cause


def _package(folder: Path, name: str) -> None:
    """The folder as a package of that name, by its `__init__.py` if it has one."""
    start = folder / "__init__.py"
    loader = ReadableFile(name, str(start))
    spec = importlib.util.spec_from_file_location(name, start, loader=loader, submodule_search_locations=[str(folder)])
    assert spec is not None
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    if start.is_file():
        loader.exec_module(package)


def _package_root(path: Path) -> Path | None:
    """The folder of the outermost package that a file's relative imports reach, or None if it has no such imports."""
    levels = _relative_levels(path)
    if not levels:
        return None
    root, depth = path.parent, 1
    while root != root.parent and (
        depth < levels or ((root / "__init__.py").is_file() and (root.parent / "__init__.py").is_file())
    ):
        root, depth = root.parent, depth + 1
    return root


def _relative_levels(path: Path) -> int:
    """The most dots that an import of the file begins with."""
    try:
        tree = ast.parse(read_source(path))
    except (UserError, OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return 0  # it will say so when it is run
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _folders(path: Path) -> list[Path]:
    """Where a file's imports are looked for: beside it, above the package that it is in, up to the working folder."""
    folders = [path.parent]
    package = path.parent
    while (package / "__init__.py").is_file() and package != package.parent:
        package = package.parent
        folders.append(package)
    here = Path.cwd()
    if here in path.parents:
        folders += [parent for parent in path.parents if here in (parent, *parent.parents) and parent not in folders]
    return folders


def _forget(owner: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == owner]:
        del sys.modules[name]


@contextmanager
def module_imported(path: str) -> Iterator[ModuleType]:
    """`package.module`: an installed one, else one in the working folder. Raises UserError."""
    top = path.partition(".")[0]
    with _at_home(path), Neighbours([Path.cwd()], top).at_hand(wanted=top):
        with _failing(path):
            try:
                module: ModuleType = zoo.repairing(lambda: without_a_card(lambda: importlib.import_module(path)))
            except ModuleNotFoundError as error:
                if error.name and (path == error.name or path.startswith(error.name + ".")):
                    raise UserError(NO_MODULE.format(path=path)) from error
                raise
        yield module


@contextmanager
def _at_home(program: str) -> Iterator[None]:
    """A user's code has no command line but its own name, prints where nobody reads a lesson, and leaves torch's default type as it was."""
    with own_command_line(program), redirect_stdout(sys.stderr), default_type_kept(), nobody_at_the_keyboard():
        yield


@contextmanager
def _failing(path: str) -> Iterator[None]:
    """Whatever the code raises while it is imported, as a sentence; only Ctrl-C stays itself."""
    try:
        yield
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise import_failed(path, error) from error
