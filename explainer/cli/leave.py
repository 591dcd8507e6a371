"""The end of a command's process, without taking torch's million objects apart one by one (0.4 s).

`os._exit` after everything that an ordinary end does and somebody could notice: threads are joined, exit hooks run (those
of coverage and multiprocessing among them), streams and C's own buffers are flushed. Wherever there could be more to it
(a profiler or debugger around us, objects of a user's file that want a last word, an open file) the end is the ordinary
one.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
import threading
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, NoReturn

_SUSPENDED = (GeneratorType, CoroutineType, AsyncGeneratorType)


def leave(code: int) -> NoReturn:
    """End the process with this exit code; quickly, if nobody can tell the difference."""
    if _worth_it() and _alone():
        finish: Any = getattr(threading, "_shutdown", None)
        if finish is not None:
            finish()  # waits for threads, as the interpreter does first
            atexit._run_exitfuncs()
            if not _last_words() and _flushed():
                os._exit(code)
    gc.unfreeze()  # what stays frozen keeps modules alive at the end, and their objects' finalizers from running
    sys.exit(code)


def _worth_it() -> bool:
    """torch was loaded by a command that marked what was there before a model's own code ran (`collector.settled`)."""
    return os.name == "posix" and gc.get_freeze_count() > 0


def _alone() -> bool:
    """Nobody runs this program from inside: no profiler, debugger, tracer or preloaded library, no `python -i`."""
    if sys.gettrace() or sys.getprofile() or sys.flags.inspect or sys.flags.dev_mode:
        return False
    if any(os.environ.get(name) for name in ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONINSPECT")):
        return False
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename not in _STARTERS and frame.f_globals.get("__name__") not in (
            "__main__",
            "explainer.cli.console",
            __name__,
        ):
            return False
    return True


_STARTERS = ("<frozen runpy>",)


def _last_words() -> bool:
    """Whether what a model's file made would say something while it is taken apart."""
    talking: dict[type, bool] = {}
    for thing in gc.get_objects():  # those since `collector.settled`: torch's own are not among them
        kind = type(thing)
        if kind not in talking:
            talking[kind] = hasattr(kind, "__del__") or issubclass(kind, (io.IOBase, *_SUSPENDED))
        if talking[kind] and _would_talk(thing):
            return True
    return False


def _would_talk(thing: Any) -> bool:
    if type(thing) in (io.StringIO, io.BytesIO):  # nobody but this process has them
        return False
    if isinstance(thing, io.IOBase):
        return not thing.closed and thing not in (sys.stdout, sys.stderr, sys.stdin)
    if isinstance(thing, GeneratorType):
        return thing.gi_frame is not None and thing.gi_suspended
    if isinstance(thing, CoroutineType):
        return bool(thing.cr_suspended)
    return True


def _flushed() -> bool:
    """Python's streams and C's; what cannot be flushed is reported by the ordinary end."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        import ctypes

        return bool(ctypes.CDLL(None).fflush(None) == 0)
    except Exception:
        return False
