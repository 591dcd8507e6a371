"""The settings of a layer, by the symbol's or the attribute's name: what two layers of one kind may have differently."""

from __future__ import annotations

import re

from explainer.formula.derivation import Derivation
from explainer.formula.printing import Plain, plain
from explainer.walkthrough.parts import Layer, Uncalled

Setting = int | float | str | bool | None
# Of what an output's formula contains, these belong to the layer; the others are sizes of what comes in.
_OWN = re.compile(r"^(k|s|p|d|o|P)(_[hwd])?$|^g$")
ATTRIBUTES = (
    *("p", "eps", "momentum", "affine", "track_running_stats", "negative_slope", "padding_mode", "ceil_mode"),
    *("count_include_pad", "bidirectional", "batch_first", "num_layers", "num_heads", "dropout", "approximate", "mode"),
    *("align_corners", "scale_factor", "output_size", "num_groups", "normalized_shape", "elementwise_affine"),
    "nonlinearity",
)
LONGEST_WORKING = 60


def settings_of(layer: Layer) -> dict[str, Setting]:
    """Those of a called layer: of its formulas, and the attributes of its class.

    >>> settings_of(walk.layers[0])    # doctest: +SKIP
    {'k_h': 3, 'k_w': 3, 'C_in': 3, 'C_out': 64, 'b': 1, 's_h': 1, 's_w': 1, 'p_h': 1, 'p_w': 1, …}
    """
    settings: dict[str, Setting] = {}
    if layer.parameters:
        settings |= {symbol.name: value for symbol, value in layer.parameters.values.items()}
    if layer.output:
        own = layer.output.values.items()
        settings |= {symbol.name: value for symbol, value in own if _OWN.match(symbol.name)}
    for name in ATTRIBUTES:
        value = layer.call.option(name)
        if name not in settings and (found := _plain(value)) is not None:
            settings[name] = found
    return settings


def working_of(part: Layer | Uncalled) -> str:
    """The parameters with the numbers in the formula, `(3·3·256+1)·512`; empty where they are no formula or too long."""
    return _written(part.params)


def _written(derivation: Derivation | None) -> str:
    if derivation is None or not derivation.value:
        return ""
    text = plain(derivation.substituted, Plain())
    return text if len(text) <= LONGEST_WORKING and text != str(derivation.value) else ""


def _plain(value: object) -> Setting:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list) and all(isinstance(item, int | float) for item in value):
        return "×".join(map(str, value))
    return None
