"""What the parts of a lesson share: the languages, the detail, and how text is put into words."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Literal, get_args

from explainer.document.figures import USUALLY, Shown
from explainer.document.nodes import (
    Block,
    Code,
    Heading,
    Inline,
    Math,
    Note,
    Paragraph,
    Picture,
    Strong,
    Text,
    Words,
)
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol, symbols
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.walkthrough.model import By, Layer

if TYPE_CHECKING:
    from explainer.cost.cost import Cost

Detail = Literal["brief", "handout", "standard", "full"]
DETAILS: tuple[Detail, ...] = get_args(Detail)
Place = Literal["overview", "miniature", "table", "memory", "receptive-field", "symbols"] | int
"""Where a lesson has a picture: after the overview, the small example or the table of all layers, in a section, in a layer's (its index)."""

_MATRIX = re.compile(r"(?<![A-Za-z0-9_.])([Wb]_[ih]h)(?![A-Za-z0-9_])")
IN_IT = Bi(zh="式中：", en="Here ")
FIGURE = Bi(zh="图{n}　", en="Figure {n}. ")
Value = Inline | Bi | int | Words
"""What a placeholder is filled with."""


@dataclass
class Page:
    """Collects blocks in the document's languages, and remembers what the reader has been told.

    cost: the further costs, where any are shown. normalized: the modules whose output goes straight into a batch
    normalization. known: the first layer of each rule that has a section, by its index. unnumbered: the steps by their index where the
    document prints no numbers, so that it calls a step by its name.
    """

    langs: tuple[Lang, ...]
    detail: Detail
    group: By | None = None
    show: tuple[Shown, ...] = USUALLY
    cost: Cost | None = None
    normalized: frozenset[int] = frozenset()
    pictures: Mapping[Place, Sequence[Picture]] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    told: set[object] = field(default_factory=set)
    known: dict[str, int] = field(default_factory=dict)
    unnumbered: Mapping[int, Layer] = field(default_factory=dict)

    def first(self, key: object) -> bool:
        """Whether this is said for the first time in the document."""
        new = key not in self.told
        self.told.add(key)
        return new

    def numbered(self, n: int) -> Bi:
        """第2步 / step 2: the number counts calls, and VGG16 has no 34th layer."""
        return Bi(f"第{n}步", f"step {n}")

    def words(self, text: Bi, **values: Value) -> Words:
        """A text in each language, its placeholders filled with text, code or formulas."""
        return {lang: fill(text, lang, values) for lang in self.langs}

    def both(self, text: Bi, **values: Value) -> Text:
        """A text for one line: in a bilingual document the two languages side by side."""
        texts = [fill(text, lang, values) for lang in self.langs]
        if len(texts) == 2 and texts[0] != texts[1]:
            return merge((*texts[0], " ", *texts[1]))
        return texts[0]

    def label(self, text: Bi) -> str:
        """A word for one line, as plain text."""
        return " ".join(dict.fromkeys(text[lang] for lang in self.langs))

    def heading(self, level: int, text: Bi) -> None:
        self.blocks.append(Heading(level, self.both(text)))

    def say(self, text: Bi, **values: Value) -> None:
        """A paragraph."""
        self.blocks.append(Paragraph(self.words(text, **values)))

    def alarm(self, text: Bi, **values: Value) -> None:
        """A paragraph that must not be overlooked."""
        self.blocks.append(Note(self.words(text, **values), alarm=True))

    def put(self, *parts: Inline) -> None:
        """A line that reads alike in both languages."""
        self.blocks.append(Paragraph({self.langs[0]: merge(parts)}))

    def tell(self, parts: list[Bi]) -> None:
        """Sentences run together into a paragraph."""
        if parts:
            self.blocks.append(Paragraph(self.words(sentences(parts))))

    def together(self, said: list[Words]) -> None:
        """The same of sentences that hold code or formulas."""
        if said:
            self.blocks.append(Paragraph(self.run_together(said)))

    def run_together(self, said: list[Words]) -> Words:
        """Sentences with code or formulas in them as running text: no space between Chinese ones, one between English ones."""
        gap: dict[Lang, Text] = {"zh": (), "en": (" ",)}
        runs = {lang: [(*(gap[lang] if i else ()), *one[lang]) for i, one in enumerate(said)] for lang in self.langs}
        return {lang: merge(tuple(chain.from_iterable(run))) for lang, run in runs.items()}

    def illustrate(self, place: Place) -> None:
        """The pictures of this place, numbered."""
        for picture in self.pictures.get(place, ()):
            number = 1 + sum(isinstance(block, Picture) for block in self.blocks)
            titles = {lang: merge((FIGURE.format(n=number)[lang], *text)) for lang, text in picture.title.items()}
            self.blocks.append(replace(picture, title=titles))

    def legend(self, *formulas: Expr, left: Symbol | None = None, place: Bi = IN_IT) -> Words | None:
        """式中：…: the symbols not yet introduced, in the order in which they occur; `left` stands before the "="."""
        new: list[Symbol] = []
        if left is not None and self.first(_introduced(left)):
            new.append(left)
        for formula in formulas:
            for symbol in symbols(formula):
                if not symbol.literal and self.first(_introduced(symbol)):
                    new.append(symbol)
        return {lang: _legend(new, lang, place) for lang in self.langs} if new else None


