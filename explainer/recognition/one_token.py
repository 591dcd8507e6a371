"""A small copy of a model, really run on one token or on several, and differentiated: which parts of its tensors have a gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from explainer.tracing.leaves import mapped, tensors_in
from explainer.tracing.observed import run_observed
from explainer.tracing.values import seeded

SPREAD = 0.2
MOST_INPUTS = 3
TOGETHER: Mapping[int, tuple[int, ...]] = {
    0: (),
    1: (8,),
    2: (2, 4),
}  # eight tokens: two rows of four where there are rows


class OneToken:
    """`gradients(token)`: of each parameter, by name, which slices along its first dimension have a gradient; several tokens at once for None.

    model: with values, ours to change. args, kwargs: of its pass; only their shapes and kinds count.
    """

    def __init__(self, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.model = model.float()
        self.args, self.kwargs = args, dict(kwargs)
        self.parameters = dict(self.model.named_parameters())
        rows = [module.num_embeddings for module in model.modules() if isinstance(module, nn.Embedding)]
        self.words = min([64, *rows])
        with seeded(), torch.no_grad():
            for parameter in self.parameters.values():
                parameter.requires_grad_(True)
                if parameter.dim() > 1:
                    parameter.normal_(0, SPREAD)
                else:
                    parameter.add_(torch.randn_like(parameter) * SPREAD)

    def gradients(self, token: int | None) -> dict[str, torch.Tensor]:
        """Raises whatever the model raises."""
        for parameter in self.parameters.values():
            parameter.grad = None
        total = torch.zeros(())
        for number, output in enumerate(self.output(token, grad=True)):
            weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(number))
            total = total + (output.float() * weights).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return {name: _touched(parameter) for name, parameter in self.parameters.items()}

    def output(self, token: int | None, grad: bool = False) -> list[torch.Tensor]:
        """The outputs that are fractions. Raises whatever the model raises."""
        args, kwargs = self._inputs(token)
        made = run_observed(self.model, args, kwargs, train=False, grad=grad, real=True)
        return [
            tensor for tensor in tensors_in(made) if tensor.is_floating_point() and (tensor.requires_grad or not grad)
        ]

    def unmoved(self, token: int, slices: Mapping[str, torch.Tensor]) -> bool:
        """Whether the output stays the same when these slices get other numbers, large ones of either sign."""
        before = self.output(token)
        for sign in (1, -1):
            with self._replaced(slices, sign):
                after = self.output(token)
            if any(not torch.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in zip(before, after, strict=True)):
                return False
        return True

    @contextmanager
    def _replaced(self, slices: Mapping[str, torch.Tensor], sign: int) -> Iterator[None]:
        kept = {name: self.parameters[name].detach()[rows].clone() for name, rows in slices.items()}
        with torch.no_grad():
            for name, rows in slices.items():
                numbers = torch.randn(kept[name].shape, generator=torch.Generator().manual_seed(len(name)))
                self.parameters[name][rows] = sign * 10 * SPREAD * numbers
        try:
            yield
        finally:
            with torch.no_grad():
                for name, rows in slices.items():
                    self.parameters[name][rows] = kept[name]

    def given(self, paths: Iterable[str]) -> dict[str, tuple[tuple[Any, ...], dict[str, Any]]]:
        """What these modules are given where several tokens run together. Raises whatever the model raises."""
        seen: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        hooks = []
        for path in paths:

            def keep(module: nn.Module, args: Any, kwargs: Any, path: str = path) -> None:
                seen.setdefault(path, mapped(_kept, (args, kwargs)))

            hooks.append(self.model.get_submodule(path).register_forward_pre_hook(keep, with_kwargs=True))
        try:
            self.output(None)
        finally:
            for hook in hooks:
                hook.remove()
        return seen

    @property
    def has_several(self) -> bool:
        """Whether more than one token can be given at once."""
        return any(_leading(value) > 0 for value in tensors_in((self.args, self.kwargs)))

    def _inputs(self, token: int | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
        random = torch.Generator().manual_seed(len(TOGETHER) if token is None else token)
        given = 0

        def one(value: Any) -> Any:
            nonlocal given
            if not isinstance(value, torch.Tensor):
                return value
            given += 1
            leading = _leading(value)
            shape = (*([1] * leading if token is not None else TOGETHER[leading]), *value.shape[leading:])
            if value.is_floating_point():
                return torch.randn(shape, generator=random)
            if given > 1:
                return torch.ones(shape, dtype=value.dtype)
            return torch.randint(0, self.words, shape, generator=random).to(value.dtype)

        args, kwargs = mapped(one, (tuple(self.args), self.kwargs))
        return args, kwargs


def has_tokens(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the inputs are rows of vectors or of words, so that a single one can be given."""
    given = tensors_in((args, dict(kwargs)))
    return 1 <= len(given) <= MOST_INPUTS and all(tensor.dim() >= 1 and _leading(tensor) <= 2 for tensor in given)


def _leading(value: torch.Tensor) -> int:
    """How many of a tensor's dimensions count tokens."""
    return value.dim() - 1 if value.is_floating_point() else value.dim()


def _kept(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) else value


def _touched(parameter: nn.Parameter) -> torch.Tensor:
    rows = parameter.shape[0] if parameter.dim() else 1
    if parameter.grad is None:
        return torch.zeros(rows, dtype=torch.bool)
    return parameter.grad.reshape(rows, -1).abs().sum(1) > 0
