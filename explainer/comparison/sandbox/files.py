"""Which files a submission gets: itself, and what stands beside it and is imported; never a link, never the reference."""

from __future__ import annotations

import ast
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

MAX_SOURCE, MAX_FILES = 2**18, 100
UNREADABLE = Bi(
    zh="无法读取 {path}：文件须为UTF-8编码、不超过{size} KiB。",
    en="Cannot read {path}: it must be UTF-8 and at most {size} KiB.",
)
LINK = Bi(
    zh="{path} 是链接，不是文件本身，不予运行：请放入文件本身。",
    en="{path} is a link and not a file of its own, so it is not run: put the file itself there.",
)
REFERENCE_ITSELF = Bi(
    zh="{path} 就是参考模型的文件（硬链接），不予运行。",
    en="{path} is the reference's own file (a hard link), so it is not run.",
)


def given_files(main: Path, *, alone: bool = False, reference: Path | None = None, name: str = "") -> dict[str, str]:
    """The text of each file by its place below the main file's folder.

    alone: nothing beside it (that is other students'). reference: the teacher's file; neither it nor what its model
    `name` is imported from is ever among them. Raises UserError where the main file is a link or cannot be read.
    """
    hidden = list(_of_the_reference(reference, name)) if reference else []
    if main.is_symlink() and reference is not None:
        raise UserError(LINK.format(path=visible(str(main))))
    if reference and _is_one_of(main, [reference]) and main.resolve() != reference.resolve():
        raise UserError(REFERENCE_ITSELF.format(path=visible(str(main))))
    text = source_of(main)
    found, waiting = {main.name: text}, [] if alone else list(_beside(main.parent, text))
    while waiting and len(found) < MAX_FILES:
        path = waiting.pop()
        place = path.relative_to(main.parent).as_posix()
        if place in found or _is_one_of(path, hidden):
            continue
        try:
            found[place] = source_of(path)
        except UserError:  # not one that can be given: importing it will say so
            continue
        waiting += _beside(main.parent, found[place])
    return found


def source_of(path: Path) -> str:
    """A source file's text. Raises UserError for what is too long, no text, or no ordinary file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe must not keep us waiting
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SOURCE:
                raise ValueError
            return file.read(MAX_SOURCE + 1).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(UNREADABLE.format(path=visible(str(path)), size=MAX_SOURCE // 1024)) from error


def _beside(folder: Path, text: str) -> Iterator[Path]:
    """The modules of that folder, and all of its packages, that a file imports; no links."""
    for name, _ in _imported(text):
        module, package = folder / f"{name}.py", folder / name
        if module.is_file() and not module.is_symlink():
            yield module
        if package.is_dir() and not package.is_symlink():
            for path, folders, files in os.walk(package, followlinks=False):
                folders[:] = [inner for inner in folders if not inner.startswith((".", "__pycache__"))]
                inside = [Path(path, file) for file in files if file.endswith(".py")]
                yield from (file for file in inside if not file.is_symlink())


def _imported(text: str) -> Iterator[tuple[str, list[str]]]:
    """The top-level names that a file imports, with what it takes out of each; none if it cannot be parsed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it will say so when it is run
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level <= 1:
            names = [alias.asname or alias.name for alias in node.names]
            if node.level:  # of the folder's own package
                yield "__init__", []
            if node.module:
                yield node.module.partition(".")[0], names
            else:
                yield from ((alias.name, []) for alias in node.names)


def _of_the_reference(reference: Path, name: str) -> Iterator[Path]:
    """The reference's file, and what it only hands on its model from."""
    yield reference
    text = source_of(reference)
    elsewhere = not _defines(text, name)
    for module, names in _imported(text):
        if elsewhere or "*" in names or (name and name in names):
            beside = reference.parent / f"{module}.py"
            yield from [beside] if beside.is_file() else (reference.parent / module).rglob("*.py")


def _defines(text: str, name: str) -> bool:
    """Whether a file has a class or function of that name (of any, without one), and does not just hand one on."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    kinds = (ast.ClassDef, ast.FunctionDef)
    return any(isinstance(node, kinds) and node.name == (name or node.name) for node in tree.body)


def _is_one_of(path: Path, others: Iterable[Path]) -> bool:
    """One of these files, by whatever name it goes."""
    for other in others:
        try:
            if path.samefile(other):
                return True
        except OSError:
            continue
    return False
