"""Layers whose weight is computed from other parameters: weight_norm, spectral_norm, orthogonal.

The layer's own rule still counts the weight; what it owns in its place is named here (torch.nn.utils.parametrizations,
and the older torch.nn.utils.weight_norm with its tensors weight_g and weight_v).
"""

from __future__ import annotations

from dataclasses import replace

from torch import nn
from torch.nn.utils import parametrize

from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.tracing.computed_weights import attribute
from explainer.walkthrough.case import Parameters

LENGTHS = Symbol("G", Bi("长度参数g的个数", "number of lengths g"), Bi("长度g", "lengths g"))
SPLIT = Bi(
    zh="权重归一化（weight_norm）把权重拆成方向v和长度g：v与原来的权重一样大，g共{G}个。",
    en="Weight normalization (weight_norm) splits the weight into a direction v, as large as the weight, and {G:length|lengths} g.",
)
COMPUTED = Bi(
    zh="权重由同样大小的参数经{how}变换得到，参数量不变。",
    en="The weight is computed from a parameter of the same size by {how}; the count is the same.",
)


def is_parametrized(module: nn.Module | None) -> bool:
    """Whether some tensor of the layer is computed from other parameters."""
    return module is not None and (
        parametrize.is_parametrized(module) or bool({"weight_g", "weight_orig"} & set(module._parameters))
    )


def parametrized(parameters: Parameters, module: nn.Module) -> Parameters | None:
    """The layer's parameters with what is owned in the weight's place; None for a parametrization not known here."""
    if "weight_g" in module._parameters:
        return _split(parameters, module, "weight", "weight_v", "weight_g")
    if "weight_orig" in module._parameters:  # the older spectral_norm
        claims = tuple("weight_orig" if claim == "weight" else claim for claim in parameters.claims)
        return replace(parameters, claims=claims, why=(*parameters.why, COMPUTED.format(how="spectral_norm")))
    for name, chain in module.parametrizations.items():  # type: ignore[union-attr, operator]
        owned = dict(chain.named_parameters(recurse=False))
        prefix = f"parametrizations.{name}."
        if set(owned) == {"original"} and owned["original"].numel() == attribute(module, name).numel():
            how = ", ".join(type(step).__name__.strip("_") for step in chain)
            claims = tuple(prefix + "original" if claim == name else claim for claim in parameters.claims)
            why = (*parameters.why, COMPUTED.format(how=how))
            parameters = replace(parameters, claims=claims, why=why)
        elif [type(step).__name__ for step in chain] == ["_WeightNorm"]:
            parameters = _split(parameters, module, name, prefix + "original1", prefix + "original0")
        else:
            return None
    return parameters


def _split(parameters: Parameters, module: nn.Module, name: str, direction: str, length: str) -> Parameters:
    count = module.get_parameter(length).numel()
    claims = tuple(direction if claim == name else claim for claim in parameters.claims)
    return replace(
        parameters,
        formula=parameters.formula + LENGTHS,
        values={**parameters.values, LENGTHS: count},
        claims=(*claims, length),
        why=(*parameters.why, SPLIT.format(G=count)),
    )
