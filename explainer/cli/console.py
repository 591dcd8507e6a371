"""The command line: arguments only. What a command does is in the stages that it calls."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from explainer.cli.app import declared
from explainer.cli.exit_codes import EXIT_USAGE
from explainer.cli.leave import leave
from explainer.cli.localized_click import reason
from explainer.collector import quiet_start
from explainer.errors import UserError
from explainer.i18n.bilingual import LANGS, Bi, Lang
from explainer.i18n.locale import preferred
from explainer.i18n.printable import lines_visible
from explainer.render.files import machine_fault
from explainer.render.files import reason as system_reason
from explainer.torch_missing import torch_needed

# They work long and through many files: there the collector has work to do.
WHOLE_CLASSES = {"check", "worksheet", "compare"}

USAGE = Bi(zh="用法不对：{reason}。运行 explain --help 查看用法。", en="Wrong use: {reason}. Run explain --help.")
UNEXPECTED = Bi(
    zh="程序内部出错（{reason}）：这是explainer的问题，请加 --debug 再运行一次并报告。",
    en="An internal error ({reason}): this is explainer's fault; run again with --debug and report it.",
)
SYSTEM = Bi(zh="读写没有完成：{reason}。", en="Reading or writing failed: {reason}.")
NO_MEMORY = Bi(zh="内存不够，没有算完。", en="There is not enough memory to finish.")
TOO_LARGE = Bi(
    zh="给出的尺寸或批量太大，算不出来；请改小 --input 或 --batch。",
    en="The sizes or the batch are too large to be counted; make --input or --batch smaller.",
)
INTERRUPTED = Bi(zh="已中断，没有留下写了一半的文件。", en="Interrupted; no half-written file was left.")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 all agrees, 1 something disagrees, 2 wrong use or bad input."""
    arguments = sys.argv[1:] if argv is None else argv
    lang = _spoken(arguments)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        with _logged(debug), torch_needed():
            return int(declared(lang).main(arguments, prog_name="explain", standalone_mode=False) or 0)
    except UserError as error:
        fault = machine_fault(error)
        if fault is not None and fault.en not in error.message.en:  # and not what was being done then
            return _complain(SYSTEM.format(reason=fault)[lang], error, debug)
        return _complain(error.message[lang], error, debug)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _complain(USAGE.format(reason=reason(error)[lang])[lang], error, debug)
    except (KeyboardInterrupt, click.Abort):
        click.echo(INTERRUPTED[lang], err=True)
        return EXIT_USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        return _complain(SYSTEM.format(reason=system_reason(error))[lang], error, debug)
    except MemoryError as error:
        return _complain(NO_MEMORY[lang], error, debug)
    except Exception as error:
        if (fault := machine_fault(error)) is not None:
            return _complain(SYSTEM.format(reason=fault)[lang], error, debug)
        if "overflow" in str(error).lower():  # torch says so of sizes that no machine can count
            return _complain(TOO_LARGE[lang], error, debug)
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _complain(UNEXPECTED.format(reason=what)[lang], error, debug)


@contextmanager
def _logged(debug: bool) -> Iterator[None]:
    """With --debug, what the stages note for the one who looks for a fault goes to stderr: a broken rule's traceback."""
    if not debug:
        yield
        return
    import logging

    from explainer.cli.visible_log import Visible

    logger = logging.getLogger("explainer")
    handler = logging.StreamHandler()
    handler.setFormatter(Visible())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def _complain(sentence: str, error: BaseException, debug: bool) -> int:
    if debug:
        import traceback

        with suppress(OSError):
            click.echo(lines_visible("".join(traceback.format_exception(error))), err=True)
    with suppress(OSError):  # stderr may be closed or full as well: the exit code still says it
        click.echo(lines_visible(sentence), err=True)  # names and texts of strangers stand in it
    return EXIT_USAGE


def _three_streams() -> None:
    """What the shell has closed leads nowhere: else the next file opened would take its number, and what is printed."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _spoken(arguments: list[str]) -> Lang:
    """The language for messages: the first of --lang, whatever else is wrong with the line; else the locale's."""
    for at, word in enumerate(arguments):
        value = (
            word.partition("=")[2]
            if word.startswith("--lang=")
            else arguments[at + 1 : at + 2]
            if word == "--lang"
            else ""
        )
        first = (
            (value[0] if isinstance(value, list) and value else str(value))
            .replace("，", ",")
            .split(",")[0]
            .strip()
            .lower()
        )
        for lang in LANGS:
            if first == lang:
                return lang
    return preferred()


def console() -> None:
    """The `explain` command."""
    _three_streams()
    if not WHOLE_CLASSES & set(sys.argv[1:]):
        quiet_start()
    try:
        code = main()
    except BaseException:  # only what is meant to end the process at once
        gc.unfreeze()
        raise
    leave(code)
