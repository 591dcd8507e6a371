"""Plain dictionaries or bytes → a walkthrough. Verdicts, totals and steps are computed from what is read, never read.

A file may come from a stranger: structure is checked by type, everything else by `limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from explainer.errors import UserError
from explainer.formula.role import Role
from explainer.formula.tree import Env, Expr, Number, Product, Rounded, Sum, Symbol
from explainer.i18n.bilingual import Bi, same
from explainer.plain_file import TooLarge, bytes_of
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.call import Call, Op, Other, TensorRef
from explainer.walkthrough.case import Axis, Origin, Output, Parameters, RuleFacts
from explainer.walkthrough.family import Family, Hyper, Part
from explainer.walkthrough.file import limits
from explainer.walkthrough.file.check_measured import (
    check_active,
    check_family,
    check_idea,
    check_measured,
    check_relatives,
    check_what_if,
)
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.rows import (
    ActiveRow,
    FamilyRow,
    FileRow,
    IdeaRow,
    LayerRow,
    OriginRow,
    OutputRow,
    ParametersRow,
    PartRow,
    ProofRow,
    RuleRow,
    SymbolRow,
    UncalledRow,
    WalkthroughRow,
)
from explainer.walkthrough.file.write import FORMAT
from explainer.walkthrough.idea import Active, Idea, Proof
from explainer.walkthrough.model import NOTHING_MEASURED, Walkthrough
from explainer.walkthrough.parts import Layer, Uncalled
from explainer.walkthrough.relations import related

T = TypeVar("T")


def is_walkthrough_file(path: Path) -> bool:
    """Whether a file is a lesson's JSON: it has the key, or the shape of an older one (which `read_file` then names)."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return b'"schema"' in head and head.lstrip()[:1] == b"{"


def read_file(path: Path) -> Walkthrough:
    """The walkthrough of a lesson's JSON. Raises UserError, with one sentence, for anything else."""
    try:
        data = bytes_of(path, limits.BYTES)
    except TooLarge as error:
        raise limits.refused(str(path), error.why) from error
    except OSError as error:
        raise limits.refused(str(path), same(error.strerror or str(error))) from error
    try:
        return from_bytes(data)
    except Refused as error:
        raise _old_or(error, data, path) from error


def _old_or(error: Refused, data: bytes, path: Path) -> UserError:
    """The first schema had no walkthrough at all: that is said, and not that a key is missing."""
    try:
        schema = msgspec.json.decode(data).get("schema")
    except (msgspec.DecodeError, AttributeError, UnicodeDecodeError, RecursionError):
        schema = None
    if schema == 1:
        return UserError(limits.TOO_OLD.format(path=str(path), schema=1))
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
        return _Reader(row).walkthrough()
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


