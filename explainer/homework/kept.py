"""What is worked out of a question once, and kept while its walkthrough lives: a class answers the same questions."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from explainer.homework.question import Question
from explainer.walkthrough.model import Walkthrough

T = TypeVar("T")


class Kept(Generic[T]):
    """most: how many questions are remembered, the least recently used forgotten first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.known: OrderedDict[tuple[int, str], tuple[weakref.ref[Walkthrough], T]] = OrderedDict()

    def of(self, question: Question, make: Callable[[], T]) -> T:
        """What is known of the question, made if need be."""
        key = (id(question.walk), question.name)
        known = self.known.get(key)
        if known is not None and known[0]() is question.walk:
            self.known.move_to_end(key)
            return known[1]
        made = make()
        self.known[key] = (weakref.ref(question.walk), made)
        if len(self.known) > self.most:
            self.known.popitem(last=False)
        return made
