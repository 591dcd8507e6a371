"""Recurrent layers: RNN, LSTM (Hochreiter and Schmidhuber 1997), GRU (Cho et al. 2014), and their cells.

A gate is one W_ih on the input, one W_hh on the state before, and a bias; torch has two biases, b_ih and b_hh, as cuDNN
does. An LSTM has four gates, a GRU three, a plain RNN one. With proj_size (Sak et al. 2014) W_hr shortens the state.
MACs: torch on the meta device counts every matrix product of every step, layer and direction, and nothing else; our
formula agrees with it for all options, batched and not. (On the CPU it counts 0 for nn.LSTM: a fused kernel.)
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from torch import nn

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol, evaluate
from explainer.i18n.bilingual import Bi, same
from explainer.rules.base import Rule, Sample, worked
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import F_in, N, T, bias, hidden
from explainer.walkthrough.case import Axis, Output, Parameters

gates = Symbol("gates", Bi("门数", "number of gates"), Bi("门数", "gates"), neutral=1, literal=True, role=Role.GATES)
directions = Symbol(
    "dirs",
    Bi("方向数", "number of directions"),
    Bi("方向数", "directions"),
    neutral=1,
    literal=True,
    role=Role.DIRECTIONS,
)
layers = Symbol("n", Bi("循环层的层数", "number of stacked layers"), Bi("层数", "layers"), role=Role.LAYERS)
projected = Symbol(
    "r", Bi("投影后的维数", "size of the projected state"), Bi("投影维数", "projection"), role=Role.PROJECTED
)

LSTM = Bi(
    zh="LSTM有输入门、遗忘门、输出门和候选记忆元，四者结构相同，参数各自独立；这里按PyTorch代码的习惯把候选记忆元也算作一个门，共4组参数。",
    en="An LSTM has an input gate, a forget gate, an output gate and a candidate cell: four of the same structure, each with "
    "parameters of its own; as PyTorch's code does, the candidate is counted as a gate here: four sets of parameters.",
)
GRU = Bi(
    zh="GRU有重置门、更新门和候选隐藏状态，三者结构相同，参数各自独立；这里按PyTorch代码的习惯把候选隐藏状态也算作一个门，共3组参数。",
    en="A GRU has a reset gate, an update gate and a candidate state: three of the same structure, each with parameters of "
    "its own; as PyTorch's code does, the candidate is counted as a gate here: three sets of parameters.",
)
RNN = Bi(
    zh="简单循环网络没有门，只有一组参数。",
    en="A plain recurrent network has no gates, only one set of parameters.",
)
GATE = Bi(zh="每个门中，", en="In each gate, ")
GATE_OF_FIRST = Bi(zh="第1层的每个门中，", en="In each gate of the first layer, ")
SET_OF_FIRST = Bi(zh="第1层中，", en="In the first layer, ")
CONNECTED = Bi(
    zh="{where}W_ih把输入的{F_in}个特征连到{h}个隐藏单元，含{ih}个权重；W_hh把上一时刻的{state}个状态值连到这些单元，"
    "含{hh}个权重{biases}。",
    en="{where}W_ih connects the {F_in:input feature|input features} to the {h:hidden unit|hidden units} with {ih} weights, "
    "and W_hh connects the {state:state value|state values} of the previous step to them with {hh} weights{biases}.",
)
WITH_BIASES = Bi(
    zh="；每个单元另有2个偏置，b_ih和b_hh各1个", en="; each unit has two biases besides, one in b_ih and one in b_hh"
)
WITHOUT_BIASES = Bi(zh="；没有偏置", en="; there are no biases")
STACKED = Bi(
    zh="共{n}层：从第2层起，输入是前一层输出的{next}个特征{both}，与第1层不同，所以分开计算。",
    en="There are {n} layers: from the second on, the input is the {next:feature|features} that the layer below puts "
    "out{both}, so they are counted separately.",
)
BOTH = Bi(zh="，由两个方向拼接而成", en=" (its two directions joined)")
BIDIRECTIONAL = Bi(
    zh="双向：正向、反向各有一套参数，所以乘以2。",
    en="It runs in both directions, forward and backward, each with a full set of parameters: twice as many.",
)
PROJECTED = Bi(
    zh="设置了proj_size={r}：每一步的{h}个隐藏状态值先乘以{r}×{h}的矩阵W_hr压缩成{r}个，再输出并送入下一步，"
    "所以W_hh只接收{r}个值。W_hr没有偏置。",
    en="With proj_size={r}, a matrix W_hr of {r}×{h} shortens the {h} hidden values of each step to {r} before they leave "
    "and enter the next step, so W_hh takes only {r}. W_hr has no bias.",
)
TWO_BIASES = Bi(
    zh="两个偏置总是相加，作用等同于一个；PyTorch为与cuDNN一致，仍保留两个，"
    "所以参数量比只用一个偏置的教科书公式多{extra}个。",
    en="The two biases are always added and act as one; PyTorch keeps both, as cuDNN does, which "
    "makes {extra} more parameters than a textbook's formula with a single bias.",
)
TWO_BIASES_GRU = Bi(
    zh="在重置门和更新门中，两个偏置相加后只起一个偏置的作用；在候选隐藏状态中，b_hh要先乘以重置门，不能与b_ih合并。"
    "教科书的公式通常只有一个偏置，PyTorch与cuDNN一致，用两个，所以多{extra}个参数。",
    en="In the reset and update gates the two biases are added and act as one; in the candidate state b_hh is multiplied by "
    "the reset gate first and cannot be merged with b_ih. Textbooks usually have a single bias; PyTorch, as cuDNN, has two: "
    "{extra} more parameters.",
)
SHARED = Bi(
    zh="各时间步共用同一组参数，所以参数量与序列长度无关。",
    en="Every time step uses the same parameters, so the sequence length does not affect the count.",
)
EVERY_STEP = Bi(
    zh="每个时间步输出{state}个值。",
    en="Each time step puts out {state:value|values}.",
)
EVERY_STEP_BOTH = Bi(
    zh="每个时间步，正、反两个方向各输出{state}个值，拼接成{both}个。",
    en="At each time step the two directions put out {state:value|values} each, joined into {both}.",
)
LAST_STATES = Bi(
    zh="这里的输出是最后一层在各时间步的输出；模块还返回各层最后时刻的状态。",
    en="This output is the last layer's, at every time step; the module also returns each layer's last state.",
)
ALL_STEPS = Bi(zh="共{positions}个时间步", en="{positions:time step|time steps}")
STEPS_OF_ALL = Bi(
    zh="批量中各样本合计共{positions}个时间步", en="{positions:time step|time steps}, those of all samples together"
)
STEP_COST = Bi(
    zh="每个时间步，{weights}个权重（偏置不计）各参与1次乘加，{steps}；门之间逐元素的乘法和激活函数不计。",
    en="At each time step each of the {weights:weight|weights} (biases not counted) is used in one multiply-accumulate, and "
    "there are {steps}; the element-wise products and activations of the gates are not "
    "counted.",
)
CELL_COST = Bi(
    zh="{weights}个权重（偏置不计）对每个样本各参与1次乘加；门之间逐元素的乘法和激活函数不计。",
    en="Each of the {weights:weight|weights} (biases not counted) is used in one multiply-accumulate for each sample; the "
    "element-wise products and activations of the gates are not counted.",
)
ONE_STEP = Bi(
    zh="一次调用只走一个时间步，输出新的隐藏状态；序列由外面的循环逐步送入。",
    en="One call takes one time step and puts out the new hidden state; a loop outside feeds the sequence step by step.",
)


@dataclass(frozen=True)
class _Net:
    """A recurrent layer's hyperparameters. projection: 0 where there is none."""

    gates: int
    inputs: int
    hidden: int
    biased: bool
    layers: int = 1
    directions: int = 1
    projection: int = 0
    batch_first: bool = False

    @property
    def state(self) -> int:
        return self.projection or self.hidden

    @property
    def values(self) -> dict[Symbol, int]:
        return {
            gates: self.gates,
            F_in: self.inputs,
            hidden: self.hidden,
            bias: 2 * self.biased,
            layers: self.layers,
            directions: self.directions,
            projected: self.projection,
        }

    def state_symbol(self) -> Symbol:
        return projected if self.projection else hidden

    def formula(self, biased: bool) -> Expr:
        """All weights, with the biases or without: 4·(F_in·h+h·h+2·h), and for the layers above n−1 times theirs."""
        state = self.state_symbol()
        whole = self._one(F_in * hidden, biased)
        if self.layers > 1:
            whole = whole + (layers - 1) * self._one(directions * state * hidden, biased)
        return directions * whole

    def _one(self, from_input: Expr, biased: bool) -> Expr:
        state = self.state_symbol()
        gate = from_input + state * hidden
        one = gates * (gate + bias * hidden if biased else gate)
        return one + hidden * projected if self.projection else one