class _Reader:
    def __init__(self, row: WalkthroughRow) -> None:
        self.row = row
        self.texts = [_text(text) for text in row.texts]
        self.symbols = {symbol.key: self._symbol(symbol) for symbol in row.symbols}
        self.rules = [self._rule(rule) for rule in row.rules]
        self.ops = [Op(op.cls, op.text, _options(op.options), op.tensors, op.declared) for op in row.ops]
        self.parameters = [self._parameters(given) for given in row.parameters]
        self.outputs = [self._output(given) for given in row.outputs]
        self.proofs = [self._proof(given) for given in row.proofs]

    def walkthrough(self) -> Walkthrough:
        row = self.row
        if len(row.layers) > limits.LAYERS:
            raise Refused(limits.TOO_MANY)
        if len(row.ideas) > limits.LAYERS:
            raise Refused(limits.TOO_MANY)
        walk = Walkthrough(
            name=row.name,
            source=row.source,
            run=row.run,
            layers=related([self._layer(index, layer) for index, layer in enumerate(row.layers, 1)]),
            uncalled=tuple(map(self._uncalled, row.uncalled)),
            raw_parameters=row.raw_parameters,
            census=row.census,
            versions=row.versions | {name: "?" for name in ("torch", "explainer") if name not in row.versions},
            arguments=row.arguments,
            measured=check_measured(row.measured or NOTHING_MEASURED),
            family=self._family(row.family) if row.family else None,
            containers=row.containers,
            what_if=check_what_if(row.what_if),
            relatives=check_relatives(row.relatives),
            docstring=row.docstring,
            ideas=tuple(check_idea(self._idea(idea), len(row.layers)) for idea in row.ideas),
            active=self._active(row.active) if row.active else None,
            recorded=True,
        )
        check_active(walk)
        return walk

    def _idea(self, row: IdeaRow) -> Idea:
        return Idea(row.kind, row.path, row.calls, row.settings, self._proven(row.proof), row.stretch)

    def _active(self, row: ActiveRow) -> Active:
        return Active(row.total, row.experts, row.macs, self._proven(row.proof), row.hypers)

    def _proof(self, row: ProofRow) -> Proof:
        return Proof(row.way, self._one(row.words), row.trials, row.sizes, row.difference, row.axis, row.model)

    def _proven(self, number: int) -> Proof:
        proof = _at(self.proofs, number)
        assert proof is not None
        return proof

    def _layer(self, index: int, row: LayerRow) -> Layer:
        for operand in row.operands:
            if isinstance(operand.source, int) and not 0 < operand.source < index:
                raise Refused(limits.NO_INDEX)
        call = Call(
            index=index,
            path=row.path,
            type=row.type,
            op=_at(self.ops, row.op),
            args=tuple(_argument(value) for value in row.args),
            kwargs={name: _argument(value) for name, value in row.kwargs.items()},
            operands=row.operands,
            output_shapes=row.output_shapes,
            output_dtypes=row.output_dtypes,
            flops=row.flops,
            training=row.training,
            bypass=row.bypass,
            uncounted=row.uncounted,
        )
        return Layer(
            call=call,
            rule=_at(self.rules, row.rule),
            parameters=_at(self.parameters, row.parameters),
            output=_at(self.outputs, row.output),
            owned=row.owned,
            shared_with=row.shared_with,
            error=row.error,
        )

    def _uncalled(self, row: UncalledRow) -> Uncalled:
        return Uncalled(
            path=row.path,
            type=row.type,
            rule=_at(self.rules, row.rule),
            parameters=_at(self.parameters, row.parameters),
            owned=row.owned,
            error=row.error,
        )

    def _family(self, row: FamilyRow, depth: int = 0) -> Family:
        hypers = tuple(Hyper(h.name, self.symbols[h.symbol], h.value, h.role) for h in row.hypers)
        parts = tuple(self._part(part) for part in row.parts)
        if depth > 1:
            raise Refused(limits.TOO_DEEP)
        macs = self._family(row.macs, depth + 1) if row.macs else None
        return check_family(Family(hypers, parts, row.domain, row.builds, row.cut, macs))

    def _part(self, row: PartRow, depth: int = 0) -> Part:
        if depth > limits.DEPTH:
            raise Refused(limits.TOO_DEEP)
        formula = None if row.formula is None else _Formula(self.symbols).read(row.formula)
        parts = tuple(self._part(part, depth + 1) for part in row.parts)
        return Part(row.path, row.type, _Formula(self.symbols).read(row.times), formula, parts)

    def _rule(self, row: RuleRow) -> RuleFacts:
        return RuleFacts(row.name, self._one(row.title), Kind[row.kind])

    def _symbol(self, row: SymbolRow) -> Symbol:
        return Symbol(
            name=row.key.partition("#")[0],
            meaning=self._one(row.meaning),
            label=self._one_or_none(row.label),
            family=self._one_or_none(row.family),
            family_size=row.family_size,
            neutral=row.neutral,
            literal=row.literal,
            role=Role[row.role] if row.role is not None else None,
        )

    def _parameters(self, row: ParametersRow) -> Parameters:
        made = Parameters(
            formula=_Formula(self.symbols).read(row.formula),
            values=self._values(row.values),
            claims=row.claims,
            positions=row.positions,
            why=self._all(row.why),
            remark=self._all(row.remark),
            origins=self._origins(row.origins),
        )
        _bounded(made.derivation.value)  # what cannot be derived is refused here, not in the middle of a page
        return made

    def _output(self, row: OutputRow) -> Output:
        axes = row.axes
        made = Output(
            axes=None if axes is None else tuple(Axis(name, _Formula(self.symbols).read(size)) for name, size in axes),
            values=self._values(row.values),
            why=self._all(row.why),
            remark=self._all(row.remark),
            macs=None if row.macs is None else _Formula(self.symbols).read(row.macs),
            macs_why=self._all(row.macs_why),
            form=row.form,
            origins=self._origins(row.origins),
        )
        for _, size in made.shape:
            _bounded(size.value)
        if made.multiplications:
            _bounded(made.multiplications.value)
        return made

    def _values(self, rows: list[tuple[str, int]]) -> Env:
        return {self.symbols[key]: _bounded(value) for key, value in rows}

    def _origins(self, rows: list[OriginRow]) -> dict[Symbol, Origin]:
        return {self.symbols[row.symbol]: Origin(row.kind, row.at, row.dim) for row in rows}

    def _all(self, numbers: list[int]) -> tuple[Bi, ...]:
        return tuple(map(self._one, numbers))

    def _one(self, number: int) -> Bi:
        text = _at(self.texts, number)
        assert text is not None
        return text

    def _one_or_none(self, number: int | None) -> Bi | None:
        return _at(self.texts, number)


