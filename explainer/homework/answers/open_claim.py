"""The claim of an account that is being read: its sides so far, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.homework.answers.account_tokens import IsSymbol
from explainer.homework.answers.prose_words import LABELS, Label
from explainer.homework.answers.tokens import Token

SUBORDINATE = tuple(
    [word] for word in ["counting", "because", "since", "as", "where", "using", "given", "因为", "由于", "按", "其中"]
)  # explain beside
AXES = ("channels", "height", "width", "length")


@dataclass
class OpenClaim:
    """The claim that is being read."""

    sides: list[list[Token]] = field(default_factory=lambda: [[]])
    words: list[str] = field(default_factory=list)
    goes_on: bool = False
    roughly: set[int] = field(default_factory=set)
    wordy: set[int] = field(default_factory=set)
    headed: bool = False
    lead: int | None = None

    @property
    def labels(self) -> frozenset[Label]:
        """What its words call it."""
        return frozenset(LABELS[word] for said in self.words for word in _stems(said) if word in LABELS)

    @property
    def explains(self) -> bool:
        """`because …`, `for the 20 filters`: it stands beside the answer."""
        return self.words[:1] in SUBORDINATE or _counts_things(self.words)

    @property
    def has_operands(self) -> bool:
        """Whether its last side has more than signs."""
        return any(token.kind != "sign" for token in self.sides[-1])

    @property
    def name(self) -> str | None:
        """`b` of b = 64."""
        first = self.sides[0]
        several = len([side for side in self.sides if side]) > 1
        return first[0].text if several and len(first) == 1 and first[0].kind == "name" else None

    @property
    def lists_sizes(self) -> bool:
        """Whether sizes are told with their names before them, and the last word names the next: 长60 宽60 深48."""
        last = LABELS.get(self.words[-1]) if self.words else None
        first = LABELS.get(self.words[self.lead - 1]) if self.lead else None
        return first in AXES and last in AXES and first != last and self.lead == len(self.words) - 1

    def defines(self, is_symbol: IsSymbol) -> bool:
        """`d = 768`, `with d = 768`."""
        kinds = [[token.kind for token in side] for side in self.sides]
        named = bool(self.words) and self.headed and is_symbol(self.words[-1])
        return kinds == [["name"], ["number"]] or (kinds == [[], ["number"]] and named)

    def gives_number(self) -> bool:
        """Whether it is a number for a name or a word: K=7, 通道=3."""
        numbers = [[token.kind for token in side] == ["number"] for side in self.sides if side]
        named = [token.kind for token in self.sides[0]] == ["name"] or (self.headed and len(self.words) < 2)
        return named and numbers[-1:] == [True]

    def append(self, token: Token) -> None:
        """A token of its last side."""
        if self.lead is None and token.kind in ("number", "name"):
            self.lead = len(self.words)
        self.sides[-1].append(token)


def _counts_things(words: list[str]) -> bool:
    """`for the 20 filters`."""
    return words[:1] == ["for"] and any(LABELS.get(word) == "channels" for word in words)


def _stems(word: str) -> tuple[str, ...]:
    """A word as it stands, and a Chinese one without its 个."""
    return (word, word.removeprefix("个"), word.removesuffix("为").removesuffix("有"))