_GATES: dict[type[nn.Module], int] = {nn.RNN: 1, nn.LSTM: 4, nn.GRU: 3, nn.RNNCell: 1, nn.LSTMCell: 4, nn.GRUCell: 3}
_SAID = {1: RNN, 4: LSTM, 3: GRU}


def _read(module: Any) -> _Net:
    count = next(count for base, count in _GATES.items() if isinstance(module, base))
    if isinstance(module, nn.RNNCellBase):
        return _Net(count, module.input_size, module.hidden_size, module.bias)
    return _Net(
        gates=count,
        inputs=module.input_size,
        hidden=module.hidden_size,
        biased=module.bias,
        layers=module.num_layers,
        directions=1 + module.bidirectional,
        projection=module.proj_size,
        batch_first=module.batch_first,
    )


def _parameters(call: Call) -> Parameters:
    net = _read(call.module)
    return Parameters(
        formula=net.formula(biased=True),
        values=net.values,
        claims=_names(call.module),
        why=tuple(_reasons(net)),
        remark=_remarks(net),
    )


def _names(module: Any) -> tuple[str, ...]:
    """The names of all its tensors."""
    if isinstance(module, nn.RNNBase):
        return tuple(module._flat_weights_names)
    return ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _reasons(net: _Net) -> list[Bi]:
    values, state = net.values, net.state_symbol()
    where = same("")
    if net.gates > 1:
        where = GATE if net.layers == 1 else GATE_OF_FIRST
    elif net.layers > 1:
        where = SET_OF_FIRST
    reasons = [
        _SAID[net.gates],
        CONNECTED.format(
            where=where,
            F_in=net.inputs,
            h=net.hidden,
            state=net.state,
            ih=worked(F_in * hidden, values),
            hh=worked(state * hidden, values),
            biases=WITH_BIASES if net.biased else WITHOUT_BIASES,
        ),
    ]
    if net.projection:
        reasons.append(PROJECTED.format(r=net.projection, h=net.hidden))
    if net.layers > 1:
        above = net.directions * net.state
        reasons.append(STACKED.format(n=net.layers, next=above, both=BOTH if net.directions > 1 else same("")))
    if net.directions > 1:
        reasons.append(BIDIRECTIONAL)
    return reasons


