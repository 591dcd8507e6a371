"""Mistakes with recurrent layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from explainer.formula.rewrite import drop, rewritten, role, roles, times
from explainer.formula.rewrite import replace as put
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Sum, specialise
from explainer.homework.mistakes.base import (
    BIASED,
    COST,
    PARAMS,
    SIZE,
    Change,
    Mistake,
    Way,
    bare,
    each,
    only,
)
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind


def _recurrent(facts: Facts) -> bool:
    return facts.kind is Kind.RECURRENT


def _one_bias(part: Expr, facts: Facts) -> Expr | None:
    return put(part, {"b": bare(facts.symbols["b"], 1)}) if facts.get("b") == 2 else None


def _with_gates(leaf: Expr) -> Change:
    return lambda part, _: put(part, {"gates": leaf})


def _other_gates(form: Form, facts: Facts) -> Iterator[Way]:
    others = {4: (3,), 3: (4, 2)}.get(facts.get("gates"), ())
    for count in others:
        leaf = bare(facts.symbols["gates"], count)
        for way in each(_with_gates(leaf), given=count)(form, facts):
            yield replace(way, fit=0.6 if count == 2 else 1.0)


def _without_product(names: Callable[[list[str | None]], bool]) -> Callable[[Expr, Facts], Expr | None]:
    """The terms whose factors have just these roles left out."""

    def change(part: Expr, facts: Facts) -> Expr | None:
        def gone(node: Expr) -> bool:
            return isinstance(node, Product) and names([role(factor) for factor in node.children()])

        def inside(node: Expr) -> Expr:
            if not isinstance(node, Sum) or not any(gone(term) for term in node.children()):
                return node
            kept = tuple((plus, term) for plus, term in node.parts if not gone(term))
            return Sum(kept) if kept else node

        return rewritten(part, inside)

    return change


def _one_layer(part: Expr, facts: Facts) -> Expr | None:
    """The terms with n−1 left out."""

    def inside(node: Expr) -> Expr:
        if not isinstance(node, Sum):
            return node
        kept = tuple(p for p in node.parts if not (isinstance(p[1], Product) and "n" in roles(p[1].children()[0])))
        return node if len(kept) == len(node.parts) else Sum(kept)

    return rewritten(part, inside) if facts.get("n") > 1 else None


def _alike(form: Form, facts: Facts) -> Iterator[Way]:
    """All layers as the first: n times it."""
    if facts.get("n") > 1:
        for way in each(_one_layer)(form, facts):
            yield replace(way, form=replace(form, parts=(times(facts.symbols["n"], *way.form.parts),)))


def _narrow(part: Expr, facts: Facts) -> Expr | None:
    """In the layers above, the input of one direction only: the inner dirs left out."""
    if facts.get("n") < 2 or facts.get("dirs") < 2 or facts.quantity in SIZE:
        return None

    def inside(node: Expr) -> Expr:
        if isinstance(node, Product) and [role(f) for f in node.children()][:1] == ["dirs"] and len(node.parts) == 3:
            return Product(node.parts[1:]) if role(node.children()[1]) in ("h", "r") else node
        return node

    return rewritten(part, inside)


def _steps(form: Form, facts: Facts) -> Iterator[Way]:
    if facts.get("T") > 1:
        yield from each(lambda part, _: times(part, facts.symbols["T"]))(form, facts)


def _unprojected(form: Form, facts: Facts) -> Iterator[Way]:
    """The output as wide as the hidden state."""
    if facts.get("r"):
        yield from each(lambda part, _: put(part, {"r": facts.symbols["h"]}))(form, facts)


def _biased_by(form: Form, facts: Facts) -> Iterator[Way]:
    """One bias for a gate instead of one for a unit."""
    parameters = facts.layer.parameters if facts.layer else None
    if parameters is None or not facts.get("b"):
        return
    bare_formula = specialise(
        parameters.formula, {s: 0 if s.role is Role.BIAS else v for s, v in parameters.values.items()}
    )
    count = facts.get("b") * facts.get("gates", 1) * facts.get("n", 1) * facts.get("dirs", 1)
    yield Way(replace(form, parts=(bare_formula + Number(count),)))


MISTAKES = (
    Mistake(
        "recurrent.one_gate",
        "roles",
        Bi("循环层只算1个门", "one gate only"),
        Bi(
            "只算了1个门。这一层有{gates}个结构相同的门，参数各自独立，要乘以{gates}。",
            "only one gate is counted. This layer has {gates} of one build, each with parameters of its own: multiply by {gates}.",
        ),
        Bi("这种循环层有几个门？", "How many gates does this kind of layer have?"),
        0.6,
        only(_recurrent, each(lambda part, _: drop(part, ("gates",)))),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.gates",
        "roles",
        Bi("循环层的门数不对", "wrong number of gates"),
        Bi(
            "按{given}个门算了。LSTM有4个（输入门、遗忘门、输出门、候选记忆元），GRU有3个（重置门、更新门、候选隐藏状态）。",
            "this has {given} gates. An LSTM has 4 (input, forget, output, candidate), a GRU 3 (reset, update, candidate).",
        ),
        Bi(
            "候选状态算了吗？LSTM和GRU各有几个门？",
            "Is the candidate state counted? How many gates do LSTM and GRU have?",
        ),
        0.4,
        only(_recurrent, _other_gates),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.one_bias",
        "roles",
        Bi("循环层只算一个偏置", "one bias instead of two"),
        Bi(
            "每个隐藏单元只算了1个偏置。PyTorch有b_ih和b_hh两个，应再加{difference}。",
            "only one bias is counted for each hidden unit. PyTorch has two, b_ih and b_hh: add {difference}.",
        ),
        Bi("PyTorch的循环层有几个偏置向量？", "How many bias vectors does PyTorch's layer have?"),
        0.7,
        only(_recurrent, each(_one_bias)),
        BIASED,
    ),
    Mistake(
        "recurrent.bias_per_gate",
        "roles",
        Bi("循环层每个门只算1个偏置值", "one bias value for each gate"),
        Bi(
            "每个门只算了一个偏置值。每个门的每个隐藏单元都有自己的偏置，共{h}个单元。",
            "one bias value is counted for each gate. Every one of its {h:hidden unit|hidden units} has its own.",
        ),
        Bi("一个门的偏置是一个数，还是一个向量？", "Is the bias of a gate one number or a vector?"),
        0.08,
        only(_recurrent, _biased_by),
        BIASED,
        whole=True,
    ),
    Mistake(
        "recurrent.one_direction",
        "roles",
        Bi("忘了另一个方向", "a direction forgotten"),
        Bi(
            "只算了一个方向。双向循环层的正向和反向各有一套，要乘以2。",
            "only one direction is counted. A bidirectional layer has a full set for each of the two: multiply by 2.",
        ),
        Bi("这一层是单向还是双向？", "Does this layer run in one direction or in both?"),
        0.6,
        only(_recurrent, each(lambda part, _: _outer_direction(part))),
        (*PARAMS, *COST, *SIZE),
    ),
    Mistake(
        "recurrent.input_only",
        "roles",
        Bi("漏了隐藏状态到隐藏状态的权重", "hidden-to-hidden weights forgotten"),
        Bi(
            "漏了W_hh。上一时刻的状态也要经过一个权重矩阵连到各隐藏单元。",
            "W_hh is missing. The state of the step before is connected to the hidden units by a weight matrix too.",
        ),
        Bi("每一步除了当前的输入，还用到什么？", "What does a step use besides its input?"),
        0.5,
        only(_recurrent, each(_without_product(lambda found: found in (["h", "h"], ["r", "h"])))),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.hidden_only",
        "roles",
        Bi("漏了输入到隐藏状态的权重", "input-to-hidden weights forgotten"),
        Bi(
            "漏了W_ih。当前的输入（{F_in}个特征）也要连到各隐藏单元。",
            "W_ih is missing. The input, {F_in:feature|features}, is connected to the hidden units too.",
        ),
        Bi("每一步除了前一步的状态，还用到什么？", "What does a step use besides the state before?"),
        0.15,
        only(_recurrent, each(_without_product(lambda found: found == ["F_in", "h"]))),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.one_layer",
        "roles",
        Bi("堆叠的循环层只算第1层", "only the first of several layers"),
        Bi(
            "只算了第1层。num_layers={n}，其余各层也有参数。",
            "only the first layer is counted; with num_layers={n} the others have parameters too.",
        ),
        Bi("num_layers是几？", "What is num_layers?"),
        0.45,
        only(_recurrent, lambda form, facts: _with_layers(each(_one_layer)(form, facts), facts)),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.layers_alike",
        "roles",
        Bi("以为各层的输入都与第1层相同", "all layers taken as the first"),
        Bi(
            "把各层都当成与第1层一样。从第2层起，输入是前一层的输出，不是{F_in}个特征。",
            "all layers are taken as the first. From the second on the input is what the layer below puts out, not {F_in:feature|features}.",
        ),
        Bi(
            "第2层的输入是什么？有多少个特征？",
            "What is the input of the second layer, and how many features does it have?",
        ),
        0.4,
        only(_recurrent, _alike),
        PARAMS + COST,
        whole=True,
    ),
    Mistake(
        "recurrent.narrow_above",
        "roles",
        Bi("上层的输入漏了拼接的另一个方向", "the layers above fed by one direction"),
        Bi(
            "第2层起的输入少算了一半：前一层两个方向的输出拼接起来才是它的输入。",
            "from the second layer on the input is only half: both directions of the layer below, joined, make it up.",
        ),
        Bi("双向时，第2层接收几个方向的输出？", "With two directions, what does the second layer take in?"),
        0.4,
        only(_recurrent, each(_narrow)),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.steps",
        "roles",
        Bi("每个时间步各算一遍参数", "parameters counted at every time step"),
        Bi(
            "乘以了序列长度{T}。各时间步共用同一组参数，只算一遍。",
            "this is multiplied by the {T} time steps. All of them use the same parameters: count them once.",
        ),
        Bi("下一个时间步会换一组参数吗？", "Does the next time step have parameters of its own?"),
        0.4,
        only(_recurrent, _steps),
        BIASED,
    ),
    Mistake(
        "recurrent.projection_forgotten",
        "roles",
        Bi("漏了投影矩阵", "the projection's weights forgotten"),
        Bi("漏了投影矩阵W_hr，应再加{difference}。", "the projection W_hr is missing: add {difference}."),
        Bi("设置了proj_size后，多了哪个矩阵？", "Which matrix does proj_size add?"),
        0.5,
        only(_recurrent, each(_without_product(lambda found: found == ["h", "r"]))),
        PARAMS + COST,
    ),
    Mistake(
        "recurrent.unprojected",
        "roles",
        Bi("输出没有按投影后的维数算", "the output without the projection"),
        Bi(
            "设置了proj_size，每步的输出是投影后的{r}维。",
            "with proj_size each step puts out {r:value|values}, the projected state.",
        ),
        Bi("设置了proj_size后，每步输出几个值？", "With proj_size, how many values does a step put out?"),
        0.5,
        only(_recurrent, _unprojected),
        SIZE,
    ),
)


def _outer_direction(part: Expr) -> Expr:
    """The directions at the head of the whole, or of the state's size; not those of the inner inputs."""
    if isinstance(part, Product):
        kept = tuple(p for p in part.parts if role(p[1]) != "dirs")
        if len(kept) < len(part.parts):
            return Product(kept) if len(kept) > 1 else kept[0][1]
    return part


def _with_layers(ways: Iterable[Way], facts: Facts) -> Iterator[Way]:
    for way in ways:
        yield replace(way, words={"n": facts.get("n")})
