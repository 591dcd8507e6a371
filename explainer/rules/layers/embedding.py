"""Embeddings: a table with one row of D numbers for each index. A row is taken out; nothing is multiplied, so no MACs."""

from __future__ import annotations

from random import Random

import torch
from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample, argument
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import D, N, V, leading_axes, sized
from explainer.walkthrough.case import Axis, Output, Parameters

TABLE = Bi(
    zh="嵌入层是一张{V}行{D}列的表：每个索引对应一行，即一个{D}维的向量；索引是词元、位置或类别的编号。表中的数都是可学习的参数；嵌入层没有偏置。",
    en="An embedding is a table of {V:row|rows} and {D:column|columns}: each index (a word, say) has a row, a vector of "
    "{D}. Every number in the table is a learnable parameter; an embedding has no bias.",
)
PADDING = Bi(
    zh="第{row}行（从0数起，padding_idx={row}）专供补齐句子长度的占位符使用，训练中不更新，但仍在表中，同样计入参数量。",
    en="Row {row} (counted from 0, padding_idx={row}) is kept for padding and never updated, but it is in the table and "
    "counts all the same.",
)
ONE_HOT = Bi(
    zh="查表等价于用独热向量乘以这张表，所以嵌入层可看作没有偏置的全连接层；实际计算只取出一行，不做乘法。",
    en="Looking a row up is the same as multiplying a one-hot vector by the table, so an embedding is a fully connected "
    "layer without bias; in fact the row is just taken out and nothing is multiplied.",
)
EACH_INDEX = Bi(
    zh="输入是索引，每个索引换成一个{D}维的向量，所以输出比输入多一维。",
    en="The input holds indices; each becomes a vector of {D}, so the output has one dimension more.",
)
BAG = Bi(
    zh="每个样本取出若干行，{how}，合成一个{D}维的向量；合并本身没有参数。",
    en="For each sample several rows are taken out and {how} into one vector of {D}; this merging has no parameters.",
)
HOW = {
    "sum": Bi("逐元素相加", "added up"),
    "mean": Bi("逐元素求平均", "averaged"),
    "max": Bi("逐元素取最大值", "reduced to their maximum"),
}


def _table(call: Call) -> tuple[int, int]:
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    return weight[0], weight[1]


def _parameters(call: Call, padding_position: int) -> Parameters:
    rows, columns = _table(call)
    padding = call.option("padding_idx", padding_position)
    why = [TABLE.format(V=rows, D=columns)]
    if padding is not None:
        why.append(PADDING.format(row=padding % rows))
    return Parameters(
        formula=V * D,
        values={V: rows, D: columns},
        claims=("weight",),
        positions=(1,),
        why=tuple(why),
        remark=(ONE_HOT,),
    )


def _output(call: Call) -> Output:
    shape, (_, columns) = call.shapes[0], _table(call)
    leading = leading_axes(len(shape))
    return Output(
        axes=tuple(Axis(symbol.name, symbol) for symbol in (*leading, D)),
        values=sized(leading, shape) | {D: columns},
        why=(EACH_INDEX.format(D=columns),),
    )


def _bag_output(call: Call) -> Output:
    """One vector a bag: a row of the input, or the stretch between two offsets."""
    shape, (_, columns) = call.shapes[0], _table(call)
    bags = shape[0]
    if len(shape) == 1:
        offsets = argument(call, "offsets", 1 if call.module is not None else 2)
        bags = offsets.shape[0] - bool(call.option("include_last_offset", 9, False))
    how = HOW[call.option("mode", 6, "mean")]
    return Output(
        axes=(Axis("N", N), Axis("D", D)),
        values={N: bags, D: columns},
        why=(BAG.format(how=how, D=columns),),
    )


def _sample(random: Random) -> Sample:
    rows, columns = random.randint(2, 5000), random.randint(1, 300)
    padding = random.choice([None, 0, -1])
    shape: Shape = tuple(random.randint(1, 9) for _ in range(random.choice([1, 2, 2, 3])))
    return Sample(lambda: nn.Embedding(rows, columns, padding), (shape,), (torch.int64,))


def _sample_bag(random: Random) -> Sample:
    rows, columns, mode = random.randint(2, 5000), random.randint(1, 300), random.choice(list(HOW))
    last = random.random() < 0.3
    shapes: tuple[Shape, ...] = ((random.randint(1, 5), random.randint(1, 9)),)
    if last or random.random() < 0.4:
        shapes = ((random.randint(9, 30),), (random.randint(2, 6),))
    return Sample(
        lambda: nn.EmbeddingBag(rows, columns, mode=mode, include_last_offset=last), shapes, (torch.int64, torch.int64)
    )


RULES = (
    Rule(
        name="embedding",
        title=Bi("嵌入层", "embedding layer"),
        kind=Kind.EMBEDDING,
        modules=(nn.Embedding,),
        functions=("embedding",),
        parameters=lambda call: _parameters(call, padding_position=2),
        output=_output,
        sample=_sample,
    ),
    Rule(
        name="embedding_bag",
        title=Bi("嵌入袋层", "embedding bag layer"),
        kind=Kind.EMBEDDING,
        modules=(nn.EmbeddingBag,),
        functions=("embedding_bag",),
        parameters=lambda call: _parameters(call, padding_position=10),
        output=_bag_output,
        sample=_sample_bag,
    ),
)
