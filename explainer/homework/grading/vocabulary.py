"""The names that an answer may use: the layer's own symbols, and the ways in which students write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from explainer.formula.derivation import Derivation
from explainer.formula.normal_form import Work
from explainer.formula.rewrite import rewritten
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol, product, symbols, value_of, walk
from explainer.homework.answers.limits import ALGEBRA, TRIED
from explainer.homework.grading.policy import Policy
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi, same, words_in_a_row
from explainer.walkthrough.model import Layer

NO_SYMBOL = Bi(
    zh="这一题里没有符号“{name}”；可以用的符号：{known}。",
    en="There is no symbol '{name}' in this question; the symbols are {known}.",
)
NO_SYMBOLS = Bi(
    zh="不认识符号“{name}”：这一题请用数字作答。",
    en="The symbol '{name}' is not known: this question is answered with numbers.",
)

ALIASES: dict[str, str] = {
    "C_in": "inchannels inchannel inch ic ci cinput channelsin inputchannels cprev m",
    "C_out": "outchannels outchannel outch oc co coutput channelsout outputchannels filters nfilters kernels",
    "F_in": "infeatures nin din in input inputs indim inputsize inputdim inputfeatures fi cin dinput",
    "F_out": "outfeatures nout dout out output outputs outdim outputsize outputfeatures fo units cout",
    "C": "channels channel numfeatures features cin cout",
    "k": "kernelsize kernel ksize ks f",
    "k_h": "kernelheight kheight fh",
    "k_w": "kernelwidth kwidth fw",
    "s": "stride strides",
    "p": "padding pad",
    "d": "dilation",
    "o": "outputpadding",
    "g": "groups group",
    "b": "bias",
    "N": "batch batchsize bs b n",
    "H": "hin height inh inheight h",
    "W": "win width inw inwidth w",
    "L": "lin length l",
    "H_out": "ho oh outh outheight h2",
    "W_out": "wo ow outw outwidth w2",
    "L_out": "lo ol outl outlength",
    "h": "hidden hiddensize dh nhidden hiddenunits",
    "V": "vocab vocabsize numembeddings vocabulary",
    "D": "dim dmodel embeddim embeddingdim e emb d hiddensize",
    "n": "layers numlayers nlayers",
    "T": "seqlen seq time steps seqlength sequence",
    "n_h": "heads numheads nheads nhead h",
    "B": "bytes itemsize bytesper",
}
EXACT = ("p", "b", "s", "o")  # p and P, b and B, s and S mean different things
SIDES = ("_h", "_w", "_d")
FLAGS = (Role.BIAS, Role.GROUPS, Role.DILATION, Role.BYTES)


class UnknownName(Exception):
    """A name that is no symbol of this question."""

    def __init__(self, name: str, message: Bi) -> None:
        super().__init__(message.en)
        self.name, self.message = name, message


@dataclass(frozen=True)
class Vocabulary:
    """numbers: this layer's value of each symbol; fixed: those of its flags, in a formula for all sizes; symbols: by name;
    defined: sizes of the output by their formulas (H_out); own: the symbols of the figure that is asked for;
    policy: what the class agrees on; work, effort: what may still be spent on this answer; compared: what was compared already."""

    symbols: dict[str, Symbol]
    numbers: dict[str, int]
    fixed: dict[str, int]
    defined: dict[str, Expr]
    own: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    work: Work = field(default_factory=lambda: Work(ALGEBRA), compare=False)
    compared: dict[object, object] = field(default_factory=dict, compare=False)
    effort: Work = field(default_factory=lambda: Work(TRIED), compare=False)

    def resolved(self, expr: Expr) -> Expr:
        """The formula with the question's own symbols. Raises UnknownName."""
        return rewritten(expr, lambda node: self.symbol(node.name) if isinstance(node, Symbol) else node)

    def symbol(self, written: str) -> Expr:
        """The symbol, or the product of symbols (`kk`, `HW`), that a name stands for."""
        found = self.named(written)
        if found is not None:
            return found
        parts = self.split(written)
        if parts:
            return product(parts)
        shown = written if len(written) <= 20 else written[:19] + "…"
        if not self.listed:
            raise UnknownName(written, NO_SYMBOLS.format(name=shown))
        raise UnknownName(written, NO_SYMBOL.format(name=shown, known=words_in_a_row(self.listed)))

    @property
    def listed(self) -> list[str]:
        names = [name for name in self.own if not self.symbols[name].literal]
        sides = self.together("k")
        if sides and {side.name for side in sides} <= set(names):
            names = ["k", *(name for name in names if name not in {side.name for side in sides})]
        return names

    def named(self, written: str) -> Expr | None:
        if written in self.symbols:
            return self.symbols[written]
        if written in ("k", "K", "s", "p", "d", "o") and (sides := self.together(written.lower())):
            return Symbol(written.lower(), sides[0].meaning, role=sides[0].role)
        key = _key(written)
        alike = [symbol for name, symbol in self.symbols.items() if _key(name) == key and key not in EXACT]
        if len(alike) > 1:
            alike = [symbol for symbol in alike if symbol.name[0] == written[0]] or []
        if alike:
            return alike[0]
        for name, others in ALIASES.items():
            if key in others.split():
                if name in self.symbols:
                    return self.symbols[name]
                if sides := self.together(name):
                    return Symbol(name, sides[0].meaning, role=sides[0].role)
        return None

    def role(self, name: str) -> Role | None:
        """What a symbol stands for; of k, where the layer has k_h and k_w, what these do."""
        symbol = self.symbols.get(name) or next(iter(self.together(name)), None)
        return symbol.role if symbol is not None else None

    def together(self, name: str) -> list[Symbol]:
        """k_h, k_w for k, where they are the same number."""
        sides = [self.symbols[name + side] for side in SIDES if name + side in self.symbols]
        numbers = {self.numbers[symbol.name] for symbol in sides}
        return sides if len(numbers) == 1 else []

    def split(self, written: str) -> list[Expr]:
        """`kkC_in` as k·k·C_in: only names exactly as they stand, longest first."""
        names = sorted([*self.symbols, *(["k"] if self.together("k") else [])], key=len, reverse=True)
        spelled = {name: name for name in names} | {name.replace("_", ""): name for name in names}
        pattern = "|".join(re.escape(name) for name in sorted(spelled, key=len, reverse=True))
        if not pattern or not re.fullmatch(f"(?:{pattern})+", written):
            return []
        found = [self.named(spelled[piece]) for piece in re.findall(pattern, written)]
        return [part for part in found if part is not None]

    def merged(self, exprs: Iterable[Expr]) -> dict[str, str]:
        """k_h → k, k_w → k, where one of the formulas says k."""
        used = {symbol.name for expr in exprs for symbol in symbols(expr)}
        return {side.name: name for name in used if name not in self.symbols for side in self.together(name)}

    def values(self) -> dict[str, int]:
        """The numbers of this layer, of k too."""
        own = {name: self.numbers[side[0].name] for name in "kspdo" if (side := self.together(name))}
        return own | self.numbers


