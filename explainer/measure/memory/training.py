"""What training needs: the parameters that it moves, and the activations that it keeps for the backward pass.

What is kept is measured: a run on meta with gradients, in which autograd hands over every tensor that it saves.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch

from explainer.measure.again import STOPPED, Unmeasured, run_again
from explainer.measure.memory.fused_kernels import place
from explainer.measure.memory.storage_recorder import StorageRecorder, attention_fused
from explainer.tracing.call import Trace
from explainer.tracing.leaves import tensors_in
from explainer.walkthrough.measured import Kept


def moved_by_training(trace: Trace) -> tuple[tuple[tuple[int, int], ...], int]:
    """How many trainable parameters there are of each size in bytes, and the bytes of the frozen ones."""
    trainable: dict[int, int] = {}
    frozen = 0
    for parameter in () if trace.model is None else trace.model.parameters():  # an empty list of layers is false
        if parameter.requires_grad:
            trainable[parameter.itemsize] = trainable.get(parameter.itemsize, 0) + parameter.numel()
        else:
            frozen += parameter.numel() * parameter.itemsize
    return tuple(sorted(trainable.items())), frozen


def kept_of(trace: Trace) -> Kept:
    """Run once more on meta in training mode, with gradients, and see what autograd saves. Raises Unmeasured."""
    if trace.model is None:
        raise Unmeasured(STOPPED)
    recorder = StorageRecorder(trace, trace.model)
    seen: dict[int, torch.UntypedStorage] = {}  # held, so that no other storage takes the number
    inputs: set[int] = set()
    by_call: dict[str, int] = {}
    taken, fractions, fractions_bytes = 0, 0, 0

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal taken, fractions, fractions_bytes
        storage = tensor.untyped_storage()
        if storage._cdata not in seen:
            seen[storage._cdata] = storage
            path, size = recorder.here, storage.nbytes()
            by_call[path] = by_call.get(path, 0) + size
            taken += size if storage._cdata in inputs else 0
            if tensor.is_floating_point():
                fractions, fractions_bytes = fractions + size // tensor.itemsize, fractions_bytes + size
        return tensor

    def saving(known: list[torch.Tensor]) -> list[AbstractContextManager[Any]]:
        inputs.update(map(place, known[: len(given)]))
        seen.update((place(tensor), tensor.untyped_storage()) for tensor in known[len(given) :])
        return [attention_fused(recorder), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)]

    given = tensors_in((trace.args, dict(trace.kwargs)))
    run_again(trace, recorder, saving, train=True, grad=True)
    shapes = trace.input_shapes
    return Kept(by_call, taken, shapes[0][0] if shapes and shapes[0] else None, fractions, fractions_bytes)
