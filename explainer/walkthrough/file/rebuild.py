"""The rows of a file → the walkthrough: what was written once and is pointed at is put back in its places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeVar

import msgspec

from explainer.formula.role import Role
from explainer.formula.tree import Env, Symbol
from explainer.i18n.bilingual import Bi, same
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
from explainer.walkthrough.file.read_formula import FormulaReader, bounded
from explainer.walkthrough.file.rows import (
    ActiveRow,
    FamilyRow,
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
from explainer.walkthrough.idea import Active, Idea, Proof
from explainer.walkthrough.model import NOTHING_MEASURED, Walkthrough
from explainer.walkthrough.parts import Layer, Uncalled
from explainer.walkthrough.relations import related

T = TypeVar("T")


class Rebuilding:
    """One walkthrough, from the tables of its file. Raises Refused; and LookupError, TypeError and the like, of a row that is none."""

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
            layers=related([self._layer(index, layer) for index, layer in enumerate(row.layers, 1)], row.run.batch),
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
        output = _at(self.outputs, row.output)
        if (row.rule is None) != (output is None):
            raise Refused(limits.NO_RULE)
        if output is not None and output.axes and not row.output_shapes:
            raise Refused(limits.NO_INDEX)  # a formula for the shape of what was never returned
        if output is not None and any(not 0 <= at < len(row.operands) for at in chain(*output.given.values())):
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
            output=output,
            owned=row.owned,
            shared_with=row.shared_with,
            error=row.error,
        )

    def _uncalled(self, row: UncalledRow) -> Uncalled:
        if row.rule is None and row.parameters is not None:
            raise Refused(limits.NO_RULE)
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
        formula = None if row.formula is None else FormulaReader(self.symbols).read(row.formula)
        parts = tuple(self._part(part, depth + 1) for part in row.parts)
        return Part(row.path, row.type, FormulaReader(self.symbols).read(row.times), formula, parts)

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
            several=self._one_or_none(row.several),
        )

    def _parameters(self, row: ParametersRow) -> Parameters:
        made = Parameters(
            formula=FormulaReader(self.symbols).read(row.formula),
            values=self._values(row.values),
            claims=row.claims,
            positions=row.positions,
            why=self._all(row.why),
            remark=self._all(row.remark),
            origins=self._origins(row.origins),
        )
        bounded(made.derivation.value)  # what cannot be derived is refused here, not in the middle of a page
        return made

    def _output(self, row: OutputRow) -> Output:
        axes = row.axes
        made = Output(
            axes=None
            if axes is None
            else tuple(Axis(name, FormulaReader(self.symbols).read(size)) for name, size in axes),
            values=self._values(row.values),
            why=self._all(row.why),
            remark=self._all(row.remark),
            macs=None if row.macs is None else FormulaReader(self.symbols).read(row.macs),
            macs_why=self._all(row.macs_why),
            form=row.form,
            origins=self._origins(row.origins),
            given=row.given,
        )
        for _, size in made.shape:
            bounded(size.value)
        if made.multiplications:
            bounded(made.multiplications.value)
        return made

    def _values(self, rows: list[tuple[str, int]]) -> Env:
        return {self.symbols[key]: bounded(value) for key, value in rows}

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
