"""A student's model compared with the teacher's; the student's code runs locked up."""

from explainer.homework.compare.differences import Comparison, Difference
from explainer.homework.compare.limits import Failure, Limits
from explainer.homework.compare.models import compare_models, grade_models
from explainer.homework.compare.sandbox import Sandbox, run_untrusted

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
