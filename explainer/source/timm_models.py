"""timm's models: `timm:NAME`. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.source.build import build
from explainer.source.inputs import InputSpec
from explainer.source.libraries import Guesses, library, unknown
from explainer.source.recipe import MadeBy


def from_timm(name: str, arguments: Mapping[str, Any]) -> tuple[nn.Module, Guesses, dict[str, Any], MadeBy]:
    """A timm architecture without weights, and the input size of its own configuration. Raises UserError."""
    timm = library("timm")
    if name not in timm.list_models():
        raise UserError(unknown("timm", name, timm.list_models()))
    given = {"pretrained": False, **arguments}

    def make(**options: Any) -> Any:
        return timm.create_model(name, **options)

    model = build(make, name, given, shown={})
    settings = getattr(model, "pretrained_cfg", None) or {}
    size = settings.get("input_size") or (3, 224, 224)
    return model, ((InputSpec((1, *size)),),), {}, MadeBy(make, given, library=True)