def _remarks(net: _Net) -> tuple[Bi, ...]:
    if not net.biased:
        return (SHARED,)
    extra = net.gates * net.hidden * net.layers * net.directions
    return ((TWO_BIASES_GRU if net.gates == 3 else TWO_BIASES).format(extra=extra), SHARED)


def _output(call: Call) -> Output:
    """The last layer's states at all steps: T, N (or N, T) and the state, of both directions."""
    net, shape = _read(call.module), call.shapes[0]
    around = (T,) if len(shape) == 2 else (N, T) if net.batch_first else (T, N)
    size = directions * net.state_symbol()
    values = net.values | dict(zip(around, shape, strict=False))
    why = EVERY_STEP if net.directions == 1 else EVERY_STEP_BOTH
    packed = (PACKED.format(T=shape[0]),) if _is_packed(call) else ()
    positions = N * T if len(shape) == 3 else T
    steps = (STEPS_OF_ALL if values.get(N, 1) > 1 else ALL_STEPS).format(positions=evaluate(positions, values))
    return Output(
        axes=(*(Axis(symbol.name, symbol) for symbol in around), Axis("F_out", size)),
        values=values,
        why=(why.format(state=net.state, both=worked(size, values)), *packed),
        remark=(LAST_STATES,),
        macs=positions * net.formula(biased=False),
        macs_why=(STEP_COST.format(weights=evaluate(net.formula(biased=False), net.values), steps=steps),),
    )


