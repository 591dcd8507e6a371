"""Mistakes with the bias."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import leaves, rewritten, role, roles, times, without
from explainer.formula.rewrite import replace as put
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Sum, specialise, total
from explainer.homework.mistakes.base import BIASED, COST, Mistake, Way, each, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import bias

ONE_EACH = (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.LINEAR)
ONE = Number(1, bias)
FORGOTTEN_ELSEWHERE = Bi(zh="漏了偏置，应再加{difference}。", en="the biases are missing; add {difference}.")


def _forgotten(form: Form, facts: Facts) -> Iterator[Way]:
    text = None if facts.kind in ONE_EACH else FORGOTTEN_ELSEWHERE
    for way in each(lambda part, _: without(part, facts.named(Role.BIAS)))(form, facts):
        yield replace(way, text=text)


def _biased(facts: Facts) -> bool:
    return any(name in facts.roles for name in facts.named(Role.BIAS))


def _single(part: Expr, facts: Facts) -> Expr | None:
    """One bias in all."""
    left = without(part, facts.named(Role.BIAS))
    if left is part or isinstance(left, Number):
        return None
    if isinstance(left, Sum) and len(left.parts) == 1:
        left = left.parts[0][1]
    return total([left, ONE])


def _on_channels(part: Expr, facts: Facts) -> Expr | None:
    """3·3·(3+1): only where the sum has a product with the channels in it, otherwise it is right."""
    seen = False

    def change(node: Expr) -> Expr:
        nonlocal seen
        if not isinstance(node, Sum) or len(node.parts) != 2 or role(node.parts[1][1]) != "b":
            return node
        weights = node.parts[0][1]
        if not isinstance(weights, Product) or "g" in roles(weights):
            return node
        last = next((name for name in ("C_in", "F_2") if name in roles(weights)), None)
        if last is None:
            return node
        seen = True
        leaf = next(leaf for leaf in leaves(weights) if role(leaf) == last)
        return Sum(((True, put(weights, {last: Sum(((True, leaf), (True, node.parts[1][1])))})),))

    new = rewritten(part, change)
    return new if seen else None


def _brackets(part: Expr, facts: Facts) -> Expr | None:
    """k·k·C_in+1·C_out."""
    if not isinstance(part, Product):
        return None
    inside = next(
        (node for node in part.children() if isinstance(node, Sum) and role(node.children()[-1]) == "b"), None
    )
    if inside is None or len(inside.parts) != 2 or not isinstance(inside.parts[0][1], Product):
        return None
    others = [factor for factor in part.children() if factor is not inside]
    return total([inside.parts[0][1], times(inside.parts[1][1], *others)])


def _assumed(form: Form, facts: Facts) -> Iterator[Way]:
    """The formula as it is with a bias."""
    parameters = facts.layer.parameters if facts.layer else None
    if parameters is None or _biased(facts) or bias not in parameters.values or parameters.values[bias]:
        return
    count = 2 if facts.kind is Kind.RECURRENT else 1
    numbers = {symbol: (count if symbol.role is Role.BIAS else value) for symbol, value in parameters.values.items()}
    yield Way(replace(form, parts=(specialise(parameters.formula, numbers),)))


def _per_position(part: Expr, facts: Facts) -> Expr | None:
    """Weights, and a bias for every element of the output."""
    if not facts.positions or max(facts.positions) == 1 or "C_out" not in facts.symbols:
        return None
    left = without(part, facts.named(Role.BIAS))
    if left is part:
        return None
    sides = [Number(size) for size in facts.positions]
    return total([left, times(facts.symbols["C_out"], *sides)])


def _subtracted(part: Expr, facts: Facts) -> Expr | None:
    """in·out−bias."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Sum) and role(node.children()[-1]) == "b":
            return Sum((*node.parts[:-1], (False, node.parts[-1][1])))
        return node

    return rewritten(part, change)


def _all_parameters(form: Form, facts: Facts) -> Iterator[Way]:
    params = facts.question.layer.params if facts.question.layer else None
    if params is not None:
        yield Way(replace(form, parts=(params.symbolic,)))


def _one_in_all(form: Form, facts: Facts) -> Iterator[Way]:
    yield Way(replace(form, parts=(Number(1),)))


def _of_inputs(form: Form, facts: Facts) -> Iterator[Way]:
    name = next((name for name in ("C_in", "F_in") if name in facts.symbols), None)
    if name is not None:
        yield Way(replace(form, parts=(facts.symbols[name],)))


def _counted_in_cost(form: Form, facts: Facts) -> Iterator[Way]:
    """One more addition for every output element."""
    layer = facts.layer
    if layer is None or facts.kind not in ONE_EACH or not layer.shape or "b" not in facts.symbols or not facts.get("b"):
        return
    outputs = times(*(Number(size.value) for _, size in layer.shape))
    whole = form.whole
    if whole is not None:
        yield Way(replace(form, parts=(total([whole, outputs]),), before=(), after=()))


