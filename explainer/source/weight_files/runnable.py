"""A file that has its graph beside its tensors, as a model to be run by shapes."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.source.inputs import InputSpec
from explainer.source.onnx_model.build import built
from explainer.source.weight_files import onnx_file
from explainer.source.weight_files.stored import MAX_NAME, Refused


def from_onnx(path: Path) -> tuple[nn.Module, tuple[InputSpec, ...], tuple[Bi, ...]] | None:
    """The graph, its inputs, and what is to be said of it; None where the file is only a list of tensors to us, or cannot be read."""
    try:
        model = onnx_file.opened(path)
        stored = onnx_file.tensors_of(model.graph)
        if any(len(one.name) > MAX_NAME for one in stored.values()):
            return None
        found = built(model, stored)
    except Refused:
        return None
    if found is None:
        return None
    graph, inputs = found
    return graph, inputs, (onnx_file.note_of(path, model.graph, run=True),)