PACKED = Bi(
    zh="输入是打包的序列（PackedSequence）：填充的位置不参与计算，各序列的真实长度合计{T}步。",
    en="The input is a PackedSequence: padding takes no part, and the true lengths of the sequences sum to {T:step|steps}.",
)


def _is_packed(call: Call) -> bool:
    """Given a PackedSequence: the numbers of all sequences one after another, then how many there are at each step."""
    given = call.args[0] if call.args else None
    return isinstance(given, tuple | list) and len(given) == 4 and isinstance(given[1], TensorRef)


def _cell_output(call: Call) -> Output:
    net, shape = _read(call.module), call.shapes[0]
    batched = len(shape) == 2
    step = net.formula(biased=False)
    return Output(
        axes=(Axis("N", N), Axis("h", hidden)) if batched else (Axis("h", hidden),),
        values=net.values | ({N: shape[0]} if batched else {}),
        why=(ONE_STEP,),
        macs=N * step if batched else step,
        macs_why=(CELL_COST.format(weights=evaluate(step, net.values)),),
    )


def _sample(random: Random, kind: type[nn.Module]) -> Sample:
    inputs, units = random.randint(1, 64), random.randint(2, 64)
    options: dict[str, Any] = {
        "num_layers": random.choice([1, 1, 2, 3]),
        "bias": random.random() < 0.7,
        "bidirectional": random.random() < 0.3,
        "batch_first": random.random() < 0.5,
    }
    if kind is nn.LSTM and random.random() < 0.3:
        options["proj_size"] = random.randint(1, units - 1)
    around: Shape = tuple(random.randint(1, 9) for _ in range(random.choice([1, 2, 2])))
    return Sample(lambda: kind(inputs, units, **options), ((*around, inputs),))


def _sample_cell(random: Random, kind: type[nn.Module]) -> Sample:
    inputs, units, biased = random.randint(1, 64), random.randint(1, 64), random.random() < 0.7
    around: Shape = (random.randint(1, 9),) if random.random() < 0.7 else ()
    return Sample(lambda: kind(inputs, units, bias=biased), ((*around, inputs),))


def _rule(kind: type[nn.Module], title: Bi) -> Rule:
    cell = issubclass(kind, nn.RNNCellBase)
    return Rule(
        name=kind.__name__,
        title=title,
        kind=Kind.RECURRENT,
        modules=(kind,),
        parameters=_parameters,
        output=_cell_output if cell else _output,
        sample=lambda random: _sample_cell(random, kind) if cell else _sample(random, kind),
    )


RULES = (
    _rule(nn.RNN, Bi("简单循环层（RNN）", "recurrent layer (RNN)")),
    _rule(nn.LSTM, Bi("长短期记忆层（LSTM）", "long short-term memory layer (LSTM)")),
    _rule(nn.GRU, Bi("门控循环层（GRU）", "gated recurrent layer (GRU)")),
    _rule(nn.RNNCell, Bi("简单循环单元（RNNCell）", "recurrent cell (RNNCell)")),
    _rule(nn.LSTMCell, Bi("长短期记忆单元（LSTMCell）", "long short-term memory cell (LSTMCell)")),
    _rule(nn.GRUCell, Bi("门控循环单元（GRUCell）", "gated recurrent cell (GRUCell)")),
)
