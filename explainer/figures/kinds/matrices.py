"""A fully connected layer as a matrix."""

from __future__ import annotations

from functools import cache
from math import prod

from explainer.figures import formulas
from explainer.figures.figure import Figure, Maker
from explainer.figures.matrix_boxes import PLAIN, VALUES, WEIGHT, Scale, matrix, sign
from explainer.figures.reading import of_role
from explainer.figures.svg.canvas import WIDTH, Canvas
from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi("全连接层{path}是一次矩阵乘法", "The fully connected layer {path} is one product of matrices")
CAPTION = Bi(
    "乘积中的每个数是全部输入的加权和，权重占矩阵的一行（边长按平方根绘制）。",
    "Each number of the product is a weighted sum of all inputs, whose weights are one row of the matrix (sides are drawn in proportion to their square roots).",
)
ALT = Bi(
    "{outputs}×{inputs}的权重矩阵乘以输入，得到{outputs}个输出。参数量{params}，乘加{macs}次。",
    "A weight matrix of {outputs}×{inputs} times the input makes {outputs} outputs. {params} parameters, {macs} "
    "multiply-accumulates.",
)
EACH = Bi("{n}个输出各有{inputs}个权重", "{inputs} weights for each of {n} outputs")


def make(walk: Walkthrough) -> Figure | None:
    """The figure of the first fully connected layer."""
    layer = next((layer for layer in walk.layers if layer.kind is Kind.LINEAR and _sizes(layer)), None)
    if layer is None or layer.params is None or layer.macs is None or not layer.checked:
        return None
    inputs, outputs, positions, biased = _sizes(layer) or (0, 0, 0, False)

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(layer, inputs, outputs, positions, biased, lang)

    alt = ALT.format(inputs=str(inputs), outputs=str(outputs), params=layer.params.value, macs=layer.macs.value)
    return Figure("matrices", TITLE.format(path=same(layer.path)), CAPTION, alt, drawing, layer.index)


def _sizes(layer: Layer) -> tuple[int, int, int, bool] | None:
    """Inputs, outputs, at how many positions, and whether with a bias."""
    if layer.parameters is None or not layer.call.output_shapes:
        return None
    values = layer.parameters.values
    inputs, outputs = of_role(values, Role.FEATURES_IN), of_role(values, Role.FEATURES_OUT)
    shape = layer.call.output_shapes[0]
    if len(inputs) != 1 or len(outputs) != 1 or not shape or shape[-1] != outputs[0]:
        return None
    return inputs[0], outputs[0], prod(shape[:-1]), any(of_role(values, Role.BIAS))


def _draw(layer: Layer, inputs: int, outputs: int, positions: int, biased: bool, lang: Lang) -> Canvas:
    assert layer.params is not None and layer.macs is not None
    canvas = Canvas(lang)
    scale = Scale(max(inputs, outputs, positions))
    middle = 14 + scale.length(max(inputs, outputs)) / 2
    x = canvas.wide(f"{outputs:,}", 7) + 4
    x = matrix(canvas, scale, x, middle, outputs, inputs, WEIGHT, "W")
    x = sign(canvas, x, middle, "·", inputs)
    x = matrix(canvas, scale, x, middle, inputs, positions, PLAIN, "x")
    if biased:
        x = sign(canvas, x, middle, "+", outputs)
        x = matrix(canvas, scale, x, middle, outputs, 1, WEIGHT, "b")
    x = sign(canvas, x, middle, "=", outputs)
    x = matrix(canvas, scale, x, middle, outputs, positions, VALUES, "y")
    canvas.text(WIDTH, middle - 3, EACH.format(n=outputs, inputs=inputs), 7.2, anchor="end")
    y = 14 + scale.length(max(inputs, outputs)) + 28
    y = formulas.draw_both(canvas, y, layer)
    canvas.height = y - 12
    return canvas


FIGURE = Maker(
    "matrices",
    Bi("全连接层作为矩阵", "a fully connected layer as a matrix"),
    make,
    order=45,
)
