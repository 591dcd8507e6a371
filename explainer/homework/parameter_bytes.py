"""How many bytes parameters take: read from the tensors' own data types, for a layer, a container and the whole network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from explainer.formula.derivation import Derivation, derive
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, product, total
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.model import Layer, RawParameter, Tensor, Uncalled

bytes_each = Symbol(
    "B", Bi("每个参数的字节数", "number of bytes of one parameter"), Bi("字节", "bytes"), role=Role.BYTES
)
Owner = Layer | Uncalled
Sized = Tensor | RawParameter


def bytes_of_layer(part: Owner, params: Derivation) -> Derivation | None:
    """The layer's own formula times the bytes of one parameter; where its tensors differ in that, one product a size.

    None without parameters.
    """
    sizes = element_sizes(part.owned)
    if not params.value or not sizes:
        return None
    if len(sizes) == 1:
        return derive(product([params.symbolic, bytes_each]), {**params.values, bytes_each: sizes[0]})
    counts = {size: [tensor.numel for tensor in part.owned if element_sizes([tensor]) == [size]] for size in sizes}
    return _in_several_sizes(counts)


def bytes_of_all(parts: Sequence[Owner], raw: Sequence[RawParameter]) -> Derivation | None:
    """What each part adds to the total, times the bytes of one parameter. None without parameters."""
    fresh = [tensor for part in parts for tensor in part.owned if tensor.fresh]
    sizes = element_sizes([*fresh, *raw])
    if not sizes:
        return None
    if len(sizes) == 1:
        counts = [part.counted for part in parts if part.counted] + [parameter.params for parameter in raw]
        return derive(product([_sum(counts), bytes_each]), {bytes_each: sizes[0]})
    everything: list[Sized] = [*fresh, *raw]
    return _in_several_sizes(
        {size: [_elements(tensor) for tensor in everything if element_sizes([tensor]) == [size]] for size in sizes}
    )


def element_sizes(tensors: Iterable[Sized]) -> list[int]:
    """The bytes that one element takes, each size once, from the smallest up: [2, 4] for half and single precision."""
    return sorted({tensor.bytes // _elements(tensor) for tensor in tensors if _elements(tensor)})


def size_symbol(size: int) -> Symbol:
    """The bytes of one parameter, where there are several data types: B_16 for those of 16 bits."""
    bits = 8 * size
    meaning = Bi(f"每个{bits}位参数的字节数", f"number of bytes of one {bits}-bit parameter")
    return Symbol(f"B_{bits}", meaning, bytes_each.label, role=Role.BYTES)


def _in_several_sizes(counts: Mapping[int, Sequence[int]]) -> Derivation:
    """(432+64)·B_16 + 64·B_32."""
    terms: list[Expr] = [product([_sum(each), size_symbol(size)]) for size, each in counts.items()]
    return derive(total(terms), {size_symbol(size): size for size in counts})


def _sum(counts: Sequence[int]) -> Expr:
    return total([Number(count) for count in counts])


def _elements(tensor: Sized) -> int:
    return tensor.params if isinstance(tensor, RawParameter) else tensor.numel
