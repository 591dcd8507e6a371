"""The misconceptions that explain wrong answers.

`MISTAKES` names them all; `wrong_answers(question)` lists the wrong results that they lead to, for multiple choice and for
marking on paper; `diagnose(question, value)` says which of them give just this one.
"""

from explainer.homework.mistakes.base import Mistake, Variant
from explainer.homework.mistakes.catalogue import BY_ID, MISTAKES
from explainer.homework.mistakes.diagnosis import diagnose, variants, wrong_answers

__all__ = ["BY_ID", "MISTAKES", "Mistake", "Variant", "diagnose", "variants", "wrong_answers"]