MISTAKES = (
    Mistake(
        "bias.forgotten",
        "roles",
        Bi("漏了偏置", "bias forgotten"),
        Bi(
            "漏了偏置。{owners}各有1个偏置，应再加{difference}。",
            "the biases are missing. There is one for each of the {owners}: add {difference}.",
        ),
        Bi("这一层的参数只有权重吗？", "Are weights the only parameters of this layer?"),
        1.0,
        _forgotten,
        BIASED,
    ),
    Mistake(
        "bias.single",
        "roles",
        Bi("整层只算1个偏置", "one bias in all"),
        Bi(
            "整层只算了1个偏置。每个{owner}都有自己的偏置，共{n}个。",
            "only one bias is counted for the whole layer. Each {owner} has a bias of its own: {n} in all.",
        ),
        Bi(
            "每个{owner}是合用一个偏置，还是各有各的？",
            "Do they all share one bias, or does each {owner} have its own?",
        ),
        0.5,
        only(lambda facts: facts.kind in ONE_EACH, each(_single)),
        BIASED,
    ),
    Mistake(
        "bias.on_channels",
        "roles",
        Bi("把+1加到了输入通道数上", "the +1 added to the channels"),
        Bi(
            "把偏置的+1加到了输入通道数上，等于给卷积核的每一格都配了偏置。一个卷积核的权重先乘完，再加1个偏置。",
            "the bias's +1 was added to the input channels, as if each cell of the kernel had a bias. Multiply a kernel's weights "
            "first, then add its one bias.",
        ),
        Bi("那个+1代表什么？它应当加在哪里？", "What does the +1 stand for, and what is it added to?"),
        0.35,
        only(lambda facts: facts.kind in ONE_EACH, each(_on_channels)),
        BIASED,
    ),
    Mistake(
        "bias.brackets",
        "roles",
        Bi("漏了括号：只有偏置乘了输出个数", "brackets left out: only the bias was multiplied"),
        Bi(
            "漏了括号。权重和偏置每个{owner}都有一份，所以要先相加，再一起乘以{n}。",
            "the brackets are missing. Each {owner} has its weights and its bias: add them first, then multiply both by {n}.",
        ),
        Bi("先加后乘，还是先乘后加？", "Which comes first, the sum or the product?"),
        0.12,
        only(lambda facts: facts.kind in ONE_EACH, each(_brackets)),
        BIASED,
    ),
    Mistake(
        "bias.assumed",
        "roles",
        Bi("没有偏置的层算了偏置", "a bias counted that is not there"),
        Bi(
            "多算了偏置。这一层设置了bias=False，没有偏置，应减去{difference}。",
            "biases were counted, but this layer has none (bias=False): subtract {difference}.",
        ),
        Bi("看看这一层的设置：它有偏置吗？", "Look at the layer's settings: does it have a bias?"),
        0.6,
        _assumed,
        BIASED,
        whole=True,
    ),
    Mistake(
        "bias.per_position",
        "roles",
        Bi("每个输出位置各算1个偏置", "a bias for every output position"),
        Bi(
            "给输出特征图的每个位置都算了1个偏置。同一卷积核在各个位置上共用1个偏置，共{n}个。",
            "a bias was counted for every position of the output. A kernel uses the same bias everywhere: {n} in all.",
        ),
        Bi("卷积核移到下一个位置时，偏置会换吗？", "When the kernel moves on, does its bias change?"),
        0.08,
        only(lambda facts: facts.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED), each(_per_position)),
        BIASED,
    ),
    Mistake(
        "bias.subtracted",
        "roles",
        Bi("偏置减成了负的", "bias subtracted"),
        Bi(
            "偏置是另外的参数，应当加上，而不是减去。",
            "biases are parameters besides the weights: add them, do not subtract them.",
        ),
        Bi("偏置使参数变多还是变少？", "Do biases make the parameters more or fewer?"),
        0.12,
        only(lambda facts: facts.kind in ONE_EACH, each(_subtracted)),
        BIASED,
    ),
    Mistake(
        "bias.among_weights",
        "roles",
        Bi("问权重却把偏置也算上", "biases counted among the weights"),
        Bi(
            "把偏置也算进去了。这里只问权重，应减去{difference}。",
            "this includes the biases. Only the weights are asked for: subtract {difference}.",
        ),
        Bi("题目问的是全部参数，还是只问权重？", "Does the question ask for all parameters, or for the weights only?"),
        0.7,
        _all_parameters,
        ("weights",),
        whole=True,
    ),
    Mistake(
        "bias.with_weights",
        "roles",
        Bi("问偏置却把权重也算上", "weights counted among the biases"),
        Bi(
            "把权重也算进去了。这里只问偏置，应减去{difference}。",
            "this includes the weights. Only the biases are asked for: subtract {difference}.",
        ),
        Bi("题目问的是全部参数，还是只问偏置？", "Does the question ask for all parameters, or for the biases only?"),
        0.7,
        _all_parameters,
        ("bias",),
        whole=True,
    ),
    Mistake(
        "bias.count_one",
        "roles",
        Bi("以为整层只有1个偏置", "one bias for the whole layer"),
        Bi("每个{owner}各有1个偏置，不是整层合用1个。", "each {owner} has a bias of its own; they do not share one."),
        Bi("偏置是整层合用1个，还是每个{owner}各有1个？", "Is there one bias for the layer, or one for each {owner}?"),
        0.6,
        _one_in_all,
        ("bias",),
        whole=True,
    ),
    Mistake(
        "bias.count_inputs",
        "roles",
        Bi("按输入的个数数偏置", "biases counted by the inputs"),
        Bi(
            "这是输入的个数。偏置加在输出上，每个{owner}1个。",
            "this is the number of inputs. A bias is added to an output: one for each {owner}.",
        ),
        Bi("偏置加在输入上，还是加在输出上？", "Is a bias added to an input or to an output?"),
        0.35,
        _of_inputs,
        ("bias",),
        whole=True,
    ),
    Mistake(
        "bias.in_cost",
        "roles",
        Bi("把偏置的加法也计入计算量", "adding the bias counted as an operation"),
        Bi(
            "把加偏置的次数也算进去了。这里只数权重的乘加，应减去{difference}。",
            "the additions of the bias are counted too. Only the multiply-accumulates of the weights count here: subtract "
            "{difference}.",
        ),
        Bi("加偏置算不算一次乘加？", "Is adding a bias a multiply-accumulate?"),
        0.45,
        _counted_in_cost,
        COST,
        whole=True,
    ),
)
