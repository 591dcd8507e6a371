"""LaTeX formulas for the page: MathML for browsers, compact HTML for the PDF.

LaTeX is written by us or by a teacher, so it is untrusted text. It is measured before it reaches the converter
(whose recursion has no limit of its own and would take the process down), and the MathML that comes back is
read as a tree in which only known elements and attributes survive.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Protocol
from xml.etree import ElementTree

from explainer.render.math.layout import compact
from explainer.render.math.screen import displayed, inline


class MathError(ValueError):
    """This LaTeX cannot be set as a formula."""


class _Converter(Protocol):
    def convert_with_local_state(self, latex: str, *, displaystyle: bool) -> str: ...


_MAX_LENGTH = 10_000
_MAX_DEPTH = 60
_MAX_COMMANDS = 200  # commands that may nest without braces: \sqrt\sqrt\sqrt …


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_COMMAND = re.compile(r"\\([A-Za-z]+)\s*(\{)?")
_TWO_ARGUMENTS = _names(
    "frac dfrac tfrac cfrac binom dbinom tbinom underset overset stackrel genfrac textcolor raisebox"
)
_NO_ARGUMENT = _names(
    "cdot times div pm mp le ge leq geq ne neq approx equiv sim lt gt quad qquad cdots ldots dots vdots ddots mid "
    "sum prod int max min sin cos tan tanh exp log ln lim to rightarrow Rightarrow mapsto in infty ell star ast "
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega left right begin end lfloor rfloor "
    "lceil rceil langle rangle lbrace rbrace checkmark partial nabla odot otimes oplus circ bullet prime forall "
    "exists cup cap subset subseteq displaystyle textstyle hline limits nolimits big Big bigg Bigg bigl bigr "
    "Bigl Bigr biggl biggr"
)
_DEFINES = re.compile(r"\\(?:[gex]?def|let|(?:re)?newcommand|providecommand|DeclareMathOperator|newenvironment)\b")

# Environments the converter does not know, or would number, and their like that it sets well.
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(align|split|eqnarray|gather|multline|equation|displaymath)\*?\}")
_ENVIRONMENT_AS = {
    "align": "aligned", "split": "aligned", "eqnarray": "aligned", "gather": "gathered", "multline": "gathered",
}  # fmt: skip
_ROW_SKIP = re.compile(r"\\\\\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|px)\s*\]")  # \\[2pt]
_ALIASES = ((r"\mbox{", r"\text{"), (r"\bold{", r"\mathbf{"), ("\u00a0", " "))

_ENTITY = re.compile(r"&([A-Za-z]+);")
_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_GROUPED = re.compile(r'(?<=\d)</mn><mo(?: lspace="0")? rspace="0">,</mo><mn>(?=\d{3})')
_STYLE = re.compile(r"[a-z-]+:\s*[#%.\w ()-]+;?(?:\s*[a-z-]+:\s*[#%.\w -]+;?)*")

_ELEMENTS = _names(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts "
    "mprescripts mtable mtr mtd mphantom mpadded menclose mstyle b i span"
)
_ATTRIBUTES = _names(
    "display displaystyle scriptlevel lspace rspace stretchy symmetric minsize maxsize largeop movablelimits form "
    "fence separator accent accentunder linethickness width height depth voffset mathvariant notation columnspan "
    "rowspan class style"
)


def to_mathml(latex: str, *, display: bool = False) -> str:
    """LaTeX ⇒ a ``<math>`` element (several, where a line may end between them), or the source in a code span when it cannot be set."""
    try:
        return _mathml_text(latex, display)
    except ValueError:
        return _source(latex)


def to_compact(latex: str, *, display: bool = False) -> str:
    """LaTeX ⇒ HTML of plain text and few elements, for a renderer without MathML."""
    try:
        return _compact_text(latex, display)
    except (ValueError, IndexError):  # MathError, UnsupportedError, or a tree of a shape we did not foresee
        return _source(latex)


def _source(latex: str) -> str:
    return f'<code class="math-error">{escape(latex)}</code>'


@lru_cache(maxsize=4096)
def _mathml_text(latex: str, display: bool) -> str:
    tree = mathml_tree(latex, display)
    return displayed(tree) if display else inline(tree)


@lru_cache(maxsize=4096)
def _compact_text(latex: str, display: bool) -> str:
    return compact(mathml_tree(latex, display), display=display)


def mathml_tree(latex: str, display: bool) -> ElementTree.Element:
    """The MathML of a formula as a checked tree; raises ``MathError``."""
    check_size(latex)
    source = _prepare(latex)
    try:
        text = _convert(source, display)
        root = ElementTree.fromstring(_xml(text))
        _check(root)
    except (ElementTree.ParseError, RecursionError, UnicodeError) as error:
        raise MathError(str(error)) from error
    return root


def check_size(latex: str) -> None:
    """Refuse what could exhaust the stack of the converter, or define macros."""
    if len(latex) > _MAX_LENGTH:
        raise MathError("formula too long")
    if _DEFINES.search(latex):
        raise MathError("formulas may not define commands")
    depth = deepest = 0
    for part in re.findall(r"\\\\|\\[{}]|[{}]|\\begin\b|\\left\b|\\end\b|\\right\b", latex):
        if part in ("{", r"\begin", r"\left"):
            depth += 1
            deepest = max(deepest, depth)
        elif part in ("}", r"\end", r"\right"):
            depth -= 1
    commands = sum(
        1 for name, brace in _COMMAND.findall(latex)
        if name in _TWO_ARGUMENTS or (not brace and name not in _NO_ARGUMENT)
    )  # fmt: skip
    if deepest > _MAX_DEPTH or commands > _MAX_COMMANDS:
        raise MathError("formula nested too deeply")


def _prepare(latex: str) -> str:
    def environment(match: re.Match[str]) -> str:
        name = _ENVIRONMENT_AS.get(match[2])
        return f"\\{match[1]}{{{name}}}" if name else ""

    source = _ROW_SKIP.sub(r"\\\\", _ENVIRONMENT.sub(environment, latex.strip()))
    for old, new in _ALIASES:
        source = source.replace(old, new)
    return source


@lru_cache(maxsize=1)
def _converter() -> _Converter:
    from math_core import LatexToMathML

    converter: _Converter = LatexToMathML(fancy_error=False, max_expansions=50)
    return converter


def _convert(latex: str, display: bool) -> str:
    from math_core import LatexError

    try:
        return _converter().convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        raise MathError(str(error)) from error


def _xml(mathml: str) -> str:
    """Named HTML entities ⇒ characters; ``2 , 359`` ⇒ one number 2,359."""
    from html import unescape

    text = _ENTITY.sub(lambda m: m[0] if m[1] in _XML_ENTITIES else unescape(m[0]), mathml)
    return _GROUPED.sub(",", text)


def _check(root: ElementTree.Element) -> None:
    for element in root.iter():
        if element.tag not in _ELEMENTS:
            raise MathError(f"unknown element {element.tag}")
        for name in list(element.attrib):
            if name not in _ATTRIBUTES or (name == "style" and not _STYLE.fullmatch(element.attrib[name])):
                del element.attrib[name]
