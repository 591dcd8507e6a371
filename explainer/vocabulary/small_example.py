"""The smallest examples with real numbers, the same in the text and in the figure: a 2×2 kernel on 3×3 numbers (2 on 3 along
a line), 2×2 numbers that a transposed convolution spreads, and a layer from 4 inputs to 3 outputs. What they come to is computed."""

from __future__ import annotations

IMAGE = ((1, 2, 3), (4, 5, 6), (7, 8, 9))
KERNEL = ((1, 0), (-1, 2))
SMALL = ((1, 2), (3, 4))  # what a transposed convolution makes larger
INPUTS, OUTPUTS = 4, 3
GIVEN = (1, 2, 3, 4)  # the inputs of the layer
NEURON, BIAS = (2, 0, -1, 1), 1  # the weights of its first neuron, and its bias

Rows = tuple[tuple[int, ...], ...]


def image(dims: int) -> Rows:
    """The input: a square, or for a convolution along a line its first row."""
    return IMAGE if dims > 1 else IMAGE[:1]


def kernel(dims: int) -> Rows:
    """The kernel: a square, or along a line its last row."""
    return KERNEL if dims > 1 else KERNEL[1:]


def terms(dims: int, row: int = 0, column: int = 0) -> list[tuple[int, int]]:
    """What is multiplied for one output: numbers under the kernel, and its weights."""
    weights = kernel(dims)
    return [
        (image(dims)[row + i][column + j], weights[i][j]) for i in range(len(weights)) for j in range(len(weights[0]))
    ]


def convolved(row: int, column: int, dims: int = 2) -> int:
    """One output of the small convolution: the sum of these products."""
    return sum(given * weight for given, weight in terms(dims, row, column))


def outputs(dims: int) -> Rows:
    """All outputs: the kernel at every place where it fits."""
    down, along = (len(image(dims)) - len(kernel(dims)) + 1, len(image(dims)[0]) - len(kernel(dims)[0]) + 1)
    return tuple(tuple(convolved(i, j, dims) for j in range(along)) for i in range(down))


def small(dims: int) -> Rows:
    """The input of the transposed convolution."""
    return SMALL if dims > 1 else SMALL[:1]


def overlapping(row: int, column: int, dims: int = 2) -> list[tuple[int, int]]:
    """What is added up for one output of the transposed convolution: every input whose kernel, laid down at its place, reaches it."""
    weights = kernel(dims)
    return [
        (given, weights[row - i][column - j])
        for i, numbers in enumerate(small(dims))
        for j, given in enumerate(numbers)
        if 0 <= row - i < len(weights) and 0 <= column - j < len(weights[0])
    ]


def spread(dims: int) -> Rows:
    """All outputs of the transposed convolution, with stride 1 and no padding."""
    down, along = (len(small(dims)) + len(kernel(dims)) - 1, len(small(dims)[0]) + len(kernel(dims)[0]) - 1)
    return tuple(tuple(sum(a * b for a, b in overlapping(i, j, dims)) for j in range(along)) for i in range(down))


def middle(dims: int) -> tuple[int, int]:
    """The output that every input reaches."""
    return len(small(dims)) - 1, len(small(dims)[0]) - 1


def products(pairs: list[tuple[int, int]], plus: str = "+") -> str:
    """1·1+2·0+4·(−1)+5·2."""
    return plus.join(f"{a}·{b}" if b >= 0 else f"{a}·(−{-b})" for a, b in pairs)
