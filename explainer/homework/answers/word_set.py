"""A set of words, written as one text."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words between the spaces.

    >>> sorted(word_set("to be or not to be"))
    ['be', 'not', 'or', 'to']
    """
    return frozenset(text.split())
