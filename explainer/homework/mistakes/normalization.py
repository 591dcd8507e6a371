"""Mistakes with normalization layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import times
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Symbol
from explainer.homework.mistakes.base import BIASED, Mistake, Way, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

BATCH = ("batch_norm1d", "batch_norm2d", "batch_norm3d", "sync_batch_norm")


def _learns(facts: Facts) -> bool:
    return facts.kind is Kind.NORMALIZATION and facts.right != 0


def _counted(count: int, form: Form) -> Form | None:
    """`count` times what one of γ, β has."""
    part = form.parts[0]
    if isinstance(part, Product) and part.parts[0] == (True, Number(2)):
        rest: Expr = times(*part.children()[1:])
    elif isinstance(part, Symbol | Product):
        rest = part
    else:
        return None
    return replace(form, parts=(times(Number(count), rest) if count > 1 else rest,))


def _twice(form: Form) -> bool:
    part = form.parts[0]
    return isinstance(part, Product) and part.parts[0] == (True, Number(2))


def _one(form: Form, facts: Facts) -> Iterator[Way]:
    new = _counted(1, form)
    if new is not None and _twice(form):
        yield Way(new)


def _four(form: Form, facts: Facts) -> Iterator[Way]:
    new = _counted(4 if _twice(form) else 3, form)
    if new is not None and facts.rule in (*BATCH, "instance_norm"):
        yield Way(new)


def _none(form: Form, facts: Facts) -> Iterator[Way]:
    yield Way(replace(form, parts=(Number(0),)))


def _assumed(form: Form, facts: Facts) -> Iterator[Way]:
    """A scale and a shift where the layer learns none, or no shift."""
    if facts.kind is not Kind.NORMALIZATION or facts.rule == "local_response_norm":
        return
    sizes = [symbol for symbol in facts.values if symbol.role in (Role.CHANNELS, Role.FEATURES)]
    parameters = facts.layer.parameters.values if facts.layer and facts.layer.parameters else {}
    own = [symbol for symbol in sizes if symbol in parameters]
    if own and not _twice(form):
        yield Way(replace(form, parts=(times(Number(2), *own),)))


def _everywhere(form: Form, facts: Facts) -> Iterator[Way]:
    if facts.positions and max(facts.positions) > 1:
        yield Way(replace(form, parts=(times(*form.parts, *(Number(size) for size in facts.positions)),)))


def _shared(form: Form, facts: Facts) -> Iterator[Way]:
    yield Way(replace(form, parts=(Number(2 if _twice(form) else 1),)))


def _groups(form: Form, facts: Facts) -> Iterator[Way]:
    g = facts.call.option("num_groups", 1) if facts.call and facts.rule == "group_norm" else None
    if isinstance(g, int):
        yield Way(replace(form, parts=(times(*([Number(2)] if _twice(form) else []), Number(g)),)))


MISTAKES = (
    Mistake(
        "norm.one_each",
        "roles",
        Bi("归一化每个通道只算1个参数", "one parameter per channel in normalization"),
        Bi(
            "每个通道只算了1个参数。每个通道有缩放因子γ和平移因子β各1个，应乘以2。",
            "only one parameter per channel is counted. Each channel has a scale γ and a shift β: multiply by 2.",
        ),
        Bi("归一化之后，每个通道还要学哪几个数？", "Which numbers does each channel learn after being normalized?"),
        0.65,
        only(_learns, _one),
        BIASED,
    ),
    Mistake(
        "norm.running",
        "roles",
        Bi("把滑动均值和方差也当参数", "running statistics counted as parameters"),
        Bi(
            "把滑动均值和滑动方差也算进去了。它们由数据统计得到，不通过梯度学习，不是参数；可学习的只有γ和β。",
            "running mean and variance are counted too. They are statistics of the data, not learned, and so not parameters; only γ and β are learned.",
        ),
        Bi("滑动均值和滑动方差是训练出来的吗？", "Are the running mean and variance learned?"),
        0.6,
        only(_learns, _four),
        BIASED,
    ),
    Mistake(
        "norm.none",
        "roles",
        Bi("以为归一化没有参数", "normalization taken to have no parameters"),
        Bi(
            "归一化层也有可学习的参数，即缩放因子γ（一般还有平移因子β），不能漏掉。",
            "a normalization layer has parameters too, a scale γ and usually a shift β: count them.",
        ),
        Bi(
            "归一化之后还有缩放和平移，它们的数从哪里来？",
            "After normalizing there is a scale and a shift: where do they come from?",
        ),
        0.5,
        only(_learns, _none),
        BIASED,
        whole=True,
    ),
    Mistake(
        "norm.assumed",
        "roles",
        Bi("没有γ、β的归一化层算了γ、β", "γ and β counted where there are none"),
        Bi(
            "多算了参数。这一层的设置没有γ、β（或没有β），应减去{difference}。",
            "too many: with its settings this layer has no γ and β (or no β); subtract {difference}.",
        ),
        Bi("看看这一层的设置：γ和β都有吗？", "Look at the layer's settings: does it have both γ and β?"),
        0.55,
        _assumed,
        BIASED,
        whole=True,
    ),
    Mistake(
        "norm.everywhere",
        "roles",
        Bi("归一化的参数乘以了图像大小", "normalization's parameters times the image"),
        Bi(
            "乘以了位置数（{area}）。每个通道的γ和β由所有位置共用。",
            "this is multiplied by the positions ({area}). All positions of a channel share its γ and β.",
        ),
        Bi("同一通道的不同位置，γ和β相同吗？", "Do the positions of one channel have γ and β of their own?"),
        0.25,
        only(_learns, _everywhere),
        BIASED,
    ),
    Mistake(
        "norm.shared",
        "roles",
        Bi("整层只算一组γ、β", "one γ and β for the whole layer"),
        Bi(
            "整层只算了一组γ、β，其实每个通道（特征）各有一组。",
            "only one γ and β are counted; each channel (or feature) has its own.",
        ),
        Bi("各通道合用一组γ、β吗？", "Do all channels share one γ and β?"),
        0.15,
        only(_learns, _shared),
        BIASED,
        whole=True,
    ),
    Mistake(
        "norm.groups",
        "roles",
        Bi("组归一化按组数计γ、β", "γ and β counted by the groups"),
        Bi(
            "按组数计了。分组只影响均值和方差；γ和β仍是每个通道各一个。",
            "the groups were counted. They matter for mean and variance only; γ and β are there for each channel.",
        ),
        Bi("γ和β是每组一个，还是每个通道一个？", "Are there γ and β for each group or for each channel?"),
        0.5,
        only(_learns, _groups),
        BIASED,
        whole=True,
    ),
)