def vocabulary(question: Question, policy: Policy | None = None) -> Vocabulary:
    """The names for this question: of all the layer's formulas, whichever of them is asked for; and how it is judged."""
    found: dict[str, Symbol] = {}
    numbers: dict[str, int] = {}
    defined: dict[str, Expr] = {}
    for derivation in _derivations(question):
        for symbol, value in derivation.values.items():
            found.setdefault(symbol.name, symbol)
            numbers.setdefault(symbol.name, value)
    part = question.layer
    for name, size in part.shape if isinstance(part, Layer) else ():
        clash = name in found and not name.endswith("_out")  # a flattened F is not the input's F
        if not clash and size.symbolic != found.get(name) and list(symbols(size.symbolic)):
            defined[name] = size.symbolic
            found.setdefault(name, Symbol(name, same(name), role=_role_of(size.symbolic)))
            numbers.setdefault(name, size.value)
    free = {symbol.name for derivation in _derivations(question) for symbol in _free(derivation.symbolic)}
    fixed = {
        name: numbers[name]
        for name, symbol in found.items()
        if name not in defined and (name not in free or _is_flag(symbol))
    }
    own = dict.fromkeys(symbol.name for _, size in question.sizes for symbol in _free(size.symbolic))
    return Vocabulary(found, numbers, fixed, defined, tuple(own), policy or Policy())


def _derivations(question: Question) -> list[Derivation]:
    own = [size for _, size in question.sizes]
    part = question.layer
    if part is not None and part.params is not None:
        own.append(part.params)
    if isinstance(part, Layer):
        own += [size for _, size in part.shape] + ([part.macs] if part.macs else [])
    return own


def _free(expr: Expr) -> Iterable[Symbol]:
    return (node for node in walk(expr) if isinstance(node, Symbol))


def _role_of(size: Expr) -> Role | None:
    """What a size of the output stands for, by its formula: a side of the image comes from a side of the image."""
    if isinstance(size, Symbol):
        return size.role
    return Role.SIZE_OUT if any(symbol.role is Role.SIZE for symbol in symbols(size)) else None


def _is_flag(symbol: Symbol) -> bool:
    """What a layer has or has not, and not a size: bias, groups, dilation, bytes of a number."""
    return symbol.literal or symbol.role in FLAGS


def _key(name: str) -> str:
    return name.replace("_", "").lower()


def number_of(expr: Expr, values: dict[str, int] | None = None) -> Fraction | None:
    """The value of a formula; None if a symbol has no number or something is divided by zero."""
    known = values or {}
    try:
        return Fraction(value_of(expr, {node: known[node.name] for node in walk(expr) if isinstance(node, Symbol)}))
    except (KeyError, ZeroDivisionError):
        return None
