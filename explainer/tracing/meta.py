"""What libraries must be told so that a run without values goes through: none of it changes what is computed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function

from explainer.tracing.assumed import checks_pass
from explainer.tracing.members import named_modules

BATCHED = "batched_mm"
_BRANCHES = "torch._higher_order_ops.utils"


@contextmanager
def without_values(model: nn.Module) -> Iterator[None]:
    """Within it checks of values pass, and libraries that would look at values, or at the device, do not."""
    with ExitStack() as stack:
        for help_given in (
            checks_pass(),
            _unvalidated_distributions(),
            _transformers_traced(),
            _experts_side_by_side(model),
            _autocast_of_meta(),
            _flex_attention_by_shape(),
        ):
            stack.enter_context(help_given)
        yield


@contextmanager
def not_compiled() -> Iterator[None]:
    """torch.compile'd functions run as they are written: what is compiled cannot be followed."""
    with ExitStack() as stack:
        if hasattr(sys.modules.get(_BRANCHES), "_hop_compile_and_call"):  # torch.cond compiles its branches
            stack.enter_context(patch(f"{_BRANCHES}._hop_compile_and_call", lambda function, args: function(*args)))
        if "torch._dynamo" in sys.modules:  # else nothing was compiled
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield


@contextmanager
def _unvalidated_distributions() -> Iterator[None]:
    kind = torch.distributions.Distribution
    before = kind._validate_args
    kind.set_default_validate_args(False)
    try:
        yield
    finally:
        kind.set_default_validate_args(before)


@contextmanager
def _transformers_traced() -> Iterator[None]:
    """transformers hears that it is traced, as torch.jit would: then it looks into no mask for its values."""
    module = "transformers.utils.import_utils"
    if not hasattr(sys.modules.get(module), "is_jit_tracing"):
        yield
        return
    with patch(f"{module}.is_jit_tracing", lambda: True):
        yield


@contextmanager
def _experts_side_by_side(model: nn.Module) -> Iterator[None]:
    """transformers' mixtures of experts multiply the experts that each token chooses as one batch of matrices.

    Their other ways sort the tokens by expert, for which the choices must be known. The multiply-accumulates are the
    same: each token meets as many experts as it may choose, whichever these are.
    """
    configs = {id(config): config for _, module in named_modules(model) if (config := _settings(module)) is not None}
    before = {key: config._experts_implementation_internal for key, config in configs.items()}
    for config in configs.values():
        config._experts_implementation_internal = BATCHED
    try:
        yield
    finally:
        for key, config in configs.items():
            config._experts_implementation_internal = before[key]


def _settings(module: nn.Module) -> Any:
    config = vars(module).get("config")
    return config if hasattr(config, "_experts_implementation_internal") else None


@contextmanager
def _autocast_of_meta() -> Iterator[None]:
    """`torch.autocast(x.device.type)`: torch knows no autocast of the meta device, and refuses even to switch it off."""
    original = torch.autocast.__init__

    def begun(self: Any, device_type: str, *args: Any, **kwargs: Any) -> None:
        original(self, "cpu" if device_type == "meta" else device_type, *args, **kwargs)

    with ExitStack() as stack:
        stack.enter_context(patch.object(torch.autocast, "__init__", begun))
        for name in ("is_autocast_enabled", "get_autocast_dtype", "is_autocast_available"):
            for home in (torch, torch.amp.autocast_mode):
                if hasattr(home, name):
                    stack.enter_context(patch.object(home, name, _of_cpu(getattr(home, name))))
        yield


def _of_cpu(asked: Callable[..., Any]) -> Callable[..., Any]:
    """A question about a device, asked of the CPU where it is about meta."""
    return lambda *devices: asked(*("cpu" if device == "meta" else device for device in devices))


@contextmanager
def _flex_attention_by_shape() -> Iterator[None]:
    """FlexAttention refuses meta tensors and compiles what it is given; by shape it is scaled dot-product attention."""
    home = sys.modules.get("torch.nn.attention.flex_attention")
    if home is None or not hasattr(home, "flex_attention_hop"):
        yield
        return
    path, compiled, masked = home.__name__, home.flex_attention_hop, home._create_empty_block_mask

    def shaped(query: torch.Tensor, *others: Any, **options: Any) -> Any:
        if not query.is_meta:
            return compiled(query, *others, **options)
        attended = flex_attention(query, *others[:2])
        with torch._C.DisableTorchFunction():  # by-products, no steps of the network
            return attended, query.new_empty(query.shape[:-1]), query.new_empty(query.shape[:-1])

    def unmasked(*given: Any) -> Any:
        with torch._C.DisableTorchFunction():
            return masked(*given)

    with (
        patch(f"{path}._validate_device", lambda *tensors: None),
        patch(f"{path}.flex_attention_hop", shaped),
        patch(f"{path}._create_empty_block_mask", unmasked),
        patch(f"{path}._FLEX_ATTENTION_DISABLE_COMPILE_DEBUG", True),
    ):
        yield


def flex_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> Any:
    """A function of torch's for whoever watches functions: one step of the network."""
    if has_torch_function((query, key, value)):
        return handle_torch_function(flex_attention, (query, key, value), query, key, value)
    grouped = query.shape[-3] != key.shape[-3]
    return functional.scaled_dot_product_attention(query, key, value, enable_gqa=grouped)
