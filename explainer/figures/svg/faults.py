"""Faults of a layout, found by computing: no letter on letters, no box across a box, no wire through a word or a box.

A figure that has one is not shown: a table is better than a bad picture.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from explainer.figures.svg.canvas import Box, Canvas, Point

SLACK = 0.25  # points that may overlap: what is left of rounding


def faults(canvas: Canvas) -> list[str]:
    """What is wrong, each in a few words; empty for a sound layout."""
    texts = [label.box for label in canvas.labels]
    return [
        *(f"outside: {box.what}" for box in (*texts, *canvas.boxes) if not _inside(box, canvas)),
        *(f"text over text: {a.what} | {b.what}" for a, b in _pairs(texts) if _overlap(a, b)),
        *(f"box over box: {a.what} | {b.what}" for a, b in _pairs(canvas.boxes) if _crossing(a, b)),
        *(
            f"text across a box: {text.what} | {box.what}"
            for text, box in _meeting(texts, canvas.boxes)
            if _overlap(text, box) and not _within(text, box)
        ),
        *(f"wire through text: {text.what}" for text in _crossed(texts, canvas.wires)),
        *(f"wire through a box: {box.what}" for box in _crossed(canvas.boxes, canvas.wires)),
    ]


def _inside(box: Box, canvas: Canvas) -> bool:
    return (
        box.left > -SLACK
        and box.top > -SLACK
        and box.right < canvas.width + SLACK
        and box.bottom < canvas.height + SLACK
    )


def _pairs(boxes: list[Box]) -> Iterator[tuple[Box, Box]]:
    """Those that may meet: sorted from the left, each with those that begin before it ends."""
    ordered = sorted(boxes, key=lambda box: box.left)
    for number, a in enumerate(ordered):
        for b in ordered[number + 1 :]:
            if b.left >= a.right:
                break
            yield a, b


def _meeting(texts: list[Box], boxes: list[Box]) -> Iterator[tuple[Box, Box]]:
    """Each text with the boxes that begin above its end; and end below its beginning."""
    ordered = sorted(boxes, key=lambda box: box.top)
    tops = [box.top for box in ordered]
    for text in texts:
        for box in ordered[: bisect_left(tops, text.bottom)]:
            if box.bottom > text.top:
                yield text, box


def _overlap(a: Box, b: Box) -> bool:
    return (
        a.left < b.right - SLACK and b.left < a.right - SLACK and a.top < b.bottom - SLACK and b.top < a.bottom - SLACK
    )


def _within(a: Box, b: Box) -> bool:
    """Whether a lies in b."""
    return (
        a.left > b.left - SLACK and a.right < b.right + SLACK and a.top > b.top - SLACK and a.bottom < b.bottom + SLACK
    )


def _crossing(a: Box, b: Box) -> bool:
    return _overlap(a, b) and not _within(a, b) and not _within(b, a)


def _crossed(boxes: list[Box], wires: list[tuple[Point, Point]]) -> Iterator[Box]:
    """Those through whose ink a level or upright wire runs, once for each (slanted ones are not drawn)."""
    straight = [
        (min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1]))
        for a, b in wires
        if a[0] == b[0] or a[1] == b[1]
    ]
    for box in boxes:
        rightmost, leftmost, lowest, highest = box.right - SLACK, box.left + SLACK, box.bottom - 1, box.top + 1
        for left, right, top, bottom in straight:
            if left < rightmost and right > leftmost and top < lowest and bottom > highest:
                yield box
