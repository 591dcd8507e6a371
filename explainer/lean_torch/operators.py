"""A constructor or a further run on the meta device: torch's compiler and its symbolic algebra, whose imports take 0.8 s,
stay out, and weights that have no values are not initialised.

`nn.init.kaiming_normal_` on a meta tensor runs through torch's Python references, which import `torch._dynamo`, and
changes nothing.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._C._dynamo import eval_frame
from torch.utils._python_dispatch import TorchDispatchMode

from explainer.lean_torch.kernels import never_compiled, run_lean
from explainer.lean_torch.known_shapes import KNOWN

_aten = torch.ops.aten


_Mode: Any = TorchDispatchMode


class LeanOperators(_Mode):  # type: ignore[misc]
    """Runs torch's operators as they are, without what they import only to say that they are not to be compiled."""

    supports_higher_order_operators = True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return not hasattr(eval_frame, "set_code_exec_strategy")  # `never_compiled`, below, does it without an import

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        compiling = eval_frame.set_eval_frame(None)
        try:
            if _fills_nothing(func, args):
                return args[0]
            if getattr(func, "namespace", "") == "aten":
                known = KNOWN.get(func)
                answer = known(args, kwargs or {}) if known else None
                return run_lean(func, args, kwargs or {}) if answer is None else answer
            return func(*args, **(kwargs or {}))
        finally:
            eval_frame.set_eval_frame(compiling)


never_compiled(LeanOperators.__torch_dispatch__)


def _fills_nothing(func: Any, args: Any) -> bool:
    """A random filling of a tensor without values, with parameters that torch would take."""
    if func not in (_aten.normal_.default, _aten.uniform_.default) or not args[0].is_meta:
        return False
    low, high = args[1:3] if len(args) > 2 else (args[1], 1.0) if len(args) > 1 else (0.0, 1.0)
    return bool(high >= 0 if func is _aten.normal_.default else low <= high)
