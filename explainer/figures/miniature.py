"""The smallest examples with real numbers: a 2×2 kernel on 3×3 numbers, or spread over them, and a layer from 4 inputs to 3 outputs."""

from __future__ import annotations

from explainer.figures.parts import grid, heading
from explainer.figures.svg.canvas import Canvas, Run
from explainer.figures.svg.colours import ACCENT, INK, PAPER, ROLES, SOFT, paint
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.small_example import (
    INPUTS,
    OUTPUTS,
    Rows,
    image,
    kernel,
    middle,
    outputs,
    overlapping,
    products,
    small,
    spread,
    terms,
)

TRANSPOSED = Bi("转置卷积：每个输入铺开整个卷积核", "transposed convolution: each input spreads the kernel")
EACH_TIME = Bi("{n}个权重，{places}个输入共用", "{n} weights, shared by {places} inputs")
CONVOLUTION = Bi("卷积：同一个卷积核用在每个位置", "convolution: one kernel at every place")
CONNECTED = Bi("全连接：每个输入连到每个输出", "fully connected: every input to every output")
COUNT = Bi("{weights}个权重，{biases}个偏置：", "{weights} weights and {biases} biases: ")
ONCE = Bi("{n}个权重，在{places}个位置上共用", "{n} weights, shared by {places} places")
CELL = 13.0


def draw_miniature(canvas: Canvas, y: float, dims: int = 2, transposed: bool = False) -> float:
    """Both examples side by side; where they end."""
    bottom = draw_convolution(canvas, y, dims, transposed)
    draw_connected(canvas, y, 258)
    canvas.line((246, y - 6), (246, y + 84), SOFT, 0.3)
    return max(bottom, y + 90)


def draw_convolution(canvas: Canvas, y: float, dims: int = 2, transposed: bool = False) -> float:
    """A small kernel on a few numbers, or spread over more; where the drawing ends."""
    heading(canvas, 0, y, TRANSPOSED if transposed else CONVOLUTION)
    weights = kernel(dims)
    if transposed:
        given, out, at, summands = small(dims), spread(dims), middle(dims), overlapping(*middle(dims), dims)
        frame, count = given, EACH_TIME.format(n=len(weights) * len(weights[0]), places=len(given) * len(given[0]))
    else:
        given, out, at, summands = image(dims), outputs(dims), (0, 0), terms(dims)
        frame, count = weights, ONCE.format(n=len(weights) * len(weights[0]), places=len(out) * len(out[0]))
    high = max(len(given), len(out)) * CELL
    right = _convolution(canvas, 4, y + 10, high, (given, frame), weights, (out, at))
    assert right < 246  # where the other example begins
    value = sum(a * b for a, b in summands)
    runs = [Run(f"{products(summands, ' + ')} = ", "regular"), Run(str(value), "bold", ACCENT)]
    canvas.runs(4, y + 24 + high, runs, 8.2)
    canvas.text(4, y + 36 + high, count, 7.2, fill=SOFT)
    return y + 51 + high


def draw_connected(canvas: Canvas, y: float, x: float = 0) -> float:
    """A small layer, every line a weight; where the drawing ends."""
    heading(canvas, x, y, CONNECTED)
    _connected(canvas, x + 12, y + 14)
    return y + 90


def _numbers(canvas: Canvas, x: float, y: float, rows: tuple[tuple[int, ...], ...], fill: str) -> float:
    grid(canvas, x, y, len(rows[0]), len(rows), CELL, fill)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            text = str(value).replace("-", "−")
            canvas.text(x + (j + 0.5) * CELL, y + (i + 0.5) * CELL + 2.6, text, 7.6, anchor="middle")
    return x + len(rows[0]) * CELL


def _convolution(
    canvas: Canvas,
    x: float,
    y: float,
    high: float,
    given: tuple[Rows, Rows],
    weights: Rows,
    out: tuple[Rows, tuple[int, int]],
) -> float:
    """given ∗ weights = out, a frame around so many of the given numbers and around one output. Returns the right end."""
    (numbers, framed), (made, (row, column)) = given, out

    def top(rows: Rows) -> float:
        return y + (high - len(rows) * CELL) / 2

    right = _numbers(canvas, x, top(numbers), numbers, PAPER)
    canvas.rect(x, top(numbers), len(framed[0]) * CELL, len(framed) * CELL, "none", ACCENT, 1.4)
    canvas.text(right + 12, y + high / 2 + 3, "∗", 10, anchor="middle")
    right = _numbers(canvas, right + 24, top(weights), weights, "#e3edf7")
    wide = len(weights[0]) * CELL
    canvas.rect(right - wide, top(weights), wide, len(weights) * CELL, "none", ACCENT, 1.1)
    canvas.text(right + 12, y + high / 2 + 3, "=", 10, anchor="middle")
    right = _numbers(canvas, right + 24, top(made), made, "#f3f7fb")
    left = right - (len(made[0]) - column) * CELL
    canvas.rect(left, top(made) + row * CELL, CELL, CELL, "none", ACCENT, 1.4)
    return right


def _connected(canvas: Canvas, x: float, y: float) -> None:
    tops = [y + 4 + i * 13 for i in range(INPUTS)]
    ends = [y + 10.5 + i * 13 for i in range(OUTPUTS)]
    far = x + 74
    for a in tops:
        for b in ends:
            canvas.line((x, a), (far, b), "#9db8a9", 0.6)
    for b in (ends[0],):
        for a in tops:
            canvas.line((x, a), (far, b), ROLES["out"], 0.9)
    for a in tops:
        canvas.circle(x, a, 3.6, PAPER)
    for b in ends:
        canvas.circle(far, b, 3.6, paint(Kind.LINEAR).front)
    canvas.text(x, y + 4 + INPUTS * 13 + 3, str(INPUTS), 8, "bold", "middle", ROLES["in"])
    canvas.text(far, y + 4 + INPUTS * 13 + 3, str(OUTPUTS), 8, "bold", "middle", ROLES["out"])
    at = far + 18
    weights, biases = INPUTS * OUTPUTS, OUTPUTS
    canvas.text(at, y + 18, COUNT.format(weights=weights, biases=biases), 7.4)
    runs = [
        Run(str(INPUTS), "bold", ROLES["in"]),
        Run("·", "regular"),
        Run(str(OUTPUTS), "bold", ROLES["out"]),
        Run(" + ", "regular"),
        Run(str(OUTPUTS), "bold", INK),
        Run(f" = {weights + biases}", "regular"),
    ]
    canvas.runs(at, y + 34, runs, 9.4)
