"""A script that trains when it is imported, or asks for a download: of its statements, those that a model needs.

Where a file does such work outside `if __name__ == "__main__"`, it is not run as a whole. Run is what the wanted names need:
imports, definitions, and the assignments that these use; no loop that trains, no call that trains.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_WORK = {"backward", "fit", "fit_generator", "train_on_batch", "zero_grad"}
_ALWAYS = {"EXAMPLE_INPUT", "example_input", "__all__"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.AsyncFor, ast.AsyncWith)


def line_of_work(tree: ast.Module) -> int | None:
    """The line where importing the file would begin to work (to train, to download, to ask), or None."""
    working = _working_functions(tree)
    for statement in tree.body:
        if not isinstance(statement, _DEFINITIONS) and not is_guard(statement) and _works(statement, working):
            return statement.lineno
    return None


def only_needed(tree: ast.Module, wanted: Iterable[str]) -> ast.Module:
    """The file with what these names need; without names, what its classes need."""
    working = _working_functions(tree)
    needed = {*_ALWAYS, *wanted} if (wanted := set(wanted)) else {*_ALWAYS, *_classes(tree)}
    kept: set[int] = set()
    grown = True
    while grown:
        grown = False
        for at, statement in enumerate(tree.body):
            if at not in kept and _is_needed(statement, needed, working):
                kept.add(at)
                needed |= _used(statement)
                grown = True
    return ast.Module([statement for at, statement in enumerate(tree.body) if at in kept], tree.type_ignores)


def definitions(tree: ast.Module) -> ast.Module:
    """Imports, definitions and assignments of literals; nothing else."""
    return ast.Module([statement for statement in tree.body if _is_definition(statement)], tree.type_ignores)


def _is_definition(statement: ast.stmt) -> bool:
    if isinstance(statement, (*_DEFINITIONS, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(statement, ast.Try):
        return all(_is_definition(part) for part in [*statement.body, *statement.orelse, *statement.finalbody])
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return all(isinstance(target, ast.Name | ast.Tuple) for target in targets) and _is_literal(statement.value)
    return False


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _is_needed(statement: ast.stmt, needed: set[str], working: set[str]) -> bool:
    if isinstance(statement, ast.ImportFrom) and (statement.module == "__future__" or statement.names[0].name == "*"):
        return True
    if is_guard(statement):
        return False
    if not isinstance(statement, _DEFINITIONS) and _works(statement, working):
        return False
    return bool((_bound(statement) | _changed(statement)) & needed)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that the file has from this statement."""
    if isinstance(statement, _DEFINITIONS):
        return {statement.name}
    names = set[str]()
    for node in _own_scope(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, _DEFINITIONS):
            names.add(node.name)
    return names


def _changed(statement: ast.stmt) -> set[str]:
    """The names whose objects it changes: `parser.add_argument(…)`, `config["width"] = 3`, `sys.path.append(…)`."""
    names = set[str]()
    for node in _own_scope(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            names |= _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute):
                names |= _root(called)
    if isinstance(statement, ast.Expr) and "sys" in names:
        return names | _ALWAYS  # the search path: imports may need it
    return names


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _used(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _own_scope(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the file does: not what stands inside a function."""
    yield statement
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, (*_DEFINITIONS, ast.Lambda)):
            yield child
        else:
            yield from _own_scope(child)


def is_guard(statement: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__"`."""
    return isinstance(statement, ast.If) and any(
        isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test)
    )


def _classes(tree: ast.Module) -> set[str]:
    return {statement.name for statement in tree.body if isinstance(statement, ast.ClassDef)}


def _working_functions(tree: ast.Module) -> set[str]:
    """The file's functions that train, or call one that does."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    working = set[str]()
    while found := {
        name
        for name, node in functions.items()
        if name not in working and any(_is_work(n, working) for n in ast.walk(node))
    }:
        working |= found
    return working


def _works(statement: ast.stmt, working: set[str]) -> bool:
    return any(_is_work(node, working) for node in _own_scope(statement))


def _is_work(node: ast.AST, working: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if any(word.arg == "download" and getattr(word.value, "value", False) is True for word in node.keywords):
        return True
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in _WORK
    return isinstance(node.func, ast.Name) and (node.func.id in working or node.func.id == "input")
