"""torch's own count of floating-point operations, without what `FlopCounterMode` brings along.

The formulas are torch's (`torch.utils.flop_counter.flop_registry`), and so is the order in which an operator is taken
apart: every count is the one that `FlopCounterMode` gives (tests/tracing/test_flops.py compares them call by call).
Left out is what costs time and changes no count: hooks on every module, `torch._dynamo` (0.8 s to import), and the
evaluation-mode batch norm's way through sixteen Python functions to a shape that it already had.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch._C._dynamo import eval_frame
from torch.utils import flop_counter as torch_counter

from explainer.lean_torch.kernels import never_compiled, run_lean
from explainer.lean_torch.known_shapes import KNOWN
from explainer.tracing.leaves import mapped
from explainer.tracing.products import Product, products_of
from explainer.tracing.refusals import Check, refusal_of
from explainer.tracing.repeated import REPEATABLE, keep, key_of, made_before

_aten = torch.ops.aten
_IMPLICIT = torch._C.DispatchKey.CompositeImplicitAutograd
_COUNTED_BY: Any = torch_counter._FlopCounterMode
# Questions about sizes and strides (of nested tensors): the counter leaves them alone, and so do we.
_ABOUT_LAYOUT = frozenset(
    {
        _aten.sym_is_contiguous.default,
        _aten.is_contiguous.default,
        _aten.is_contiguous.memory_format,
        _aten.is_strides_like_format.default,
        _aten.is_non_overlapping_and_dense.default,
        _aten.size.default,
        _aten.sym_size.default,
        _aten.stride.default,
        _aten.sym_stride.default,
        _aten.storage_offset.default,
        _aten.sym_storage_offset.default,
        _aten.numel.default,
        _aten.sym_numel.default,
        _aten.dim.default,
        torch.ops.prim.layout.default,
    }
)

# Operators that multiply matrices (or may) and of which torch's counter has no count: what they cost is not known from it.
_MULTIPLIES = re.compile(
    r"(^|_)(mm|bmm|addbmm|addmm|addmv|mv|smm|hspmm|gemm|matmul|dot|vdot|linear|cdist|pdist|euclidean_dist|trilinear|attention|lstm|gru|rnn|mha)(_|$)"
    r"|(^|_)conv(olution|_|\d|$)|4bit|int[48]pack_mm"
    r"|linalg_(cholesky|det|eig|householder|inv|ldl|lstsq|lu|matrix_exp|pinv|qr|slogdet|solve|svd)"
    r"|^(cholesky|inverse|geqrf|orgqr|ormqr|qr|svd|lu_solve|triangular_solve|matrix_exp|matrix_power|bilinear)"
)
_NEVER = re.compile(
    r"(^|_)un?pack|prepack|flatten_weight|convert_weight|reorder|^upsample|linalg_(vector_norm|cross|diagonal)"
)

# Operators whose shapes torch has compiled: no Python of torch's runs for them.
_COMPILED = frozenset(
    {
        _aten.alias.default,
        _aten.detach.default,
        _aten.empty.memory_format,
        _aten.expand.default,
        _aten.permute.default,
        _aten.select.int,
        _aten.slice.Tensor,
        _aten.squeeze.dim,
        _aten.t.default,
        _aten.transpose.int,
        _aten.unsqueeze.default,
    }
)

_CAN_SKIP = hasattr(eval_frame, "set_code_exec_strategy")  # torch 2.7 and newer

Step = Callable[[Any, Any], Any]


class FlopCounter(_COUNTED_BY):  # type: ignore[misc]
    """A running total of torch's counts: `with FlopCounter() as counter: model(x); counter.total`.

    Higher-order operators (`cond`) are counted by torch's own code, which this class inherits.
    typed: whether what no other device computes is refused (integers into a softmax), as meta does not.
    """

    def __init__(self, typed: bool = False) -> None:
        super().__init__(self)
        self.typed = typed
        self.flop_counts: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self.uncounted: list[str] = []  # operators that ran, may multiply, and have no count
        self._steps: dict[Any, Step] = {}
        self.products: list[Product] = []  # the operators that were counted, with their sizes, in order

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return (
            not _CAN_SKIP
        )  # torch's own way imports torch._dynamo at the first operator, to do what `never_compiled` does

    def read(self) -> int:
        """The total so far, as a function to be asked again and again."""
        return self.total

    @property
    def total(self) -> int:
        """The floating-point operations so far, summed by torch itself."""
        return int(torch_counter.FlopCounterMode.get_total_flops(self))

    def counts(self) -> dict[Any, int]:
        """How much each operator has counted, to go on from."""
        return dict(self.flop_counts["Global"])

    def go_on_from(self, counts: dict[Any, int]) -> None:
        """Forget what was counted since `counts`."""
        self.flop_counts["Global"].clear()
        self.flop_counts["Global"].update(counts)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        step = self._steps.get(func)
        if step is None:
            step = self._steps[func] = self._step(func, types)
        compiling = eval_frame.set_eval_frame(
            None
        )  # a compiler at work (torch.cond, torch.compile) must not compile the counting
        try:
            return step(args, kwargs or {})
        finally:
            eval_frame.set_eval_frame(compiling)

    def _step(self, func: Any, types: Any) -> Step:
        """How an operator is run: looked up once, as torch's counter does at each call."""
        if func in _ABOUT_LAYOUT:
            return lambda args, kwargs: NotImplemented
        if isinstance(func, torch._ops.HigherOrderOperator):
            return lambda args, kwargs: self._handle_higher_order_ops(func, types, args, kwargs)
        known = KNOWN.get(func)
        step = self._plain(func)
        if known and func._overloadpacket not in torch_counter.flop_registry:
            step = partial(_answered, known, step)
        refused = refusal_of(func._overloadpacket.__name__) if self.typed and func.namespace == "aten" else None
        return step if refused is None else partial(_checked, refused, step)

    def _plain(self, func: Any) -> Step:
        if func is not torch.ops.prim.device.default and _is_composite(func):
            return lambda args, kwargs: self._in_parts(func, args, kwargs)
        packet = func._overloadpacket
        # Only torch's own operators: one that a model's author wrote may run the author's code.
        lean = func.namespace == "aten" and func not in _COMPILED
        run = partial(run_lean if lean else _called, func)
        if known := KNOWN.get(func):
            run = partial(_answered, known, run)
        if packet not in torch_counter.flop_registry:
            return partial(self._noted, func, run) if may_multiply(func) else run
        counted = partial(self._counted, packet, run)
        return partial(self._repeated, func, counted) if func in REPEATABLE else counted

    def _repeated(self, func: Any, counted: Step, args: Any, kwargs: Any) -> Any:
        """Counted once for each kind of arguments; what torch refuses is asked anew each time."""
        sizes = key_of(args, kwargs)
        if sizes is None:
            return counted(args, kwargs)
        formula = torch_counter.flop_registry.get(func._overloadpacket)  # anybody may register another
        key = (func, formula, self.typed, sizes)
        known = made_before(key)
        count = self.flop_counts["Global"]
        if known is not None:
            count[func._overloadpacket] += known.flops
            self.products += known.products
            return known.again()
        before, products = count[func._overloadpacket], len(self.products)
        out = counted(args, kwargs)
        keep(key, out, count[func._overloadpacket] - before, self.products[products:])
        return out

    def _counted(self, packet: Any, run: Step, args: Any, kwargs: Any) -> Any:
        return self._count_flops(packet, run(args, kwargs), args, kwargs)

    def _noted(self, func: Any, run: Step, args: Any, kwargs: Any) -> Any:
        self.uncounted.append(operator_name(func))
        return run(args, kwargs)

    def _in_parts(self, func: Any, args: Any, kwargs: Any) -> Any:
        with self:
            parts = func.decompose(*args, **kwargs)
        if parts is not NotImplemented:
            return parts
        return self._count_flops(func._overloadpacket, func(*args, **kwargs), args, kwargs)

    def _count_flops(self, packet: Any, out: Any, args: Any, kwargs: Any) -> Any:
        formula = torch_counter.flop_registry.get(packet)
        if formula is not None:
            self.flop_counts["Global"][packet] += _flops_by(formula, args, kwargs, out)
            self.products += products_of(getattr(packet, "__name__", str(packet)), args, kwargs, out)
        return out


