"""What the network is, told first: its idea, its parts in order, its input, output and totals."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from math import prod

from explainer.document.builder import Page
from explainer.document.nodes import Code
from explainer.i18n.bilingual import Bi, joined, listed, same, shape_text
from explainer.i18n.printable import visible
from explainer.lesson.architectures import family_text
from explainer.lesson.block_words import BLOCK, described
from explainer.lesson.family_of_block import in_family
from explainer.lesson.network_rows import chunks
from explainer.lesson.number_in_name import number_in_name
from explainer.lesson.overview import faults, totals
from explainer.lesson.overview_of_run import returns_nothing
from explainer.lesson.spans import span
from explainer.lesson.u_shape import u_shape
from explainer.lesson.why import why
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import MOST_CALLS
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.story import Part

IDEA = Bi(zh="想法", en="The idea")
BUILT = Bi(zh="构造参数：{arguments}。", en="Built with {arguments}.")
OWN_WORDS = Bi(zh="源代码中的说明：{text}", en="From the source code: {text}")
WAY = Bi(
    zh="输入为{input}，依次经过{parts}，输出为{output}；形状都不写批量维。",
    en="An input of {input} goes through {parts}; the output is {output}. Shapes are written without the batch.",
)
WAY_MIXED = Bi(
    zh="输入为{input}，经过{parts}，输出为{output}；各部分交错排列，形状都不写批量维。",
    en="An input of {input} goes through {parts}, the kinds interleaved; the output is {output}. Shapes are written without the batch.",
)
WAY_ONE = Bi(
    zh="输入为{input}，输出为{output}；形状都不写批量维。",
    en="The input is {input}; the output is {output}. Shapes are written without the batch.",
)
HIDDEN = Bi(
    zh="输出是每个位置的一个{d}维向量；由它得到各词元的概率还需一个输出层，这里的模型不含这一层。",
    en="The output is a vector of {d} for each position; the layer that turns it into probabilities of tokens is not part of this model.",
)
KINDS = Bi(zh="网络由{kinds}组成。", en="The network consists of {kinds}.")
PLUMBING = Bi(
    zh="记录到的{all}步中，有{n}步（如生成位置编号、掩码）与输入的数值和参数都无关，从略。",
    en="Of the {all} steps recorded, {n:is|are} left out here: no input value and no parameter changes them (positions, masks and the like).",
)
UNRECOGNISED = Bi(
    zh="记录到{n}步，超过{most}步，所以没有逐段运行来辨认各部分是什么：下面只按层和块的公式讲。输入短一些的同一模型（--input）可以辨认。",
    en="Of the {n} steps recorded, more than {most}, no stretch was run to find out what it is: the lesson has the formulas of layers and blocks alone. With a "
    "shorter input (--input) more can be said.",
)
A_NUMBER = Bi("每个样本1个数", "one number a sample")
AND_MORE = Bi("{first}等{n}个张量", "{first} and more, {n} tensors in all")
MOST_OUTPUTS = 3
BLOCKS = Bi(zh="{n}个{name}", en="{n} {name}")
PLAIN_BLOCKS = Bi(zh="{path}中的{n}个块", en="the {n:block|blocks} of “{path}”")
OTHER_BLOCK = Bi(zh="1个另一种块（{cls}）", en="a block of another kind ({cls})")
LOOP = Bi(zh="执行{n}次的{name}", en="a {name} that runs {n} times")
OF_WHAT = "（词元等的编号）"
NUMBERS = Bi(zh="{n}个索引" + OF_WHAT, en="{n:index|indices}")
VECTOR = Bi(zh="{n}个数", en="{n:number|numbers}")
BLOCKS_AND_OTHERS = Bi(zh="{n}个块（{path}等）", en="{n:block|blocks} (“{path}” and others)")
BLOCKS_FROM_TO = Bi(zh="{n}个块（{path}）", en="{n:block|blocks} (“{path}”)")
OF_CLASS = Bi(zh="{text}（{cls}）", en="{text} ({cls})")
STEM = Bi(zh="输入端（{kinds}）", en="an input stage ({kinds})")
HEAD = Bi(zh="输出端（{kinds}）", en="an output stage ({kinds})")
MOST_PARTS = 7
_CHINESE = "[\u4e00-\u9fff]"
_SAID = {
    Kind.CONVOLUTION: Bi("卷积", "convolution"),
    Kind.EMBEDDING: Bi("嵌入", "embedding"),
    Kind.NORMALIZATION: Bi("归一化", "normalization"),
    Kind.POOLING: Bi("池化", "pooling"),
    Kind.LINEAR: Bi("全连接", "fully connected layer"),
    Kind.REDUCTION: Bi("求平均", "averaging"),
}
_COUNTED = {
    Kind.CONVOLUTION: Bi("{n}个卷积层", "{n:convolutional layer|convolutional layers}"),
    Kind.TRANSPOSED: Bi("{n}个转置卷积层", "{n:transposed convolutional layer|transposed convolutional layers}"),
    Kind.EMBEDDING: Bi("{n}个嵌入层", "{n:embedding layer|embedding layers}"),
    Kind.RECURRENT: Bi("{n}个循环层", "{n:recurrent layer|recurrent layers}"),
    Kind.ATTENTION: Bi("{n}个注意力层", "{n:attention layer|attention layers}"),
    Kind.LINEAR: Bi("{n}个全连接层", "{n:fully connected layer|fully connected layers}"),
    Kind.NORMALIZATION: Bi("{n}个归一化层", "{n:normalization layer|normalization layers}"),
    Kind.ACTIVATION: Bi("{n}个激活层", "{n:activation layer|activation layers}"),
    Kind.POOLING: Bi("{n}个池化层", "{n:pooling layer|pooling layers}"),
    Kind.DROPOUT: Bi("{n}个丢弃层", "{n:dropout layer|dropout layers}"),
}


def idea(page: Page, walk: Walkthrough) -> None:
    """The section."""
    page.heading(2, IDEA)
    known = family_text(walk.name, walk.source)
    shape = u_shape(walk)
    page.tell([*known, *_way(walk), *_hidden(walk), *shape])
    page.tell(why(walk, bool(shape)))
    if len(walk.layers) > MOST_CALLS:
        page.tell([UNRECOGNISED.format(n=len(walk.layers), most=MOST_CALLS)])
    own_words(page, walk)
    if given := [one for one in walk.arguments if not _in_table(page, walk, one)]:
        page.say(BUILT, arguments=Code(", ".join(given)))
    totals(page, walk)
    page.tell(
        [*number_in_name(walk), *(plumbing(walk) if page.detail != "handout" else [])]
    )  # on paper with what was checked
    faults(page, walk)


def _in_table(page: Page, walk: Walkthrough, argument: str) -> bool:
    """Whether a handout's table of symbols has the argument with its value."""
    told = [part.template for part in walk.story.blocks if part.template]
    if page.detail != "handout" or walk.family is None or not any(in_family(walk, one) for one in told):
        return False
    inside = (
        f"{argument.partition('=')[0]}."  # rope_parameters.rope_theta: said to have no effect, its value beside GPT-2
    )
    entries = [hyper for hyper in walk.family.hypers if hyper.name.startswith(inside)]
    if entries and all(hyper.role == "without_effect" for hyper in entries):
        return True
    return argument in {f"{hyper.name}={hyper.value}" for hyper in walk.family.free}


