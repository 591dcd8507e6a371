"""Questions on more than one layer: a network's block, and what a token uses of a mixture of experts; what of these a sheet asks.

Whoever answers has all the numbers on the sheet: the block's layers, or how many experts there are and how large.
"""

from __future__ import annotations

from explainer.errors import UserError
from explainer.homework.one_token import ACTIVE, tokens_of
from explainer.homework.question import Question, blocks_of
from explainer.homework.questions import find
from explainer.homework.worksheets.layer_line import layer_line
from explainer.homework.worksheets.sheet_id import SheetId
from explainer.i18n.bilingual import Bi, joined, same, shape_text
from explainer.walkthrough.idea import Experts
from explainer.walkthrough.model import Layer, Walkthrough

LEAST = 3  # questions of a sheet, of which one may be of these
ADDENDS = 12  # a sum that can be asked for
LARGEST = {1: 10**8, 2: 10**10, 3: 10**15}
TENSOR = Bi(zh="{name}（{shape}的参数）", en="{name} (a parameter of size {shape})")
HAS = Bi(zh="其中有参数的层依次为：{layers}", en="whose parts with parameters are: {layers}")
EXPERTS = Bi(
    zh="其中{mixtures}层各有{experts}个专家，每个专家有{params}个参数，每个词元只用每层的{used}个",
    en="{mixtures:layer has|layers have} {experts} experts each, an expert has {params} parameters, and a token uses {used} of the {experts}",
)
ALL = Bi(zh="全部参数共{total}个，", en="{total} parameters in all; ")
ALL_MACS = Bi(
    zh="一次前向传播共{tokens}个词元，每个词元都经过全部专家时需要{total}次乘加；",
    en="a pass of {tokens:token|tokens} takes {total} multiply-accumulates if every token meets all experts; ",
)
NO_BIASES = Bi(zh="，专家没有偏置", en="; experts have no bias")


def wholes(walk: Walkthrough, source: SheetId) -> list[Question]:
    """Those that a sheet asks, fewer than a third of it; none where it asks for formulas only, or the model has none."""
    if source.style == "formula" or source.count < LEAST:
        return []
    names = [f"{block}.params" for block in blocks_of(walk)] + [*ACTIVE]
    found = [question for name in names if (question := _good(walk, name, source.level)) is not None]
    source.random("wholes").shuffle(found)
    chosen = found[: min(source.level, source.count // LEAST)]
    return sorted(chosen, key=lambda question: names.index(question.name))


def _good(walk: Walkthrough, name: str, level: int) -> Question | None:
    """The question, if it is decided, checked, and a sum that can be worked out."""
    try:
        question = find(walk, name)
    except UserError:
        return None
    if question.undecided is not None:
        return None
    if name in ACTIVE:
        return question if question.derivation.steps else None  # one number: there is nothing to work out
    counted = [part for part in question.parts if part.counted]
    addends = len(counted) + len(question.tensors)
    sound = all(isinstance(part, Layer) and part.checked and part.params is not None for part in counted)
    small = 1 < addends <= ADDENDS and question.value < LARGEST[level]
    return question if sound and small else None


def told(question: Question) -> Bi:
    """What is known: the block's layers as in a program, or the experts; nothing of other questions."""
    if question.name in ACTIVE:
        return _experts(question)
    return _block(question) if "*" in question.name else same("")


def _block(question: Question) -> Bi:
    home = f"{question.place}."
    lines = [
        same(f"{part.path.removeprefix(home)} = {layer_line(part.call)}")
        for part in question.parts
        if isinstance(part, Layer) and part.counted
    ]
    lines += [TENSOR.format(name=raw.name.removeprefix(home), shape=shape_text(raw.shape)) for raw in question.tensors]
    return HAS.format(layers=joined(lines, "；", "; "))


def _experts(question: Question) -> Bi:
    walk, active = question.walk, question.walk.active
    assert active is not None
    groups = joined([EXPERTS.format(**_numbers(group)) for group in active.experts], "；", "; ")
    if question.quantity == "params":
        return ALL.format(total=active.total) + groups
    whole = ALL_MACS.format(tokens=tokens_of(walk), total=walk.macs.value or 0)
    return whole + groups + NO_BIASES


def _numbers(group: Experts) -> dict[str, object]:
    return {"mixtures": group.mixtures, "experts": group.experts, "used": group.used, "params": group.params}
