"""In the locked-up process: build the model, run it, and say its figures or what went wrong, as JSON."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explainer.comparison.facts import facts_of
from explainer.comparison.sandbox.isolation import use_spare_memory
from explainer.errors import UserError, said_by, text_of

_NETWORK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|bad_alloc|out of memory", re.IGNORECASE)
_NO_THREAD = re.compile(r"can't start new thread|thread creation failed", re.IGNORECASE)


def answer(job: dict[str, Any]) -> bytes:
    """The figures of the job's model, or `{"failure": id, …}`. Never raises."""
    try:
        return json.dumps(_figures(job)).encode()
    except BaseException as error:  # sys.exit and Ctrl-C as well: it is all the submission's doing
        use_spare_memory()
        try:
            return json.dumps(_said(error)).encode()
        except BaseException:  # its errors are its own classes, and may do anything when they are printed
            return json.dumps({"failure": "error", "reason": type(error).__name__[:100]}).encode()


def _figures(job: dict[str, Any]) -> dict[str, Any]:
    """`{"facts": …}`; of a model that breaks on inputs that fit (`inputs_fit`) a failure, with what was seen of it before."""
    from explainer.derive.pipeline import walk_guesses, walk_model
    from explainer.source import input_guesses, load, parse_input, texts_of
    from explainer.source.construction import built_with

    for name, text in job["files"].items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    loaded = load(f"{job['main']}:{job['name']}" if job["name"] else job["main"])
    specs = [parse_input(text) for text in job["inputs"]]
    guesses = input_guesses(loaded, specs)
    fit, texts = job.get("inputs_fit") is True, texts_of(specs or loaded.inputs or ())
    made = built_with(loaded.made_by)
    try:
        walk = walk_guesses(loaded.model, guesses, name=loaded.name, source=job["main"], inputs_fit=fit)
    except UserError as error:
        if not fit:
            raise
        inputs, kwargs = guesses[0]
        part = walk_model(
            loaded.model, inputs, kwargs, name=loaded.name, source=job["main"], tolerant=True, values=False
        )
        return {**_said(error), "facts": facts_of(part, texts, made).to_dict()}
    return {"facts": facts_of(walk, texts, made).to_dict()}


def _said(error: BaseException) -> dict[str, Any]:
    """Which sentence fits, from the error and those behind it."""
    chain = list(_behind(error))
    for each in chain:
        if found := _limit(each):
            return found
    ended_by = error.__cause__
    if ended_by is not None and not isinstance(
        ended_by, Exception
    ):  # its own kind of ending; no sentence is known of it
        return {"failure": "error", "reason": said_by(ended_by)}
    if isinstance(error, UserError):
        return {"failure": "user", "zh": error.message.zh, "en": error.message.en}
    return {"failure": "error", "reason": said_by(error)}


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The innermost first."""
    chain = [error]
    while len(chain) < 20 and (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    return reversed(chain)


def _limit(error: BaseException) -> dict[str, Any] | None:
    text = text_of(error)
    if isinstance(error, SystemExit):
        return {"failure": "exit"}
    if isinstance(error, RecursionError):
        return {"failure": "recursion"}
    if isinstance(error, MemoryError) or _NO_MEMORY.search(text):
        return {"failure": "memory"}
    if isinstance(error, BlockingIOError) or _NO_THREAD.search(text):
        return {"failure": "processes"}
    if not isinstance(error, OSError):
        return None
    if error.errno == errno.ENOMEM:
        return {"failure": "memory"}
    if error.errno in _NETWORK or type(error).__name__ in ("gaierror", "URLError", "herror"):
        return {"failure": "network"}
    if error.errno in (errno.EFBIG, errno.ENOSPC, errno.EDQUOT):
        return {"failure": "disk"}
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        if error.filename is None:  # a connection that Landlock refused, a signal: there is no file name
            return {"failure": "network" if _connects(error) else "refused"}
        return {"failure": "files", "path": str(error.filename)[:200]}
    if isinstance(error, FileNotFoundError):  # outside the own root nothing exists; a program to run has no file name
        outside = error.filename is None or str(error.filename).startswith(("/", "..", "~"))
        return {"failure": "files", "path": str(error.filename or "")[:200]} if outside else None
    return None


def _connects(error: BaseException) -> bool:
    """Whether the code that failed speaks of connections at all."""
    frame, names = error.__traceback__, set[str]()
    while frame is not None:
        names.update(frame.tb_frame.f_code.co_names)
        frame = frame.tb_next
    return bool(names & {"connect", "create_connection", "sendto", "getaddrinfo", "urlopen", "socket"})
