"""Writes calls down while a model runs: a function mode sees the functions, a patched `Module.__call__` the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explainer.tracing.arguments import on_meta, staying, stray, to_meta
from explainer.tracing.branches import one_branch
from explainer.tracing.call import Call, ForwardFailed, Source, TensorRef
from explainer.tracing.dimension_order import order_after
from explainer.tracing.function_names import MOVES, SILENT, function_name, name_of
from explainer.tracing.leaves import leaves, mapped, tensors_in
from explainer.tracing.log import Log
from explainer.tracing.members import named_modules, named_parameters
from explainer.tracing.patches import flop_counter
from explainer.tracing.products import Product
from explainer.tracing.scripted import ScriptOperators
from explainer.tracing.torch_layers import has_hooks, is_torch_s_own
from explainer.tracing.transforms import batches_of, is_transformed
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Order, Unregistered

# Of a packed sequence the lengths stay on the CPU, with their values, whatever else is on meta.
_ASK_LENGTHS = {"_pack_padded_sequence", "_pad_packed_sequence", "lstm", "gru", "rnn_tanh", "rnn_relu"}
_unseen = torch._C.DisableTorchFunction  # our own looks at tensors are no steps of the network
_Kept = tuple[Any, Any, tuple[TensorRef, ...]]  # args and kwargs with references for tensors, and these references


class CallRecorder:
    """Writes the calls down; knows which call produced which tensor."""

    def __init__(
        self,
        model: nn.Module,
        atomic: Callable[[nn.Module], bool],
        on_call: Callable[[Call], None] | None,
        real: bool = False,
    ) -> None:
        self.real = real
        self.model = model
        self.atomic = atomic
        self.on_call = on_call
        self.calls: list[Call] = []
        self.stack: list[tuple[str, nn.Module, tuple[Shape, ...]]] = []
        self.broke: tuple[BaseException, tuple[str, nn.Module, tuple[Shape, ...]]] | None = None
        self.inside = 0  # > 0 while an atomic module runs: what it calls is its own business
        self.flops: Callable[[], int] | None = None  # torch's count as it runs; None where none does
        self.uncounted: list[str] = []  # operators that it has no count of, as they run
        self.products: list[Product] = []  # operators that it has a count of, by their sizes
        self.counter: Any = None  # the counter itself, if it is ours
        self.unregistered: dict[int, Unregistered] = {}
        self.scripted = False  # while a module of TorchScript runs
        self._hooked: set[int] = set()  # layers whose hooks are running
        self._failed: tuple[BaseException, str] | None = None
        self._kept_alive: list[nn.Module] = []  # so that the id of a module made in a forward stays its own
        self.paths = {id(module): path for path, module in named_modules(model)}
        # Which call made a tensor, and as which of its outputs; the tensor is kept, so that its id stays its own.
        self._sources: dict[int, tuple[torch.Tensor, Source, int]] = {}
        self._orders: dict[int, Order] = {}
        self._parameters: dict[int, str] = {}
        self._times: dict[str, int] = {}
        self.log: Log | None = None  # where everything is kept that ran, if it is wanted

    def name_parameters(self) -> None:
        self._parameters = {id(parameter): name for name, parameter in named_parameters(self.model)}

    def came_from(self, tensor: torch.Tensor, source: Source, output: int = 0) -> None:
        self._sources[id(tensor)] = (tensor, source, output)

    def ref(self, tensor: torch.Tensor) -> TensorRef:
        order = self._orders.get(id(tensor), ())
        source, output = self._source(tensor)
        parameter = self._parameters.get(id(tensor))
        return TensorRef(_shape(tensor), tensor.dtype, source, parameter, order, output)

    def _source(self, tensor: torch.Tensor) -> tuple[Source, int]:
        known = self._sources.get(id(tensor))
        return known[1:] if known else ("constant", 0)

    def alias(self, given: Any, output: Any) -> None:
        """A silent step: its output is, for the lesson, its input."""
        source, number = next((self._source(tensor) for tensor in tensors_in(given)), ("constant", 0))
        for tensor in tensors_in(output):
            if id(tensor) not in self._sources:
                self.came_from(tensor, source, number)

    def counting(self, flops: Callable[[], int]) -> None:
        """Read torch's count as it runs; one that names what it cannot count is listened to."""
        self.flops = flops
        self.counter = counter = getattr(flops, "__self__", None)
        self.uncounted = getattr(counter, "uncounted", self.uncounted)
        self.products = getattr(counter, "products", self.products)

    def counted(self) -> tuple[int, int, int]:
        """How far torch's counter is: its total, and how many operators it could not count, and could."""
        return (self.flops(), len(self.uncounted), len(self.products)) if self.flops else (0, 0, 0)

    def _spent(self, before: tuple[int, int, int]) -> tuple[int | None, tuple[str, ...]]:
        """What was counted since, and the operators without a count; these are the call's, and taken off the list."""
        if self.flops is None:
            return None, ()
        uncounted = self.uncounted[before[1] :]
        del self.uncounted[before[1] :]
        return self.flops() - before[0], tuple(dict.fromkeys(uncounted))

    def wrapped(self, before: torch.Tensor, after: torch.Tensor) -> None:
        """torch.func put a wrapper round a tensor, or took it off: it is the same tensor to us."""
        self.came_from(after, *self._source(before))
        if name := self._parameters.get(id(before)):
            self._parameters[id(after)] = name

    def record(
        self,
        path: str,
        kind: str,
        module: nn.Module | None,
        kept: _Kept,
        outputs: list[torch.Tensor],
        before: tuple[int, int, int],
    ) -> None:
        """Write one call down. kept: its arguments as `keep` left them; before: how far the counter was."""
        flops, uncounted = self._spent(before)
        batches = batches_of(outputs)
        kept_args, kept_kwargs, operands = kept
        self._times[path] = times = self._times.get(path, 0) + 1
        call = Call(
            index=len(self.calls) + 1,
            path=path if times == 1 else f"{path}@{times}",
            type=kind,
            module=module,
            args=kept_args,
            kwargs=kept_kwargs,
            operands=operands,
            output_shapes=tuple((*batches, *_shape(tensor)) for tensor in outputs),
            output_dtypes=tuple(tensor.dtype for tensor in outputs),
            flops=flops,
            products=tuple(self.products[before[2] :]),
            mapped=batches,
            transformed=is_transformed(),
            training=module is not None and module.training,
            bypass=kind == "add" and self._bypasses(operands),
            uncounted=uncounted,
        )
        self.calls.append(call)
        for number, tensor in enumerate(outputs):
            self.came_from(tensor, call.index, number)
            self._orders.pop(id(tensor), None)  # worked in place, it may have been in another order
            if order := order_after(call, tensor.dim()):
                self._orders[id(tensor)] = order
        if self.on_call:
            self.on_call(call)

    def mark(self) -> Callable[[], None]:
        """The way back to here: what it returns forgets all that was written down and counted since."""
        calls, times = len(self.calls), dict(self._times)
        counts = self.counter.counts() if self.counter is not None else {}
        logged = len(self.log.steps) if self.log else 0
        _, uncounted, products = self.counted()

        def back() -> None:
            del self.calls[calls:], self.uncounted[uncounted:], self.products[products:]
            if self.log:
                del self.log.steps[logged:]
            self._times = dict(times)
            if self.counter is not None:
                self.counter.go_on_from(counts)

        return back

    def _bypasses(self, operands: tuple[TensorRef, ...]) -> bool:
        """Whether one of two tensors was computed from the other."""
        if len(operands) != 2 or any(ref.source == "constant" or ref.parameter is not None for ref in operands):
            return False
        earlier, later = sorted(0 if ref.source == "input" else int(ref.source) for ref in operands)
        waiting, seen = [later], {later}
        while waiting:
            at = waiting.pop()
            if at == earlier:
                return earlier != later
            for source in self.calls[at - 1].inputs if at else ():
                before = 0 if source == "input" else source
                if isinstance(before, int) and earlier <= before and before not in seen:
                    seen.add(before)
                    waiting.append(before)
        return False

    def keep(self, args: Any, kwargs: Any) -> _Kept:
        """The arguments with their tensors replaced; taken before the call, which may work in place."""
        operands: list[TensorRef] = []

        def kept(value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            operands.append(self.ref(value))
            return operands[-1]

        def described(value: Any) -> Any:
            before = len(operands)
            try:
                return mapped(kept, value)
            except Exception:  # a packed sequence: its class takes nothing but tensors
                del operands[before:]
                return tuple(map(kept, leaves(value)))

        return tuple(map(described, args)), {name: described(value) for name, value in kwargs.items()}, tuple(operands)

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside:
            return forward(module, *args, **kwargs)
        path = self.paths.get(id(module))
        if path is None:
            self._strange(module)
            return forward(module, *args, **kwargs)
        with _unseen():
            given = tensors_in((args, kwargs))
            shapes = tuple([_shape(tensor) for tensor in given])
        if isinstance(module, torch.jit.ScriptModule) and not self.scripted:
            return self._scripted(path, module, forward, args, kwargs)
        atomic = self.atomic(module)
        if atomic and id(module) not in self._hooked and has_hooks(module):
            return self._between_hooks((path, module, shapes), forward, args, kwargs)
        self.stack.append((path, module, shapes))
        asked = args, kwargs
        try:
            if not atomic:
                return forward(module, *args, **kwargs)
            with _unseen():
                args, kwargs = (args, kwargs) if self.real else on_meta(args, kwargs, given)
                kept, before = self.keep(args, kwargs), self.counted()
            self.inside += 1
            try:
                output = self._unwatched(module, given, forward, args, kwargs)
            finally:
                self.inside -= 1
        except BaseException as error:
            if self.broke is None or self.broke[0] is not error:
                self.broke = (error, self.stack[-1])  # the innermost module sees it first
            raise
        finally:
            self.stack.pop()
        with _unseen():
            made = tensors_in(output)
            self.record(path, type(module).__name__, module, kept, made, before)
        if self.log is not None:
            owner = self.stack[-1][0] if self.stack else ""
            self.log.note(None, module, type(module).__name__, asked, made, len(self.calls), owner)
        return output

    def _unwatched(
        self, module: nn.Module, given: list[torch.Tensor], forward: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        """A layer's own forward. What one of torch's own calls on plain tensors needs no watching, unless it fails."""
        if self.real or not is_torch_s_own(module, given):
            return forward(module, *args, **kwargs)
        try:
            with _unseen():
                return forward(module, *args, **kwargs)
        except Exception as error:
            back = self.mark()
            with suppress(Exception):
                forward(module, *args, **kwargs)  # watched: which function is it that fails?
            back()
            self._failed = (error, self._failed[1]) if self._failed else None
            raise

    def _scripted(self, path: str, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A module of TorchScript, operator by operator: what it calls inside comes by nowhere else."""
        with _unseen():
            args, kwargs = (args, kwargs) if self.real else on_meta(args, kwargs, tensors_in((args, kwargs)))
            shapes = tuple(_shape(tensor) for tensor in tensors_in((args, kwargs)))
        self.stack.append((path, module, shapes))
        self.scripted = True
        try:
            with ScriptOperators(self):
                return forward(module, *args, **kwargs)
        except BaseException as error:
            if self.broke is None or self.broke[0] is not error:
                self.broke = (error, self.stack[-1])
            raise
        finally:
            self.scripted = False
            self.stack.pop()

    def same_parameter(self, before: torch.Tensor, after: torch.Tensor) -> bool:
        """Whether `before` is a parameter; then `after` is known as the same one."""
        if id(before) in self._parameters:
            self.wrapped(before, after)
            return True
        return False

    def operator(self, name: str, kept: _Kept, made: list[torch.Tensor], before: tuple[int, int, int]) -> None:
        """Write down an operator of a scripted module, at the path of what owns its weight, if it has one."""
        owner = next((ref.parameter.rpartition(".")[0] for ref in kept[2] if ref.parameter), self.stack[-1][0])
        self.record(f"{owner}.{name}" if owner else name, name, None, kept, made, before)

    def _between_hooks(
        self, place: tuple[str, nn.Module, tuple[Shape, ...]], call: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        """A layer with hooks: what they do before and after it are steps of their own; where they fail, it is the layer's place."""
        module = place[1]
        own, forward = vars(module).get("forward"), module.forward
        hooked = self._hooked

        def layer_alone(*given: Any, **named: Any) -> Any:
            return self.run_module(module, lambda _, *given, **named: forward(*given, **named), given, named)

        hooked.add(id(module))
        vars(module)["forward"] = layer_alone
        try:
            return call(module, *args, **kwargs)
        except BaseException as error:
            if self.broke is None or self.broke[0] is not error:
                self.broke = (error, place)
            raise
        finally:
            hooked.discard(id(module))
            vars(module).pop("forward")
            if own is not None:
                vars(module)["forward"] = own

    def _strange(self, module: nn.Module) -> None:
        """Note a module with parameters that runs and is no part of the model; its functions are written down as such."""
        own = sum(parameter.numel() for parameter in module.parameters() if id(parameter) not in self._parameters)
        if own and id(module) not in self.unregistered and not self._within_strange(module):
            self._kept_alive.append(module)
            owner = self.stack[-1][0] if self.stack else ""
            self.unregistered[id(module)] = Unregistered(type(module).__name__, owner, own)

    def _within_strange(self, module: nn.Module) -> bool:
        """A part of a module that has been noted as a whole."""
        return any(part is module for whole in self._kept_alive for part in whole.modules())

    def run_function(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Run a function, write it down if it is a step, and remember the innermost one that failed."""
        try:
            return self._run_function(function, args, kwargs)
        except Exception as error:
            if self._failed is None or self._failed[0] is not error:
                self._failed = (error, function_name(name_of(function)))
            raise

    def _run_function(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside:
            return function(*args, **kwargs)
        before = len(self.calls)
        name = name_of(function)
        output = self._run_step(function, name, args, kwargs)
        if self.log is not None and name != "cond":
            owner, call = self.stack[-1][0] if self.stack else "", len(self.calls)
            number = call if call == before + 1 else None
            self.log.note(function, None, name, (args, kwargs), tensors_in(output), number, owner)
        return output

    def _run_step(self, function: Callable[..., Any], name: str, args: Any, kwargs: Any) -> Any:
        given = tensors_in((args, kwargs))
        if name == "cond" and len(args) == 4:
            with Functions(self):  # this one is at work and sees nothing meanwhile
                return one_branch(self, *args)
        if moved := stray(given) and name not in _ASK_LENGTHS:
            args, kwargs = to_meta((args, kwargs))
        if name in MOVES and not self.real:
            function, args, kwargs = torch.Tensor.to, *staying(args, kwargs)
            moved = True
        if name in SILENT:
            output = function(*args, **kwargs)
            if given and (made := tensors_in(output)):
                self.alias((args, kwargs) if moved else given, made)
            return output
        kept, before = self.keep(args, kwargs), self.counted()
        output = function(*args, **kwargs)
        made = tensors_in(output)
        if kept[2] and (made or self.counted()[0] != before[0]):  # a backward pass returns nothing
            name = function_name(name)
            owner = self.stack[-1][0] if self.stack else ""
            self.record(f"{owner}.{name}" if owner else name, name, None, kept, made, before)
        return output

    def failure(self, error: BaseException) -> ForwardFailed:
        """Where it broke: the innermost module that was running."""
        _, (path, module, shapes) = self.broke or (error, ("", self.model, ()))
        operation = self._failed[1] if self._failed and self._failed[0] is error else ""
        return ForwardFailed(self.model, path, module, shapes, error, operation, self.calls)


class Functions(TorchFunctionMode):
    """Sees every torch function as its author wrote it."""

    def __init__(self, recorder: CallRecorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.recorder.run_function(func, args, kwargs or {})


def _shape(tensor: torch.Tensor) -> Shape:
    """() for a nested tensor, whose parts have shapes of their own."""
    return () if tensor.is_nested and tensor.layout is torch.strided else tuple(tensor.shape)


@contextmanager
def counting(recorder: CallRecorder) -> Iterator[None]:
    """Within it the recorder's calls have torch's count."""
    with flop_counter() as flops:
        recorder.counting(flops)
        yield