def own_words(page: Page, walk: Walkthrough) -> None:
    """The author's docstring; of one in both languages each reader gets their own half."""
    if not walk.docstring:
        return
    pieces = re.findall(r"[^。！？.!?]+(?:[。！？]+|[.!?]+(?=\s|$)|[.!?]+|$)", visible(walk.docstring))
    chinese = [piece for piece in pieces if re.search(_CHINESE, piece)]
    english = [piece for piece in pieces if not re.search(_CHINESE, piece)]
    both = chinese and any(len(piece.split()) > 2 for piece in english)
    halves = ("".join(chinese), "".join(english)) if both else (visible(walk.docstring),) * 2
    page.tell([OWN_WORDS.format(text=Bi(*(half.strip() for half in halves)))])


def plumbing(walk: Walkthrough) -> list[Bi]:
    """How many steps of the pass are left out, and why."""
    steps = sum(len(part.layers) for part in walk.story.all("plumbing"))
    return [PLUMBING.format(n=steps, all=len(walk.layers))] if steps else []


def _way(walk: Walkthrough) -> list[Bi]:
    """From the input through the parts to the output."""
    if not walk.run.input_shapes or not walk.run.output_shapes:
        return [KINDS.format(kinds=kinds_of(walk)), *returns_nothing(walk)] if walk.layers else []
    ends = {
        "input": listed(_inputs(walk)),
        "output": _outputs(walk),
    }
    named = list(_with_names(walk))
    if len(named) >= MOST_PARTS:  # single layers between are left out
        named = [(part, text) for part, text in named if part.template is not None or part.what in ("stem", "head")]
    if not walk.story.repeating or not 1 < len(named) < MOST_PARTS:
        return [WAY_ONE.format(**ends), KINDS.format(kinds=kinds_of(walk))]
    way = WAY if _one_after_another([part for part, _ in named]) else WAY_MIXED
    return [way.format(parts=listed([text for _, text in named]), **ends)]


