"""What is known of each layer and function."""

from explainer.rules.base import DoesNotApply, Rule, Sample
from explainer.rules.registry import Registry, default_registry, register
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Axis, Output, Parameters

__all__ = [
    "Axis",
    "DoesNotApply",
    "Kind",
    "Output",
    "Parameters",
    "Registry",
    "Rule",
    "Sample",
    "default_registry",
    "register",
]
