"""The modules beside a user's file: importable from that file, and from nowhere else.

A file often imports what stands beside it. If its folder simply stood in `sys.path`, everything imported later in this
process would be looked for there as well: a student's `weasyprint.py` beside the teacher's model would run when the
lesson is typeset. So the folder never enters `sys.path`. A finder serves it, and only

- to imports that the user's own code makes, at once or as late as in a forward pass, and to none of a library that it calls
  (transformers looks for an accelerate, which a student may have called a file);
- for names that no installed package has: the folder comes after site-packages;
- while that code runs: afterwards its modules are taken out of `sys.modules`, and put back when it asks again.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import FrameType, ModuleType

from explainer.source.readable_file import ReadableFile

_MACHINERY = ("importlib", "builtins", "")  # frames between an import and the one who asks


class Neighbours(MetaPathFinder):
    """The finder for one user's file (or package). `owner`: the top-level name of the module that may ask.

    folders: where the names are looked for, in order. Stands in `sys.meta_path` as long as the owner may import something late; a new one takes an older one's place.
    """

    def __init__(self, folders: Sequence[Path], owner: str) -> None:
        self.owner = owner
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._added: list[str] = []
        self._known: set[str] = set()
        self._served: set[str] = set()
        self._away: dict[str, ModuleType] = {}
        self._wanted = ""
        self._asked = False

    @contextmanager
    def at_hand(self, wanted: str = "") -> Iterator[None]:
        """While the user's code is loaded. What it adds to `sys.path` is served by this finder from then on.

        wanted: a top-level name that is served whoever asks for it. Nothing is left behind where loading fails.
        """
        _remove(self.owner)
        importlib.invalidate_caches()
        sys.meta_path.insert(0, self)
        self._known = {name.partition(".")[0] for name in sys.modules}
        self._wanted = wanted
        before = list(sys.path)
        try:
            yield
        except BaseException:
            _remove(self.owner)
            raise
        finally:
            self._wanted = ""
            self._added += [os.path.realpath(entry) for entry in sys.path if entry not in before]
            sys.path[:] = before
            self._asked = True
            self.put_away()

    def put_away(self) -> None:
        """Take what came out of the folders out of `sys.modules`; the owner stays, for whoever looks it up."""
        # Modules there are thousands: they are gone through only where something was imported since.
        if not self._asked or not (self._served or self._added):
            return
        self._asked = False
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if top != self.owner and (top in self._served or self._is_beside(top)):
                self._away[name] = sys.modules.pop(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module beside the file, or None where this is not ours to say."""
        self._asked = True
        top = fullname.partition(".")[0]
        if fullname in self._away:
            return _again(self._away[fullname]) if self._is_asked(top) else None
        if path is not None:
            ours = top == self.owner or top in self._served
            return self._readable(PathFinder.find_spec(fullname, path)) if ours else None
        if top == self.owner != self._wanted:
            return None
        if not self._is_asked(top):
            return None
        found = PathFinder.find_spec(fullname, [*self._folders, *self._added])
        if found is None or _installed(fullname, only_modules=found.loader is not None):
            return None
        self._served.add(top)
        return self._readable(found)

    def _readable(self, found: ModuleSpec | None) -> ModuleSpec | None:
        """A file out of these folders is read in whatever encoding it is."""
        if found is not None and type(found.loader) is SourceFileLoader:
            home = os.path.realpath(found.loader.path)
            if any(home.startswith(folder + os.sep) for folder in (*self._folders, *self._added)):
                found.loader = ReadableFile(found.loader.name, found.loader.path)
        return found

    def _is_asked(self, top: str) -> bool:
        """Whether the user's own code is what imports: not a library that it calls, which may look for others' modules."""
        if top == self._wanted:
            return True
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            home = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if home == self.owner or home in self._served:
                return True
            if (
                home not in _MACHINERY and top not in self._served
            ):  # what the user's code has taken already is known by then
                return False
            frame = frame.f_back
        return False

    def _is_beside(self, top: str) -> bool:
        """Found by a path that the file itself put into `sys.path`: it stands in one of these folders."""
        module = sys.modules.get(top)
        file = getattr(module, "__file__", None)
        if not self._added or top in self._known or not isinstance(file, str):
            return False
        home = os.path.dirname(os.path.realpath(file))
        return (os.path.dirname(home) if hasattr(module, "__path__") else home) in self._added


class _PutBack(Loader):
    """A module that was taken out of `sys.modules`, handed out as it is."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # it has been run; only the machinery's own mark on it is undone


def _again(module: ModuleType) -> ModuleSpec:
    spec = ModuleSpec(module.__name__, _PutBack(module), origin=getattr(module, "__file__", None))
    spec.submodule_search_locations = list(module.__path__) if hasattr(module, "__path__") else None
    return spec


def _installed(name: str, only_modules: bool) -> bool:
    """Whether anything but a user's folder has it. A mere directory of that name gives way to a module."""
    for finder in sys.meta_path:
        if isinstance(finder, Neighbours) or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, None)
        if spec is not None and (spec.loader is not None or not only_modules):
            return True
    return False


def put_neighbours_away() -> None:
    """After user's code has run late (in a forward pass): see `Neighbours.put_away`."""
    for finder in sys.meta_path:
        if isinstance(finder, Neighbours):
            finder.put_away()


def _remove(owner: str) -> None:
    """A file loaded again has its neighbours anew."""
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not (isinstance(finder, Neighbours) and finder.owner == owner)
    ]
