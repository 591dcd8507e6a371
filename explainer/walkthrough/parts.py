"""What the parameters of a model are divided into: layers, modules never called, parameters used directly."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from explainer.formula.derivation import Derivation
from explainer.memory import cached_property
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Call
from explainer.walkthrough.case import Output, Parameters, RuleFacts
from explainer.walkthrough.verdict import Verdict, compare


class Tensor(Struct, frozen=True):
    """A parameter or buffer as torch has it: name, shape, number of elements, dtype (`float32`), bytes.

    fresh: its first use in the order of the lesson; later users share it and do not count it again.
    """

    name: str
    shape: Shape
    numel: int
    dtype: str = "float32"
    bytes: int = 0
    trainable: bool = True
    fresh: bool = True


def elements(tensors: tuple[Tensor, ...]) -> int:
    """torch's number of elements of these tensors together."""
    return sum(tensor.numel for tensor in tensors)


@dataclass(frozen=True)
class Layer:
    """One call explained.

    owned: the tensors that it accounts for; shared_with: their other users.
    parameters, output: what its rule says, None where none explains it. error: the rule that broke on this
    call and its exception (`linear: KeyError: …`), None for a sound one.
    same_as, params_same_as: the first call that is equal altogether, or in its parameters. again: the first call of the same
    module, for a later one (`lin@2`); where it is equal, those two name it as well.
    place: `conv1-1`, for a convolution on images. unbatched: the run had no batch, so that the first dimension is none.
    What follows (derivations, counts, verdicts) is computed from these, so that no file can claim a verdict of its own.
    """

    call: Call
    rule: RuleFacts | None
    parameters: Parameters | None
    output: Output | None
    owned: tuple[Tensor, ...] = ()
    shared_with: tuple[str, ...] = ()
    same_as: int | None = None
    params_same_as: int | None = None
    place: str = ""
    again: int | None = None
    unbatched: bool = False
    error: str | None = None

    def marked(self, **marks: Any) -> Layer:
        """The same with other marks of what it is to the others (`same_as` to `unbatched`); what was worked out of it goes along."""
        other = object.__new__(Layer)
        vars(other).update(vars(self), **marks)
        return other

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.call.output_shapes[0])) if self.call.output_shapes else "?"
        params = "unknown" if self.value is None else f"{self.value:,}"
        return f"<Layer {self.index} {self.path} {self.type}: {params} parameters, output {shape}>"

    @cached_property
    def index(self) -> int:
        return self.call.index

    @cached_property
    def path(self) -> str:
        return self.call.path

    @property
    def type(self) -> str:
        return self.call.type

    @cached_property
    def kind(self) -> Kind:
        return self.rule.kind if self.rule else Kind.OTHER

    @cached_property
    def params(self) -> Derivation | None:
        """None where no rule explains the parameters; then `tensors` lists them."""
        return self.parameters.derivation if self.parameters else None

    @cached_property
    def shape(self) -> tuple[tuple[str, Derivation], ...]:
        """One derivation per dimension of the first output; empty where no rule gives it."""
        return self.output.shape if self.output else ()

    @cached_property
    def macs(self) -> Derivation | None:
        """The multiply-accumulates; None where the layer makes none, or no rule gives them."""
        return self.output.multiplications if self.output else None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What can be said where no rule explains the parameters."""
        return () if self.parameters else self.owned

    @cached_property
    def torch_params(self) -> int:
        """torch's own count of the layer's parameters."""
        return elements(self.owned)

    @cached_property
    def param_bytes(self) -> int:
        """The parameters' bytes, by the tensors' own data types."""
        return sum(tensor.bytes for tensor in self.owned)

    @property
    def torch_macs(self) -> int | None:
        """torch's own count (FLOPs halved), or None; beside an operator that it is blind to, its count is a part."""
        return self.call.flops // 2 if self.call.flops and not self.call.uncounted else None

    @property
    def macs_known(self) -> bool:
        """Whether it is known what the call multiplies, if anything.

        Where no formula says it, that is so only where torch's counter saw no product and no operator that it is blind to; and,
        without a rule, where it ran at all.
        """
        if self.macs is not None:
            return True
        if self.call.flops or self.call.uncounted:
            return False
        return self.output is not None or self.call.flops is not None

    @property
    def blind(self) -> bool:
        """torch's counter has no count of what the call multiplies: nothing stands against ours, even where ours is 0."""
        return bool(self.call.uncounted or (self.macs and self.macs.value and self.torch_macs is None))

    @cached_property
    def params_verdict(self) -> Verdict:
        return compare(self.params.value if self.params else None, self.torch_params)

    @cached_property
    def shape_verdict(self) -> Verdict:
        observed = self.call.output_shapes[0] if self.call.output_shapes else ()
        known = self.output is not None and self.output.axes is not None
        return compare(tuple(size.value for _, size in self.shape) if known else None, observed)

    @cached_property
    def macs_verdict(self) -> Verdict:
        return compare(self.macs.value if self.macs else None, self.torch_macs)

    @cached_property
    def facts(self) -> Hashable:
        """All that is said of it, wherever it stands in the network: equal for two layers that are told alike."""
        return (
            self.type,
            self.rule.name if self.rule else None,
            self.params.texts[1] if self.params else self.torch_params,
            self.call.shapes,
            self.call.output_shapes,
            tuple([(name, text) for name, _, text, _ in self.output.size_texts]) if self.output else (),
            (self.params_verdict, self.shape_verdict, self.macs_verdict),
            self.counted == self.value,
        )

    @property
    def checked(self) -> bool:
        """Parameters and shape were compared with torch's and are the same, and the cost does not disagree."""
        cost = self.macs_verdict is not Verdict.DISAGREES
        return self.params_verdict is Verdict.AGREES and self.shape_verdict is Verdict.AGREES and cost

    @cached_property
    def value(self) -> int:
        """The number of parameters, by rule or, without one, by the tensors."""
        return self.params.value if self.params else self.torch_params

    @cached_property
    def counted(self) -> int:
        """What the call adds to the total: 0 where its parameters were counted before."""
        fresh = tuple(tensor for tensor in self.owned if tensor.fresh)
        return self.value if len(fresh) == len(self.owned) else elements(fresh)


@dataclass(frozen=True)
class Uncalled:
    """A module with parameters that this forward pass never called: explained by itself, and counted."""

    path: str
    type: str
    rule: RuleFacts | None
    parameters: Parameters | None
    owned: tuple[Tensor, ...] = ()
    error: str | None = None

    @property
    def params(self) -> Derivation | None:
        return self.parameters.derivation if self.parameters else None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What can be said where no rule explains the parameters."""
        return () if self.parameters else self.owned

    @cached_property
    def torch_params(self) -> int:
        return elements(self.owned)

    @cached_property
    def counted(self) -> int:
        """What the module adds to the total."""
        fresh = tuple(tensor for tensor in self.owned if tensor.fresh)
        return self.params.value if self.params and len(fresh) == len(self.owned) else elements(fresh)

    @property
    def verdict(self) -> Verdict:
        return compare(self.params.value if self.params else None, self.torch_params)


class RawParameter(Struct, frozen=True):
    """A parameter used directly in a forward; `used_by`: the calls that take it."""

    name: str
    shape: Shape
    params: int
    used_by: tuple[int, ...]
    dtype: str = "float32"
    bytes: int = 0
    trainable: bool = True
