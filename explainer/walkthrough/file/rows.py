"""What a walkthrough looks like in a file: rows that point at shared texts, symbols, modules and cases by number.

A formula is nested lists: `["*", ["+", ["*", "k_h", "k_w", "C_in"], "b"], "C_out"]`. A string is a symbol's key, an
integer a number, `["=", 3, "k_h"]` a number put in for a symbol, `["frac", 1, 2]` a fraction; in a sum `["neg", x]`
is subtracted, in a product `["inv", x]` divides; `["floor", a, b]` and `["ceil", a, b]` round a quotient.
An argument is a plain value; a tuple is a list, `{"ref": …}` a tensor, `{"map": …}` a mapping, `{"other": …}` what
could not be kept, `{"float": "inf"}` what JSON has no number for.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from explainer.walkthrough.call import Run, TensorRef
from explainer.walkthrough.family import Domain, Role
from explainer.walkthrough.idea import Experts, Kind, Plain, Way
from explainer.walkthrough.measured import Measured
from explainer.walkthrough.parts import RawParameter, Tensor
from explainer.walkthrough.relatives import Relatives
from explainer.walkthrough.totals import Census
from explainer.walkthrough.what_if import WhatIf

Formula = Any  # nested lists as above: read by hand, with limits
Values = list[tuple[str, int]]


class SymbolRow(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A symbol under its key; texts by number."""

    key: str
    meaning: int
    label: int | None
    family: int | None
    family_size: int
    neutral: int | None
    literal: bool
    role: str | None
    several: int | None = None


class RuleRow(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The rule that explained a call."""

    name: str
    title: int
    kind: str


class OpRow(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The module that a call ran."""

    cls: str
    text: str
    options: dict[str, Any]
    tensors: dict[str, tuple[int, ...]]
    declared: dict[str, tuple[int, ...]] = {}


class OriginRow(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Where the value of a symbol comes from."""

    symbol: str
    kind: Literal["input", "option", "weight"]
    at: int | str
    dim: int | None


class ParametersRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule says of a layer's parameters."""

    formula: Formula
    values: Values = []
    claims: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    why: list[int] = []
    remark: list[int] = []
    origins: list[OriginRow] = []


class OutputRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule says of a call's output and cost."""

    axes: list[tuple[str, Formula]] | None = None
    values: Values = []
    why: list[int] = []
    remark: list[int] = []
    macs: Formula = None
    macs_why: list[int] = []
    form: str = ""
    origins: list[OriginRow] = []
    given: dict[str, tuple[int, ...]] = {}


class LayerRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A call and what explains it."""

    path: str
    type: str
    op: int | None = None
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    operands: tuple[TensorRef, ...] = ()
    output_shapes: tuple[tuple[int, ...], ...] = ()
    output_dtypes: tuple[str, ...] = ()
    flops: int | None = None
    training: bool = False
    bypass: bool = False
    uncounted: tuple[str, ...] = ()
    rule: int | None = None
    parameters: int | None = None
    output: int | None = None
    owned: tuple[Tensor, ...] = ()
    shared_with: tuple[str, ...] = ()
    error: str | None = None


class UncalledRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A module that the pass never called."""

    path: str
    type: str
    rule: int | None = None
    parameters: int | None = None
    owned: tuple[Tensor, ...] = ()
    error: str | None = None


class HyperRow(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A number that the model was built with."""

    name: str
    symbol: str
    value: int | float
    role: Role


class PartRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the model in the family's symbols."""

    path: str
    type: str
    times: Formula = 1
    formula: Formula = None
    parts: list[PartRow] = []


class FamilyRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The family's formulas and where they were tested."""

    hypers: list[HyperRow]
    domain: Domain
    builds: int
    parts: list[PartRow] = []
    cut: bool = False
    macs: FamilyRow | None = None


class ProofRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How an idea was proven."""

    way: Way
    words: int
    trials: int = 0
    sizes: tuple[tuple[int, ...], ...] = ()
    difference: float = 0.0
    axis: int | None = None
    model: tuple[tuple[str, int | float], ...] = ()


class IdeaRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What some calls together are; `proof` is the number of a row."""

    kind: Kind
    path: str
    calls: tuple[int, ...]
    proof: int
    settings: dict[str, Plain] = {}
    stretch: bool = False


class ActiveRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What one token uses of a mixture of experts."""

    total: int
    experts: tuple[Experts, ...]
    proof: int
    macs: int | None = None
    hypers: dict[str, str] = {}


class WalkthroughRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A whole walkthrough; `format` is this layout's number."""

    format: int
    name: str
    source: str
    versions: dict[str, str]
    run: Run
    census: Census
    arguments: tuple[str, ...] = ()
    texts: list[str | tuple[str, str]] = []
    symbols: list[SymbolRow] = []
    rules: list[RuleRow] = []
    ops: list[OpRow] = []
    parameters: list[ParametersRow] = []
    outputs: list[OutputRow] = []
    layers: list[LayerRow] = []
    uncalled: list[UncalledRow] = []
    raw_parameters: tuple[RawParameter, ...] = ()
    measured: Measured | None = None
    family: FamilyRow | None = None
    containers: dict[str, str] = {}
    what_if: WhatIf | None = None
    relatives: Relatives | None = None
    proofs: list[ProofRow] = []
    ideas: list[IdeaRow] = []
    active: ActiveRow | None = None
    docstring: str = ""


class FileRow(msgspec.Struct):
    """The file: of all its keys this one is read."""

    walkthrough: WalkthroughRow
