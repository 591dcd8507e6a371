"""Walkthrough → plain dictionaries, texts, symbols, modules and cases each written once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from explainer.formula.tree import Env, Expr, Number, Product, Rounded, Sum, Symbol
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.call import Call, Op, Other, TensorRef
from explainer.walkthrough.case import Origin, Output, Parameters, RuleFacts
from explainer.walkthrough.family import Family, Part
from explainer.walkthrough.file.rows import (
    ActiveRow,
    FamilyRow,
    HyperRow,
    IdeaRow,
    LayerRow,
    OpRow,
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

FORMAT = 1
T = TypeVar("T")


def to_plain(walk: Walkthrough) -> dict[str, Any]:
    """The walkthrough as dictionaries, lists, strings and numbers; `from_plain` gives it back.

    >>> from_plain(to_plain(walk)) == walk   # doctest: +SKIP
    True
    """
    plain = to_plain_by_layer(walk)
    if "layers" in plain:
        plain["layers"] = list(plain["layers"])
    return plain


def to_plain_by_layer(walk: Walkthrough) -> dict[str, Any]:
    """The same, but `layers`, by far the most of it, is an iterator that makes each when its turn comes."""
    writer = _Writer()
    row = writer.walkthrough(walk)
    plain: dict[str, Any] = _builtin(row)
    if row.layers:  # made anew, which is quick, for all together are large; the tables have theirs already
        plain["layers"] = (_builtin(writer.layer(layer)) for layer in walk.layers)
    if measured := plain.get("measured"):
        measured["done"] = sorted(measured["done"])  # a set has another order in every process
    return plain


def _builtin(row: msgspec.Struct) -> Any:
    return _as_read(msgspec.to_builtins(row, enc_hook=_number))


def _as_read(value: Any) -> Any:
    """Lists for tuples, as whoever reads the JSON has them; changed in place as far as that goes."""
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, dict | list | tuple):
                value[name] = _as_read(part)
        return value
    return [_as_read(part) if isinstance(part, dict | list | tuple) else part for part in value]


def _number(value: object) -> object:
    """A fraction as msgspec can write it."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(type(value).__name__)