never_compiled(FlopCounter.__torch_dispatch__)

_WRAPPER: Any = torch_counter.shape_wrapper
_BY_SHAPES = _WRAPPER(len).__code__


def _flops_by(formula: Any, args: Any, kwargs: Any, out: Any) -> int:
    """torch's formula of an operator; most take shapes, and `mapped` gets them sooner than torch's wrapper does."""
    if getattr(formula, "__code__", None) is not _BY_SHAPES:
        return int(formula(*args, **kwargs, out_val=out))
    shaped, named, made = mapped(torch_counter.get_shape, (args, kwargs, out))
    return int(formula.__wrapped__(*shaped, **named, out_shape=made))


def _called(func: Any, args: Any, kwargs: Any) -> Any:
    return func(*args, **kwargs)


def _answered(known: Step, run: Step, args: Any, kwargs: Any) -> Any:
    answer = known(args, kwargs)
    return run(args, kwargs) if answer is None else answer


def _checked(check: Check, run: Step, args: Any, kwargs: Any) -> Any:
    check(args)
    return run(args, kwargs)


def may_multiply(func: Any) -> bool:
    """Whether an operator without a count may be one: torch's own by their names, of all others nothing is known."""
    if func.namespace in ("prim", "prims", "profiler"):
        return False
    if func.namespace != "aten":
        return True
    name = func._schema.name.partition("::")[2]
    return bool(_MULTIPLIES.search(name)) and not _NEVER.search(name)


def operator_name(func: Any) -> str:
    """`mm` for torch's own, `mine::mm` for another's."""
    name: str = func._schema.name
    return name.removeprefix("aten::")


def _is_composite(func: Any) -> bool:
    """Whether `func.decompose` has something to do."""
    return _IMPLICIT in func.py_kernels or torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), _IMPLICIT)
