"""A piece of text in both languages, and the numbers that go into it."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from typing import Literal, get_args

from explainer.i18n.printable import visible

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


@dataclass(frozen=True)
class Bi:
    """One text in Chinese and in English; both are mandatory.

    Placeholders are those of `str.format`; `{n:kernel|kernels}` prints a count with its noun.

    >>> text = Bi(zh="{n}个卷积核", en="{n:kernel|kernels}")
    >>> text.format(n=1).en, text.format(n=1280).zh
    ('1 kernel', '1280个卷积核')
    """

    zh: str
    en: str

    def __getitem__(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en

    def format(self, **values: object) -> Bi:
        """Fill the placeholders; a value that is a `Bi` gives each language its own half."""
        return Bi(
            zh=_filled(self.zh, _in_language(values, "zh")),
            en=_filled(self.en, _in_language(values, "en")),
        )

    def __add__(self, other: Bi) -> Bi:
        return Bi(zh=self.zh + other.zh, en=self.en + other.en)

    def placeholders(self) -> tuple[set[str], set[str]]:
        """The names of the placeholders in zh and in en (the contract: the same set)."""
        return _names(self.zh), _names(self.en)


def same(text: str) -> Bi:
    """A text that reads alike in both languages: a name, a number."""
    return Bi(zh=text, en=text)


def begun(text: Bi) -> Bi:
    """As it begins a sentence: with a capital in English."""
    return Bi(text.zh, text.en[:1].upper() + text.en[1:])


def joined(parts: list[Bi], zh: str = "、", en: str = ", ") -> Bi:
    """A list in running text: 甲、乙 / a, b."""
    return Bi(zh=zh.join(part.zh for part in parts), en=en.join(part.en for part in parts))


def words_in_a_row(words: Iterable[object]) -> Bi:
    """Names, numbers and choices that are the same in both languages: conv、linear / conv, linear."""
    written = [str(word) for word in words]
    return Bi(zh="、".join(written), en=", ".join(written))


def listed(parts: list[Bi]) -> Bi:
    """The same with a word before the last: 甲、乙和丙 / a, b and c."""
    if len(parts) < 2:
        return joined(parts)
    return joined(parts[:-1]) + Bi(zh="和", en=" and ") + parts[-1]


def grouped(value: int) -> str:
    """A number as printed: four digits stand together (1792), longer ones get commas (25,088)."""
    return f"{value:,}" if abs(value) >= 10_000 else str(value)


def shape_text(shape: tuple[int, ...] | list[int]) -> str:
    """64×224×224: shapes always with ×, whatever the sign for products."""
    return "×".join(map(grouped, shape))


class _Formatter(string.Formatter):
    """`str.format` in which integers print grouped and `{n:one|many}` counts a noun."""

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            if "|" in format_spec:
                one, many = format_spec.split("|", 1)
                return f"{grouped(value)} {one if value == 1 else many}"
            return grouped(value) if not format_spec else format(value, format_spec)
        return format(value, format_spec)


_FORMATTER = _Formatter()
_PLACES = frozenset(
    ("path", "file", "folder", "parent", "source", "target")
)  # placeholders for what a file system calls something


def _filled(template: str, values: Mapping[str, object]) -> str:
    """The template with its fields filled in."""
    pieces = _pieces(template)
    if pieces is None:
        return _FORMATTER.vformat(template, (), values)
    text = ""
    for before, name, spec in pieces:
        text += before
        if name is not None:
            text += _FORMATTER.format_field(values[name], spec)
    return text


@lru_cache(maxsize=4096)
def _pieces(template: str) -> tuple[tuple[str, str | None, str], ...] | None:
    """A template read once: text, field, its format. None for one with more than plain names in its fields."""
    pieces = []
    for before, name, spec, conversion in _FORMATTER.parse(template):
        if name is not None and (conversion or not name.isidentifier() or "{" in (spec or "")):
            return None
        pieces.append((before, name, spec or ""))
    return tuple(pieces)


def _in_language(values: Mapping[str, object], lang: Lang) -> dict[str, object]:
    chosen = {name: value[lang] if isinstance(value, Bi) else value for name, value in values.items()}
    for name in _PLACES.intersection(chosen):
        value = chosen[name]
        if isinstance(value, str | PathLike):
            chosen[name] = visible(str(value))  # a file's name may hold the end of a line
    return chosen


def _names(template: str) -> set[str]:
    return {field for _, field, _, _ in _FORMATTER.parse(template) if field}
