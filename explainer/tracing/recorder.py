"""Writes calls down while a model runs: a function mode sees the functions, a patched `Module.__call__` the layers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explainer.tracing.arguments import on_meta, staying, stray, to_meta
from explainer.tracing.branches import one_branch
from explainer.tracing.call import Call, ForwardFailed
from explainer.tracing.function_names import MOVES, SILENT, function_name, name_of
from explainer.tracing.leaves import tensors_in
from explainer.tracing.log import Log
from explainer.tracing.members import named_modules
from explainer.tracing.running_count import Counted, RunningCount
from explainer.tracing.scripted import ScriptOperators
from explainer.tracing.tensor_origins import Kept, TensorOrigins, bypasses, shape_of
from explainer.tracing.torch_layers import has_hooks, is_torch_s_own
from explainer.tracing.transforms import batches_of, is_transformed
from explainer.tracing.unregistered import UnregisteredModules
from explainer.vocabulary.shape import Shape

# Of a packed sequence the lengths stay on the CPU, with their values, whatever else is on meta.
_ASK_LENGTHS = {"_pack_padded_sequence", "_pad_packed_sequence", "lstm", "gru", "rnn_tanh", "rnn_relu"}
_unseen = torch._C.DisableTorchFunction  # our own looks at tensors are no steps of the network


class CallRecorder:
    """Writes the calls down as they are made.

    origins: which call produced which tensor; count: torch's own, as it runs. stack: the modules that are running.
    """

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
        self.origins = TensorOrigins()
        self.count = RunningCount()
        self.unregistered = UnregisteredModules()
        self.scripted = False  # while a module of TorchScript runs
        self._hooked: set[int] = set()  # layers whose hooks are running
        self._failed: tuple[BaseException, str] | None = None
        self.paths = {id(module): path for path, module in named_modules(model)}
        self._times: dict[str, int] = {}
        self.log: Log | None = None  # where everything is kept that ran, if it is wanted

    @property
    def owner(self) -> str:
        """The path of the module that is running."""
        return self.stack[-1][0] if self.stack else ""

    def record(
        self,
        path: str,
        kind: str,
        module: nn.Module | None,
        kept: Kept,
        outputs: list[torch.Tensor],
        before: Counted,
    ) -> None:
        """Write one call down. kept: its arguments as they were before it; before: how far torch's counter was."""
        flops, uncounted, products = self.count.since(before)
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
            output_shapes=tuple((*batches, *shape_of(tensor)) for tensor in outputs),
            output_dtypes=tuple(tensor.dtype for tensor in outputs),
            flops=flops,
            products=products,
            mapped=batches,
            transformed=is_transformed(),
            training=module is not None and module.training,
            bypass=kind == "add" and bypasses(self.calls, operands),
            uncounted=uncounted,
        )
        self.calls.append(call)
        self.origins.made_by(call, outputs)
        if self.on_call:
            self.on_call(call)

    def mark(self) -> Callable[[], None]:
        """The way back to here: what it returns forgets all that was written down and counted since."""
        calls, times = len(self.calls), dict(self._times)
        uncount = self.count.mark()
        logged = len(self.log.steps) if self.log else 0

        def back() -> None:
            del self.calls[calls:]
            uncount()
            if self.log:
                del self.log.steps[logged:]
            self._times = dict(times)

        return back

    def run_module(self, module: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.inside:
            return forward(module, *args, **kwargs)
        path = self.paths.get(id(module))
        if path is None:
            self.unregistered.note(module, self.owner, self.origins.is_parameter)
            return forward(module, *args, **kwargs)
        with _unseen():
            given = tensors_in((args, kwargs))
            shapes = tuple([shape_of(tensor) for tensor in given])
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
                if not self.real and not all(tensor.is_meta for tensor in given):
                    args, kwargs = on_meta(args, kwargs, given)
                    self.origins.moved(given, args, kwargs)
                kept, before = self.origins.keep(args, kwargs), self.count.now()
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
            owner = self.owner
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
            given = tensors_in((args, kwargs))
            args, kwargs = (args, kwargs) if self.real else on_meta(args, kwargs, given)
            self.origins.moved(given, args, kwargs)
            shapes = tuple(shape_of(tensor) for tensor in tensors_in((args, kwargs)))
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

    def operator(self, name: str, kept: Kept, made: list[torch.Tensor], before: Counted) -> None:
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
            owner, call = self.owner, len(self.calls)
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
            self.origins.moved(given, args, kwargs)
        if name in MOVES and not self.real:
            function, args, kwargs = torch.Tensor.to, *staying(args, kwargs)
            moved = True
        if name in SILENT:
            output = function(*args, **kwargs)
            if given and (made := tensors_in(output)):
                self.origins.alias((args, kwargs) if moved else given, made)
            return output
        kept, before = self.origins.keep(args, kwargs), self.count.now()
        output = function(*args, **kwargs)
        made = tensors_in(output)
        if kept[2] and (made or self.count.now()[0] != before[0]):  # a backward pass returns nothing
            name = function_name(name)
            owner = self.owner
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
