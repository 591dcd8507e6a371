"""What a symbol of a formula stands for: code asks for the role, never for the letter, which a rule is free to choose."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """The part that a number plays in a layer. A symbol without one is just a number with a name."""

    BATCH = "batch"
    CHANNELS = "channels"  # of a layer that keeps them
    CHANNELS_IN = "channels_in"
    CHANNELS_OUT = "channels_out"
    FEATURES = "features"  # of a layer that keeps them
    FEATURES_IN = "features_in"
    FEATURES_OUT = "features_out"
    FEATURES_BESIDE = "features_beside"  # of the keys and values, where they differ from the queries'
    SIZE = "size"  # a side of the input image, or the length of a signal
    SIZE_OUT = "size_out"
    TOKENS = "tokens"  # the length of a sequence
    ROWS = "rows"  # of a table of embeddings, or of a matrix
    COLUMNS = "columns"
    INNER = "inner"  # what two matrices have in common
    MATRICES = "matrices"  # side by side
    DIMENSION = "dimension"  # of a tensor, of no special meaning
    KERNEL = "kernel"
    WINDOW = "window"  # a pooling layer's kernel, which has no parameters
    STRIDE = "stride"
    PADDING = "padding"  # on each side
    PADDING_TOGETHER = "padding_together"  # on both sides
    OUTPUT_PADDING = "output_padding"
    DILATION = "dilation"
    GROUPS = "groups"
    BIAS = "bias"
    HIDDEN = "hidden"
    PROJECTED = "projected"
    GATES = "gates"
    DIRECTIONS = "directions"
    LAYERS = "layers"
    HEADS = "heads"
    HEAD_SIZE = "head_size"
    PROJECTIONS = "projections"
    APPENDED = "appended"  # vectors that a layer appends to its keys
    BYTES = "bytes"  # of one number


OPTIONS = frozenset(
    {
        Role.STRIDE,
        Role.PADDING,
        Role.PADDING_TOGETHER,
        Role.OUTPUT_PADDING,
        Role.DILATION,
        Role.GROUPS,
        Role.BIAS,
        Role.GATES,
        Role.DIRECTIONS,
        Role.LAYERS,
        Role.HEADS,
        Role.PROJECTIONS,
        Role.APPENDED,
        Role.BYTES,
    }
)
"""How a layer is set, in contrast to how large it is."""
