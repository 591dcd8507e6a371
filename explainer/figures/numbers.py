"""Numbers as figures print them."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi, Lang, grouped, same, shape_text

__all__ = ["grouped", "percent", "rounded", "times", "title_of"]


_UNITS = {
    "zh": (("万亿", 10**12), ("亿", 10**8), ("万", 10**4)),
    "en": (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)),
}


def rounded(value: int, lang: Lang) -> str:
    """Three digits: 1.38亿, 138M; small numbers as they are."""
    if value < 10_000:
        return str(value)
    name, unit = next((one for one in _UNITS[lang] if value >= one[1]), _UNITS[lang][-1])
    whole = len(str(value // unit))
    return f"{value / unit:.{max(0, 3 - whole)}f}{name}"


def percent(part: int, whole: int) -> str:
    """74.3%; what would round to nothing says so."""
    if not part or not whole:
        return "0"
    share = 100 * part / whole
    return "100%" if part == whole else f"{share:.1f}%" if 0.05 <= share < 99.95 else "<0.1%" if share < 1 else ">99.9%"


def times(sizes: tuple[int, ...]) -> str:
    """64×224×224."""
    return shape_text(sizes)


def title_of(name: str, source: str) -> Bi:
    """A model's name as its paper writes it."""
    from explainer.lesson.architectures import proper_name

    return same(proper_name(name, source))
