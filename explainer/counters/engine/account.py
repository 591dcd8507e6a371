"""From the true figure to a tool's, cause by cause, for the tools that hook modules and patch functions.

A tool's products are booked under the call of the trace that they belong to; where they are not what that call really
costs, the difference has a cause: left out, or miscounted. Whatever else the tool counts is a cause of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn

from explainer.counters.engine.hooks import FunctionCall, ModuleCall
from explainer.counters.engine.table import PRODUCTS, Booked, Layout, table
from explainer.counters.engine.terms import LEFT_OUT, TOO_MANY, TRUE_FLOPS, TRUE_MACS, Cause, Words, standing
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.counted import Line, Standing, Term
from explainer.walkthrough.model import Layer, Walkthrough

REPEATED = Cause(
    Bi("同一层出现在几处，被重复计入", "a layer registered in several places, added once for each"), wrong=True
)


@dataclass
class Account:
    """A tool's bookings for one model. scale: 2 where the tool counts floating-point operations.

    miscounted: the causes of differing products, by kind of layer; without one they are left out, or too many.
    """

    walk: Walkthrough
    scale: int = 1
    miscounted: dict[Kind, Cause] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    extra: dict[Cause, int] = field(default_factory=dict)
    booked: Booked = field(default_factory=dict)

    def product(self, call: ModuleCall | FunctionCall, value: int) -> None:
        """Book products (in the tool's unit) of a layer, or of a function outside the layers."""
        key = call.layer
        if key is None:
            key = f"{call.name.rpartition('.')[2].strip('_')}()" if isinstance(call, FunctionCall) else call.path
        self.products[key] = self.products.get(key, 0) + value
        self._row(call.path, PRODUCTS, value)

    def add(self, cause: Cause, value: int, call: ModuleCall | FunctionCall | None = None) -> None:
        """Book what is no product. call: in whose row of the tool's table it stands, if it stands in one."""
        if value:
            self.extra[cause] = self.extra.get(cause, 0) + value
        if call is not None:
            self._row(call.path, cause, value)

    def _row(self, path: str, cause: Cause, value: int) -> None:
        if value:
            row = self.booked.setdefault(path, {})
            row[cause] = row.get(cause, 0) + value

    def whole(self, call: ModuleCall, value: int) -> bool:
        """Whether that is just what the call of the trace really costs, in the tool's unit."""
        found = (layer for layer in self.walk.layers if layer.path == call.layer and layer.call.kind == "module")
        return any(layer.macs is not None and value == self.scale * layer.macs.value for layer in found)

    def terms(self) -> tuple[tuple[Term, ...], bool]:
        """The true figure first, then one term a cause; and whether a cause is a mistake."""
        true: dict[str, int] = {}
        known: dict[str, Layer] = {}
        for layer in self.walk.layers:
            key = layer.path if layer.call.kind == "module" else f"{layer.type}()"
            known.setdefault(key, layer)
            if layer.macs:
                true[key] = true.get(key, 0) + self.scale * layer.macs.value
        found: dict[Cause, int] = {}
        for key in {**true, **self.products}:
            counted, wanted = self.products.get(key, 0), true.get(key, 0)
            if counted != wanted:
                cause = self._cause(known.get(key), key, counted, wanted)
                found[cause] = found.get(cause, 0) + counted - wanted
        for cause, value in self.extra.items():
            found[cause] = found.get(cause, 0) + value
        total = sum(true.values())
        terms = [Term(TRUE_FLOPS if self.scale == 2 else TRUE_MACS, total)]
        terms += [Term(cause.label, value) for cause, value in found.items() if value]
        return tuple(terms), any(cause.wrong for cause, value in found.items() if value)

    def _cause(self, layer: Layer | None, key: str, counted: int, wanted: int) -> Cause:
        what = layer.rule.title if layer and layer.rule else Bi(f"{key}的乘加", f"multiply-accumulates of {key}")
        if counted and wanted and layer and layer.kind in self.miscounted:
            return self.miscounted[layer.kind]
        return Cause((LEFT_OUT if counted < wanted else TOO_MANY).format(what=what), wrong=True)

    def line(self, words: Words, tool: str, version: str, quantity: str, backend: str | None = None) -> Line:
        """The tool's total with its bridge."""
        terms, wrong = self.terms()
        how: Standing = standing(terms, wrong)
        value = sum(term.value for term in terms)
        return Line(tool, version, backend, quantity, words.meaning, value, terms, words.why(how), how)

    def rows(
        self, layout: Layout, words: Words, tool: str, version: str, quantity: str, backend: str | None = None
    ) -> list[Line]:
        """The tool's table, a line for each layer that counts. layout: calls and containers as the tool shows them."""
        true: dict[str, int] = {}
        layers: dict[str, Layer] = {}
        for layer in self.walk.layers:
            if layer.macs and layer.call.kind == "module":
                true[layer.path] = self.scale * layer.macs.value
                layers[layer.path] = layer
        booked: Booked = {}
        for path, row in self.booked.items():
            counted = row.get(PRODUCTS, 0)
            wanted = true.get(path, counted)
            found = {PRODUCTS: wanted} if wanted else {}
            if counted != wanted:
                found[self._cause(layers.get(path), path, counted, wanted)] = counted - wanted
            booked[path] = found | {cause: value for cause, value in row.items() if cause is not PRODUCTS}
        return table(booked, layout, words, tool, version, quantity, backend, scale=self.scale)


def visits(model: nn.Module, stops: Callable[[nn.Module], bool] = lambda module: False) -> dict[int, int]:
    """How often a tool that walks from children to children comes by each module: a shared one more than once.

    stops: where it goes no deeper.
    """
    times: dict[int, int] = {}

    def visit(module: nn.Module) -> None:
        times[id(module)] = times.get(id(module), 0) + 1
        if not stops(module):
            for child in module.children():
                visit(child)

    visit(model)
    return times
