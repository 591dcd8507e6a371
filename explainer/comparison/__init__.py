"""A student's model compared with the teacher's; the student's code runs locked up."""

from explainer.comparison.compare import compare_models, grade_models
from explainer.comparison.differences import Comparison, Difference
from explainer.comparison.sandbox.client import Sandbox, run_untrusted
from explainer.comparison.sandbox.limits import Failure, Limits

__all__ = [
    "Comparison",
    "Difference",
    "Failure",
    "Limits",
    "Sandbox",
    "compare_models",
    "grade_models",
    "run_untrusted",
]