class _Table:
    """Rows, each once: the number of an equal earlier one, or its own."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._known: dict[Hashable, int] = {}

    def number(self, key: Hashable, row: Callable[[], Any]) -> int:
        """The number of the row known by `key`, made now if there is none."""
        if key not in self._known:
            made = row()  # it may fill other tables, never this one
            self._known[key] = len(self.rows)
            self.rows.append(made)
        return self._known[key]


class _Writer:
    def __init__(self) -> None:
        self.texts, self.symbols, self.rules, self.ops = _Table(), _Table(), _Table(), _Table()
        self.parameters, self.outputs, self.proofs = _Table(), _Table(), _Table()
        self._keys: dict[Hashable, str] = {}
        self._named: dict[str, int] = {}

    def walkthrough(self, walk: Walkthrough) -> WalkthroughRow:
        """With all that the layers put into the tables, and of the layers the first, which keeps the key's place."""
        layers = [row for at, row in enumerate(map(self.layer, walk.layers)) if not at]
        uncalled = [self.module(module) for module in walk.uncalled]
        family = self._family(walk.family) if walk.family else None  # before the tables are written
        ideas = [self._idea(idea) for idea in walk.ideas]
        active = self._active(walk.active) if walk.active else None
        return WalkthroughRow(
            format=FORMAT,
            name=walk.name,
            source=walk.source,
            versions=dict(walk.versions),
            run=walk.run,
            census=walk.census,
            arguments=walk.arguments,
            texts=self.texts.rows,
            symbols=self.symbols.rows,
            rules=self.rules.rows,
            ops=self.ops.rows,
            parameters=self.parameters.rows,
            outputs=self.outputs.rows,
            layers=layers,
            uncalled=uncalled,
            raw_parameters=walk.raw_parameters,
            family=family,
            containers=dict(walk.containers),
            what_if=walk.what_if,
            relatives=walk.relatives,
            docstring=walk.docstring,
            proofs=self.proofs.rows,
            ideas=ideas,
            active=active,
            measured=None if walk.measured == NOTHING_MEASURED else walk.measured,
        )

    def layer(self, layer: Layer) -> LayerRow:
        call: Call = layer.call
        return LayerRow(
            path=call.path,
            type=call.type,
            op=self._op(call.op) if call.op else None,
            args=[argument(value) for value in call.args],
            kwargs={name: argument(value) for name, value in call.kwargs.items()},
            operands=call.operands,
            output_shapes=call.output_shapes,
            output_dtypes=call.output_dtypes,
            flops=call.flops,
            training=call.training,
            bypass=call.bypass,
            uncounted=call.uncounted,
            rule=self._rule(layer.rule),
            parameters=self._parameters(layer.parameters),
            output=self._output(layer.output),
            owned=layer.owned,
            shared_with=layer.shared_with,
            error=layer.error,
        )

    def module(self, module: Uncalled) -> UncalledRow:
        return UncalledRow(
            path=module.path,
            type=module.type,
            rule=self._rule(module.rule),
            parameters=self._parameters(module.parameters),
            owned=module.owned,
            error=module.error,
        )

    def _family(self, family: Family) -> FamilyRow:
        return FamilyRow(
            hypers=[HyperRow(h.name, self.symbol(h.symbol), h.value, h.role) for h in family.hypers],
            domain=family.domain,
            builds=family.builds,
            parts=[self._part(part) for part in family.parts],
            cut=family.cut,
            macs=self._family(family.macs) if family.macs else None,
        )

    def _part(self, part: Part) -> PartRow:
        formula = None if part.formula is None else self.formula(part.formula)
        return PartRow(part.path, part.type, self.formula(part.times), formula, [self._part(p) for p in part.parts])

    def _idea(self, idea: Idea) -> IdeaRow:
        proof = self._proof(idea.proof)
        return IdeaRow(idea.kind, idea.path, idea.calls, proof, dict(idea.settings), idea.stretch)

    def _active(self, active: Active) -> ActiveRow:
        return ActiveRow(active.total, active.experts, self._proof(active.proof), active.macs, dict(active.hypers))

    def _proof(self, proof: Proof) -> int:
        words = self.text(proof.words)
        row = ProofRow(proof.way, words, proof.trials, proof.sizes, proof.difference, proof.axis, proof.model)
        return self.proofs.number(repr(row), lambda: row)

    def _op(self, op: Op) -> int:
        options = {name: argument(value) for name, value in op.options.items()}
        key = (op.cls, op.text, repr(options), tuple(op.tensors.items()), tuple(op.declared.items()))
        return self.ops.number(key, lambda: OpRow(op.cls, op.text, options, dict(op.tensors), dict(op.declared)))

    def _rule(self, rule: RuleFacts | None) -> int | None:
        if rule is None:
            return None
        return self.rules.number(rule.name, lambda: RuleRow(rule.name, self.text(rule.title), rule.kind.name))

    def _parameters(self, given: Parameters | None) -> int | None:
        if given is None:
            return None
        row = ParametersRow(
            formula=self.formula(given.formula),
            values=self._values(given.values),
            claims=given.claims,
            positions=given.positions,
            why=self._all(given.why),
            remark=self._all(given.remark),
            origins=self._origins(given.origins),
        )
        return self.parameters.number(repr(row), lambda: row)

    def _output(self, given: Output | None) -> int | None:
        if given is None:
            return None
        row = OutputRow(
            axes=None if given.axes is None else [(axis.name, self.formula(axis.size)) for axis in given.axes],
            values=self._values(given.values),
            why=self._all(given.why),
            remark=self._all(given.remark),
            macs=None if given.macs is None else self.formula(given.macs),
            macs_why=self._all(given.macs_why),
            form=given.form,
            origins=self._origins(given.origins),
            given=dict(given.given),
        )
        return self.outputs.number(repr(row), lambda: row)

    def _values(self, values: Env) -> list[tuple[str, int]]:
        return [(self.symbol(symbol), value) for symbol, value in values.items()]

    def _origins(self, origins: Mapping[Symbol, Origin]) -> list[OriginRow]:
        return [OriginRow(self.symbol(symbol), found.kind, found.at, found.dim) for symbol, found in origins.items()]

    def _all(self, texts: tuple[Bi, ...]) -> list[int]:
        return [self.text(text) for text in texts]

    def text(self, text: Bi) -> int:
        return self.texts.number(text, lambda: text.zh if text.zh == text.en else (text.zh, text.en))

    def _text_or_none(self, text: Bi | None) -> int | None:
        return None if text is None else self.text(text)

    def symbol(self, symbol: Symbol) -> str:
        """The symbol's key: its name, with a number where other symbols have the name too (equality sees names only)."""
        parts = (symbol.name, symbol.meaning, symbol.label, symbol.family, symbol.family_size, symbol.neutral)
        full = (*parts, symbol.literal, symbol.role, symbol.several)
        if full not in self._keys:
            times = self._named[symbol.name] = self._named.get(symbol.name, 0) + 1
            key = self._keys[full] = symbol.name if times == 1 else f"{symbol.name}#{times}"
            self.symbols.rows.append(
                SymbolRow(
                    key=key,
                    meaning=self.text(symbol.meaning),
                    label=self._text_or_none(symbol.label),
                    family=self._text_or_none(symbol.family),
                    family_size=symbol.family_size,
                    neutral=symbol.neutral,
                    literal=symbol.literal,
                    role=symbol.role.name if symbol.role else None,
                    several=self._text_or_none(symbol.several),
                )
            )
        return self._keys[full]

    def formula(self, expr: Expr) -> Any:
        """Nested lists, as `rows` describes them."""
        match expr:
            case Symbol():
                return self.symbol(expr)
            case Number():
                value = _value(expr.value)
                return value if expr.source is None else ["=", value, self.symbol(expr.source)]
            case Sum():
                return [
                    "+",
                    *(self.formula(part) if plus else ["neg", self.formula(part)] for plus, part in expr.parts),
                ]
            case Product():
                return ["*", *(self.formula(part) if up else ["inv", self.formula(part)] for up, part in expr.parts)]
            case Rounded():
                return ["ceil" if expr.up else "floor", self.formula(expr.numerator), self.formula(expr.denominator)]
        raise TypeError(f"no form in a file for {type(expr).__name__}")


def _value(value: int | Fraction) -> Any:
    return int(value) if isinstance(value, int) else ["frac", value.numerator, value.denominator]


def argument(value: Any) -> Any:
    """An argument of a call, as `rows` describes it."""
    match value:
        case TensorRef():
            return {"ref": asdict(value)}
        case Other():
            return {"other": [value.kind, value.text]}
        case tuple() | list():
            return [argument(part) for part in value]
        case Mapping():
            return {"map": {name: argument(part) for name, part in value.items()}}
        case float() if not math.isfinite(value):
            return {"float": str(value)}
    return value