class _Formula:
    """Reads one formula; every node is a new one, and there are not too many."""

    def __init__(self, symbols: dict[str, Symbol]) -> None:
        self.symbols = symbols
        self.nodes = 0

    def read(self, row: Any, depth: int = 0) -> Expr:
        self.nodes += 1
        if depth > limits.DEPTH or self.nodes > limits.NODES:
            raise Refused(limits.TOO_DEEP)
        if isinstance(row, str):
            return self.symbols[row]
        if isinstance(row, int) and not isinstance(row, bool):
            return Number(_bounded(row))
        head, *rest = row
        if head in ("+", "*") and rest:
            away = "neg" if head == "+" else "inv"
            parts = tuple(self._part(part, away, depth) for part in rest)
            return Sum(parts) if head == "+" else Product(parts)
        if head == "=":
            value, key = rest
            return Number(_number(value), self.symbols[key])
        if head == "frac":
            return Number(_number(row))
        if head in ("floor", "ceil"):
            above, below = rest
            return Rounded(self.read(above, depth + 1), self.read(below, depth + 1), head == "ceil")
        raise Refused(limits.NO_FORM)

    def _part(self, row: Any, away: str, depth: int) -> tuple[bool, Expr]:
        if isinstance(row, list) and len(row) == 2 and row[0] == away:
            return False, self.read(row[1], depth + 1)
        return True, self.read(row, depth + 1)


def _number(row: Any) -> int | Fraction:
    if isinstance(row, int) and not isinstance(row, bool):
        return _bounded(row)
    head, above, below = row
    if head != "frac":
        raise Refused(limits.NO_FORM)
    return Fraction(_bounded(above), _bounded(below))


def _bounded(value: int) -> int:
    if abs(value) >= limits.VALUE:
        raise Refused(limits.TOO_LARGE)
    return value


def _at(rows: Sequence[T], number: int | None) -> T | None:
    """The row of that number; a negative one is no number of a row."""
    if number is None:
        return None
    if number < 0:
        raise Refused(limits.NO_INDEX)
    return rows[number]


def _text(row: str | tuple[str, str]) -> Bi:
    text = same(row) if isinstance(row, str) else Bi(*row)
    if max(len(text.zh), len(text.en)) > limits.TEXT:
        raise Refused(limits.TOO_LONG)
    return text


def _options(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _argument(value) for name, value in row.items()}


def _argument(row: Any, depth: int = 0) -> Any:
    """An argument of a call, as `rows` describes it."""
    if depth > limits.DEPTH:
        raise Refused(limits.TOO_DEEP)
    if isinstance(row, list | tuple):
        return tuple(_argument(part, depth + 1) for part in row)
    if not isinstance(row, dict):
        return row
    ((kind, value),) = row.items()
    match kind:
        case "ref":
            return msgspec.convert(value, TensorRef)
        case "other":
            return Other(*msgspec.convert(value, tuple[str, str]))
        case "map":
            return {name: _argument(part, depth + 1) for name, part in value.items()}
        case "float":
            return float(value)
    raise Refused(limits.NO_FORM)