def fill(text: Bi, lang: Lang, values: Mapping[str, Value]) -> Text:
    """One language's template with its placeholders filled; formulas and code stay what they are.

    Without values it is no template but a text: braces in it are a model's own words, as in an error that it raised.
    """
    if not values:
        return merge(tuple(_lettered(text[lang])))
    parts: list[Inline] = []
    for literal, name, spec, _ in string.Formatter().parse(text[lang]):
        if literal:
            parts += _lettered(literal)
        if name:
            value = values[name]
            if isinstance(value, Code | Math | Strong):
                parts.append(value)
            elif isinstance(value, dict):
                parts += value[lang]
            else:
                template = "{value:" + spec + "}" if spec else "{value}"
                parts.append(Bi(template, template).format(value=value)[lang])
    return merge(tuple(parts))


def codes(names: Sequence[str]) -> Words:
    """`relu`、`add` / `relu` and `add`: names as they stand in a program, listed as the language lists in a sentence."""
    marks: dict[Lang, tuple[str, str]] = {"zh": ("、", "、"), "en": (", ", " and ")}
    said: dict[Lang, Text] = {}
    for lang, (comma, before_last) in marks.items():
        parts: list[Inline] = []
        for i, name in enumerate(names):
            parts += [before_last if i == len(names) - 1 else comma] if i else []
            parts.append(Code(name))
        said[lang] = tuple(parts)
    return said


def listing(said: Sequence[Words]) -> Words:
    """Several texts with code or formulas in them as one: 甲；乙 / a; b."""
    marks: dict[Lang, str] = {"zh": "；", "en": "; "}
    langs = said[0] if said else {}
    return {
        lang: merge(tuple(chain.from_iterable((marks[lang] if i else "", *one[lang]) for i, one in enumerate(said))))
        for lang in langs
    }


def _lettered(text: str) -> Iterator[Inline]:
    """The matrices and biases of a recurrent layer in a sentence, W_ih, are formulas."""
    for i, piece in enumerate(_MATRIX.split(text)):
        if piece:
            yield Math(Symbol(piece, same(piece))) if i % 2 else piece


def merge(parts: Text) -> Text:
    """Neighbouring plain strings joined."""
    merged: list[Inline] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return tuple(merged)


def sentences(parts: list[Bi]) -> Bi:
    """Sentences into running text: no space between Chinese ones, one between English ones."""
    return Bi(
        zh="".join(part.zh for part in parts),
        en=" ".join(part.en.strip() for part in parts if part.en.strip()),
    )


WHERE = {Role.WINDOW: Bi("池化层中的", "in pooling layers ")}


def _introduced(symbol: Symbol) -> object:
    """What a symbol is known by: a letter in one role is one thing, in whatever words (输出特征数, 输出特征数即神经元个数)."""
    return symbol.name, symbol.role or symbol.meaning


def _legend(new: list[Symbol], lang: Lang, place: Bi) -> Text:
    """`k_h`、`k_w` 为卷积核的高和宽: neighbours of one family share their name."""
    comma, is_, are, end = ("，", "为", "为", "。") if lang == "zh" else ("; ", " is the ", " are the ", ".")
    parts: list[Inline] = [place[lang]]
    left, named = list(new), set[str]()
    while left:
        run = [symbol for symbol in left if symbol is left[0] or (symbol.family and symbol.family == left[0].family)]
        alike = left[0].family == left[0].meaning  # the same words for one and for all: however many there are
        if not alike and left[0].family_size not in (0, len(run)):
            run = [left[0]]
        done = {_introduced(symbol) for symbol in run}  # $k_h$ of a kernel and of a window: one letter, two things
        left = [symbol for symbol in left if _introduced(symbol) not in done]
        if len(parts) > 1:
            parts.append(comma)
        where = WHERE.get(run[0].role) if run[0].role is not None and run[0].name in named else None
        parts += [where[lang]] if where is not None else []  # one letter, two things: where it is the second
        named |= {symbol.name for symbol in run}
        for i, symbol in enumerate(run):
            if i:
                parts.append("、" if lang == "zh" else (", " if i < len(run) - 1 else " and "))
            parts.append(Math(symbol))
        name = run[0].family if len(run) > 1 and run[0].family else run[0].meaning
        parts += [are if len(run) > 1 else is_, name[lang]]
    return merge((*parts, end))
