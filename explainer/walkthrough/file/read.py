"""Plain dictionaries or bytes → a walkthrough. Verdicts, totals and steps are computed from what is read, never read.

A file may come from a stranger: structure is checked by type, everything else by `limits`.
"""

from __future__ import annotations

import codecs
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from explainer.errors import UserError
from explainer.i18n.bilingual import same
from explainer.i18n.printable import visible
from explainer.plain_file import TooLarge, bytes_of
from explainer.walkthrough.file import limits
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.rebuild import Rebuilding
from explainer.walkthrough.file.rows import FileRow, WalkthroughRow
from explainer.walkthrough.file.write import FORMAT
from explainer.walkthrough.model import Walkthrough


class _Keys(msgspec.Struct):
    """The keys by which a lesson is known; nothing of them is looked at."""

    walkthrough: msgspec.Raw = msgspec.Raw()
    schema: msgspec.Raw = msgspec.Raw()

    @property
    def of_a_lesson(self) -> bool:
        return bool(bytes(self.walkthrough) or bytes(self.schema))


class _Format(msgspec.Struct):
    """The format of a walkthrough, whatever else is in it."""

    format: int = 0


def is_walkthrough_file(path: Path) -> bool:
    """Whether a file is a lesson's JSON: it has the key, or the shape of an older one (which `read_file` then names).

    In whatever order its keys stand. One that was cut short, or is too large to be looked through, is known by its beginning.
    """
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        if head.lstrip()[:1] == b"{" and any(key in head for key in (b'"schema"', b'"walkthrough"')):
            return True
        return msgspec.json.decode(_utf8(bytes_of(path, limits.BYTES)), type=_Keys).of_a_lesson
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def read_file(path: Path) -> Walkthrough:
    """The walkthrough of a lesson's JSON. Raises UserError, with one sentence, for anything else."""
    try:
        data = _utf8(bytes_of(path, limits.BYTES))
    except TooLarge as error:
        raise limits.refused(str(path), error.why) from error
    except FileNotFoundError as error:
        raise UserError(limits.NO_FILE.format(path=visible(str(path)))) from error
    except OSError as error:
        reason = same(error.strerror or str(error))
        raise UserError(limits.CLOSED.format(path=visible(str(path)), reason=reason)) from error
    except UnicodeError as error:
        raise limits.refused(str(path), same(_short(error))) from error
    try:
        return from_bytes(data)
    except Refused as error:
        raise _of_another_version(error, data, path) from error


def _utf8(data: bytes) -> bytes:
    """As written, but for the marks and the wide characters that some shells put into what they redirect (`--json > x.json`)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _of_another_version(error: Refused, data: bytes, path: Path) -> UserError:
    """The first schema had no walkthrough at all, a later format has what this one does not know: that is said first."""
    try:
        keys = msgspec.json.decode(data, type=_Keys)
        written = msgspec.json.decode(keys.walkthrough, type=_Format).format if bytes(keys.walkthrough) else 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return limits.refused(str(path), error.reason)
    if bytes(keys.schema) == b"1":
        return UserError(limits.TOO_OLD.format(path=str(path), schema=1))
    if written > FORMAT:
        return UserError(limits.TOO_NEW.format(path=str(path), format=written))
    return limits.refused(str(path), error.reason)


def from_bytes(data: bytes) -> Walkthrough:
    """The walkthrough of a file's bytes. Raises Refused."""
    try:
        row = msgspec.json.decode(data, type=FileRow, dec_hook=_fraction)
    except RecursionError as error:
        raise Refused(limits.TOO_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise Refused(same(_short(error))) from error
    return _checked(row.walkthrough)


def from_plain(plain: dict[str, Any]) -> Walkthrough:
    """What `to_plain` gave. Raises Refused."""
    try:
        row = msgspec.convert(plain, WalkthroughRow, dec_hook=_fraction)
    except (msgspec.ValidationError, ValueError) as error:
        raise Refused(same(_short(error))) from error
    return _checked(row)


def _checked(row: WalkthroughRow) -> Walkthrough:
    if row.format != FORMAT:
        raise Refused(same(f"format {row.format}"))
    try:
        return Rebuilding(row).walkthrough()
    except IndexError as error:
        raise Refused(limits.NO_INDEX) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(limits.NO_FORM) from error
    except (ArithmeticError, ValueError) as error:
        raise Refused(limits.NO_VALUE) from error


def _short(error: Exception) -> str:
    """A library's message, on one line and not too long."""
    return " ".join(str(error).split())[:200]


def _fraction(kind: type, value: Any) -> Any:
    """A fraction as `write` has it."""
    if kind is Fraction:
        above, _, below = str(value).partition("/")
        if len(above) > 45 or len(below) > 45:
            raise ValueError("a fraction is too long")
        if not int(below):
            raise ValueError("a fraction divides by nothing")
        return Fraction(int(above), int(below))
    raise NotImplementedError(kind.__name__)