def _hidden(walk: Walkthrough) -> list[Bi]:
    """A decoder that ends with its hidden vectors predicts no token yet: a reader who was told that it does would look for them."""
    masks = {idea.settings.get("mask") for idea in walk.ideas if idea.kind == "attention"}
    shapes = walk.run.output_shapes
    if masks != {"causal"} or len(shapes) != 1 or len(shapes[0]) != 3:
        return []
    widths = {layer.call.output_shapes[0][-1] for layer in walk.layers if layer.kind is Kind.EMBEDDING}
    last = next((layer for layer in reversed(walk.layers) if layer.value), None)
    ends = last is not None and last.kind is Kind.NORMALIZATION and widths == {shapes[0][-1]}
    return [HIDDEN.format(d=shapes[0][-1])] if ends else []


def _with_names(walk: Walkthrough) -> Iterator[tuple[Part, Bi]]:
    """Each part with its name. What belongs to a module that stands among blocks and is none of them is that module, as in the network's table."""
    home = {layer.index: chunk.beside for chunk in chunks(walk) if chunk.beside for layer in chunk.layers}
    told: set[str] = set()
    for part in walk.story.parts:
        homes = [home.get(layer.index, "") for layer in part.layers]
        if homes and all(homes):
            for beside in dict.fromkeys(one for one in homes if one not in told):
                yield part, OTHER_BLOCK.format(cls=same(walk.containers[beside]))
            told.update(homes)
            continue
        rows = part.template.rows if part.template is not None else ()
        inside = sum(row.path.startswith(tuple(f"{one}." for one in set(homes) if one)) for row in rows)
        if text := _named(part, walk, inside if part.template is not None and part.times - inside > 1 else 0):
            yield part, text


def _one_after_another(parts: list[Part]) -> bool:
    """Whether each part that is named ends before the next one begins."""
    told = [part.layers for part in parts if part.layers]
    return all(before[-1].index < after[0].index for before, after in itertools.pairwise(told))


def _several(walk: Walkthrough) -> int:
    """The size of the batch, where several tensors go in or one of three dimensions or more: a lone number of the others is of each sample."""
    shapes = walk.run.input_shapes
    first = shapes[0][:1]
    return first[0] if first and (len(shapes) > 1 or len(shapes[0]) > 2) and len(shapes[0]) > 1 else 0


def _outputs(walk: Walkthrough) -> Bi:
    """10; 10和1×28×28; of more than three the first, and how many they are."""
    shapes, batch = walk.run.output_shapes, _several(walk)
    if len(shapes) > MOST_OUTPUTS:
        return AND_MORE.format(first=_sized(shapes[0], batch), n=len(shapes))
    return listed([_sized(shape, batch) for shape in shapes])


def _sized(shape: tuple[int, ...], batch: int) -> Bi:
    return A_NUMBER if batch and shape == (batch,) else _one(shape)


def _inputs(walk: Walkthrough) -> list[Bi]:
    """What indices are is said of the first."""
    given = zip(walk.run.input_shapes, walk.run.input_dtypes, strict=False)
    said = [_given(shape, dtype, _several(walk)) for shape, dtype in given]
    return [
        Bi(text.zh.replace(OF_WHAT, ""), text.en) if any(OF_WHAT in one.zh for one in said[:at]) else text
        for at, text in enumerate(said)
    ]


