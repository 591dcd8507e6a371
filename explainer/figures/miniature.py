"""The smallest examples with real numbers: a 2×2 kernel on 3×3 numbers, and a layer from 4 inputs to 3 outputs."""

from __future__ import annotations

from explainer.figures.parts import grid, heading
from explainer.figures.svg.canvas import Canvas, Run
from explainer.figures.svg.colours import ACCENT, INK, PAPER, ROLES, SOFT, paint
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

IMAGE = ((1, 2, 3), (4, 5, 6), (7, 8, 9))
KERNEL = ((1, 0), (-1, 2))
INPUTS, OUTPUTS = 4, 3
CONVOLUTION = Bi("卷积：同一个卷积核用在每个位置", "convolution: one kernel at every place")
CONNECTED = Bi("全连接：每个输入连到每个输出", "fully connected: every input to every output")
COUNT = Bi("{weights}个权重，{biases}个偏置：", "{weights} weights and {biases} biases: ")
ONCE = Bi("{n}个权重，在{places}个位置上共用", "{n} weights, shared by {places} places")
CELL = 13.0


def convolved(row: int, column: int) -> int:
    """One output of the small convolution: the sum of four products."""
    return sum(IMAGE[row + i][column + j] * KERNEL[i][j] for i in range(2) for j in range(2))


def draw_miniature(canvas: Canvas, y: float) -> float:
    """Both examples side by side; where they end."""
    heading(canvas, 0, y, CONVOLUTION)
    _convolution(canvas, 4, y + 10)
    heading(canvas, 258, y, CONNECTED)
    _connected(canvas, 270, y + 14)
    canvas.line((246, y - 6), (246, y + 84), SOFT, 0.3)
    return y + 90


def _numbers(canvas: Canvas, x: float, y: float, rows: tuple[tuple[int, ...], ...], fill: str) -> float:
    grid(canvas, x, y, len(rows[0]), len(rows), CELL, fill)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            text = str(value).replace("-", "−")
            canvas.text(x + (j + 0.5) * CELL, y + (i + 0.5) * CELL + 2.6, text, 7.6, anchor="middle")
    return x + len(rows[0]) * CELL


def _convolution(canvas: Canvas, x: float, y: float) -> None:
    right = _numbers(canvas, x, y, IMAGE, PAPER)
    canvas.rect(x, y, 2 * CELL, 2 * CELL, "none", ACCENT, 1.4)
    middle = y + 1.5 * CELL + 3
    canvas.text(right + 12, middle, "∗", 10, anchor="middle")
    kernel = right + 24
    right = _numbers(canvas, kernel, y + CELL / 2, KERNEL, "#e3edf7")
    canvas.rect(kernel, y + CELL / 2, 2 * CELL, 2 * CELL, "none", ACCENT, 1.1)
    canvas.text(right + 12, middle, "=", 10, anchor="middle")
    out = tuple(tuple(convolved(i, j) for j in range(2)) for i in range(2))
    right = _numbers(canvas, right + 24, y + CELL / 2, out, "#f3f7fb")
    canvas.rect(right - 2 * CELL, y + CELL / 2, CELL, CELL, "none", ACCENT, 1.4)
    terms = [(IMAGE[i][j], KERNEL[i][j]) for i in range(2) for j in range(2)]
    worked = " + ".join(f"{a}·{b}" if b >= 0 else f"{a}·(−{-b})" for a, b in terms)
    runs = [Run(f"{worked} = ", "regular"), Run(str(convolved(0, 0)), "bold", ACCENT)]
    canvas.runs(x, y + 3 * CELL + 14, runs, 8.2)
    canvas.text(x, y + 3 * CELL + 26, ONCE.format(n=4, places=4), 7.2, fill=SOFT)


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
