"""explainer: shows the working of a neural network.

import explainer
lesson = explainer.explain(model, input_size=(1, 3, 224, 224), lang="zh")
lesson.save("lesson.pdf")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explainer.api import Explanation, explain, explain_source, load
    from explainer.errors import UserError
    from explainer.i18n.bilingual import Bi
    from explainer.rules import Axis, DoesNotApply, Output, Parameters, Rule, Sample, register
    from explainer.vocabulary.kind import Kind

__all__ = [
    "Axis",
    "Bi",
    "DoesNotApply",
    "Explanation",
    "Kind",
    "Output",
    "Parameters",
    "Rule",
    "Sample",
    "UserError",
    "explain",
    "explain_source",
    "load",
    "register",
]

_HOME = dict.fromkeys(
    ["Axis", "DoesNotApply", "Kind", "Output", "Parameters", "Rule", "Sample", "register"], "explainer.rules"
)
_HOME |= dict.fromkeys(["explain", "explain_source", "load", "Explanation"], "explainer.api")
_HOME["UserError"] = "explainer.errors"
_HOME["Bi"] = "explainer.i18n.bilingual"


def __getattr__(name: str) -> Any:
    """What is asked for is imported then: `explain list` need not pay for torch."""
    if name not in _HOME:
        raise AttributeError(f"module 'explainer' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