def _given(shape: tuple[int, ...], dtype: str, batch: int) -> Bi:
    """3×224×224; 128个编号 where whole numbers go in, one for each position; 每个样本1个数 where only the batch is there."""
    if batch and shape == (batch,):
        return A_NUMBER
    if len(shape) == 2 and dtype in ("int64", "int32"):
        return NUMBERS.format(n=shape[1])
    return _one(shape)


def _one(shape: tuple[int, ...]) -> Bi:
    """3×224×224; 1000个数 of a vector."""
    own = shape[1:] if len(shape) > 1 else shape
    return VECTOR.format(n=prod(own)) if len(own) < 2 else same(shape_text(own))


def _named(part: Part, walk: Walkthrough, elsewhere: int = 0) -> Bi | None:
    """elsewhere: how many of its blocks are told as another thing."""
    if part.loop:
        name = described(part)[0]
        return LOOP.format(n=part.times, name=name)
    if part.template is not None:
        name = described(part)[0]
        if name is BLOCK:
            return _by_class(part, walk) or _by_place(part, walk)
        text = BLOCKS.format(n=part.times - elsewhere, name=_several_of(name))
        alike = [other.template for other in walk.story.blocks if described(other)[0] == name]
        classes = {one.cls for one in alike if one is not None}
        return OF_CLASS.format(text=text, cls=same(part.template.cls)) if len(classes) == len(alike) > 1 else text
    if part.what in ("stem", "head"):
        normalizing = {call for idea in walk.ideas if idea.kind.endswith("_norm") for call in idea.calls}
        does = [Kind.NORMALIZATION if layer.index in normalizing else layer.kind for layer in part.layers]
        kinds = list(dict.fromkeys(_SAID[kind] for kind in does if kind in _SAID))
        return (STEM if part.what == "stem" else HEAD).format(kinds=joined(kinds))
    counted = Counter(layer.kind for layer in part.layers if layer.counted)
    if part.what in ("kind", "layer") and len(counted) == 1 and (kind := next(iter(counted))) in _COUNTED:
        return _with_article(_COUNTED[kind].format(n=counted[kind]))
    return None


def _with_article(counted: Bi) -> Bi:
    """1 normalization layer → a normalization layer: in a sentence one is no figure."""
    noun = counted.en.removeprefix("1 ")
    article = "an" if noun[:1] in "aeiou" else "a"
    return counted if noun == counted.en else Bi(counted.zh, f"{article} {noun}")


def _by_class(part: Part, walk: Walkthrough) -> Bi | None:
    """3个块（PatchMerging）: the author's word for the block, where no other is called so; a bare container is none."""
    assert part.template is not None
    cls = part.template.cls
    alike = [one for one in walk.story.blocks if one.template is not None and one.template.cls == cls]
    if cls in ("Sequential", "ModuleList", "ModuleDict") or len(alike) > 1:
        return None
    return OF_CLASS.format(text=BLOCKS.format(n=part.times, name=_several_of(BLOCK)), cls=same(cls))


def _several_of(name: Bi) -> Bi:
    """Transformer blocks with a mixture of experts: it is the blocks that are several."""
    thing, *rest = name.en.partition(" with ")
    return Bi(name.zh, "".join([f"{thing}s", *rest]))


def _by_place(part: Part, walk: Walkthrough) -> Bi:
    """A block without a name of its own is known by its place: its container, or the first and the last."""
    assert part.template is not None
    paths = [row.path for row in part.template.rows]
    inside = tuple(f"{path}." for path in paths)
    place = span(paths, [layer.path for layer in walk.layers if not f"{layer.path}.".startswith(inside)])
    contained = all(path.startswith(f"{place}.") for path in paths)
    if " … " in place:  # others stand between them
        return BLOCKS_AND_OTHERS.format(n=part.times, path=same(paths[0]))
    return (PLAIN_BLOCKS if contained else BLOCKS_FROM_TO).format(n=part.times, path=same(place))


def kinds_of(walk: Walkthrough) -> Bi:
    """13个卷积层、5个池化层、3个全连接层: a layer that is used again, and a step of another round of a loop, count once."""
    again = {index for part in walk.story.parts for index in part.again}
    found = []
    for kind, text in _COUNTED.items():
        n = sum(layer.kind is kind and layer.again is None and layer.index not in again for layer in walk.layers)
        if n:
            found.append(text.format(n=n))
    return listed(found) if found else same(f"{len(walk.layers)}")
