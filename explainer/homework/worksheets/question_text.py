"""A question in words: the layer's line as in a program, what is known, what to find."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.formula.role import Role
from explainer.homework.parameter_bytes import bytes_each
from explainer.homework.question import WORDS, Question, Style
from explainer.homework.worksheets.sheet import Item
from explainer.i18n.bilingual import Bi, joined, same, shape_text
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Call, Op
from explainer.walkthrough.model import Layer

IMAGES = {Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING}
_NO_MATTER = ("eps=", "momentum=", "inplace=", "p=")
_USUAL = {"affine=True", "elementwise_affine=True", "track_running_stats=True", "dilation=1", "ceil_mode=False"}
INPUT = Bi(zh="输入尺寸为{shape}", en="input size {shape}")
BATCH = Bi(zh="，批量大小为{n}", en=", batch of {n}")
FIND: dict[Style, Bi] = {
    "number": Bi(zh="求{what}。", en="Find the {what}."),
    "choice": Bi(zh="{what}是（　　）。", en="What is the {what}?"),
    "formula": Bi(
        zh="列出{what}的算式，代入数值，不必算出结果。",
        en="Write the formula for the {what} and put the numbers in; no result is needed.",
    ),
}
EACH_OF_SIZE = Bi(zh="每个{bits}位参数占{n}字节，", en="Each {bits}-bit parameter takes {n:byte|bytes}. ")
EACH_BYTES = Bi(zh="每个参数占{n}字节，", en="Each parameter takes {n:byte|bytes}. ")
ANSWER = Bi(zh="答：", en="Answer: ")


@dataclass(frozen=True)
class QuestionText:
    """A question in words. layer: its line as in a program; given: what is known; find: what is asked."""

    path: str
    layer: str
    kind: Bi
    given: Bi
    find: Bi
    answer: Bi


def asked(item: Item) -> QuestionText:
    """The layer's line, its input size, and what to find."""
    question = item.question
    call = question.layer.call if isinstance(question.layer, Layer) else None
    named = bool(question.layer) and question.walk.source != "topic"
    rule = question.layer.rule if question.layer else None
    given = _given(call, rule.kind if rule else Kind.OTHER) if call is not None else same("")
    what = WORDS[question.quantity]
    find = FIND[item.style].format(what=what)
    if question.quantity == "bytes":
        find = _bytes_of_each(question) + find
    return QuestionText(
        path=question.layer.path if question.layer and named else "",
        layer=layer_line(call) if call is not None else "",
        kind=rule.title if rule else _whole(question),
        given=given,
        find=find,
        answer=same("") if item.style == "choice" else ANSWER,
    )


def _bytes_of_each(question: Question) -> Bi:
    """What a student is told of the parameters' data types."""
    sizes = {symbol: n for symbol, n in question.derivation.values.items() if symbol.role is Role.BYTES}
    if bytes_each in sizes:
        return EACH_BYTES.format(n=sizes[bytes_each])
    return joined([EACH_OF_SIZE.format(bits=8 * n, n=n) for n in sizes.values()], "", "")


def _whole(question: Question) -> Bi:
    """What a question without a layer is about."""
    part = question.name.split(".", 1)[0]
    return Bi("整个网络", "the whole network") if part == "total" else same(question.name.rpartition(".")[0])


def hides_batch(call: Call, kind: Kind) -> bool:
    """Whether an image is printed without its batch, as teachers write 3×224×224."""
    rank = len(call.shapes[0]) if call.shapes else 0
    by_channel = kind is Kind.ACTIVATION or any(
        call.option(name) is not None for name in ("num_features", "num_channels")
    )
    return (kind in IMAGES and rank > 2) or (kind in (Kind.ACTIVATION, Kind.NORMALIZATION) and rank == 4 and by_channel)


def shown_shape(question: Question, shape: Shape) -> Shape:
    """A shape without the batch where the question is printed without it."""
    layer = question.layer
    if not isinstance(layer, Layer) or layer.rule is None or not hides_batch(layer.call, layer.rule.kind):
        return shape
    return shape[1:] if len(shape) > 1 and shape[0] == layer.call.shapes[0][0] else shape


def option_text(item: Item, text: Bi) -> Bi:
    """An option as printed; shapes without the batch where all of them begin with it."""
    if not item.question.is_shape or not all("×" in choice.text.en for choice in item.choices):
        return text
    shape = item.question.shape
    if shown_shape(item.question, shape) == shape:
        return text
    alike = all(choice.text.en.startswith(f"{shape[0]}×") for choice in item.choices)
    return same(text.en.partition("×")[2]) if alike else text


def _given(call: Call, kind: Kind) -> Bi:
    shapes = call.input_shapes
    if not shapes:
        return same("")
    if hides_batch(call, kind):
        shape: Shape = shapes[0][1:]
        return INPUT.format(shape=shape_text(shape)) + (BATCH.format(n=shapes[0][0]) if shapes[0][0] > 1 else same(""))
    each = list(dict.fromkeys(shape_text(shape) for shape in shapes))
    return INPUT.format(shape=Bi("、".join(each), ", ".join(each)))


def layer_line(call: Call) -> str:
    """`Conv2d(3, 64, kernel_size=(3, 3), padding=(1, 1))`, without what does not bear on the figures."""
    op = call.op
    if op is None:
        return call.type
    if "embed_dim" in op.options and "num_heads" in op.options:
        return f"{call.type}({', '.join(_attention_options(op))})"
    dull = _USUAL | ({"bias=True"} if "affine" in op.text else set())
    kept = [part for part in op.text.split(", ") if part not in dull and not part.startswith(_NO_MATTER)]
    return f"{call.type}({', '.join(kept)})"


def _attention_options(op: Op) -> list[str]:
    """What torch does not print of attention itself."""
    width = op.options["embed_dim"]
    options = [f"embed_dim={width}", f"num_heads={op.options['num_heads']}"]
    options += [] if "in_proj_bias" in op.tensors else ["bias=False"]
    if op.options.get("kdim", width) != width:
        options += [f"kdim={op.options['kdim']}", f"vdim={op.options['vdim']}"]
    return options + (["add_bias_kv=True"] if "bias_k" in op.tensors else [])
