"""Where the instances of a block stand, and what comes out of each."""

from __future__ import annotations

from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.templates.template import Template


def output_shapes(template: Template, walk: Walkthrough) -> dict[str, tuple[int, ...]]:
    """The shape that comes out of each instance, by its path; empty where its last step gives no tensor."""
    last: dict[str, Layer] = {}
    paths = {row.path for row in template.rows}
    for layer in walk.layers:
        for path in above(layer.path):
            if path in paths:
                last[path] = layer
    return {path: layer.call.output_shapes[0] if layer.call.output_shapes else () for path, layer in last.items()}


def above(path: str) -> list[str]:
    """layer1, layer1.0 of layer1.0.conv1."""
    names = path.split(".")
    return [".".join(names[:i]) for i in range(1, len(names))]
