"""The rule of recurrent layers in its general form, for another network."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Math, Words
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.symbols import F_in, T, hidden

PARAMETERS = Bi(
    zh="循环层（单层、单向）的参数量：{formula}。{q}为门数，LSTM为4，GRU为3（候选隐藏状态也算一个），普通RNN为1；括号中的最后一项是各门的两个偏置，写明{off}时没有这一项。"
    "多层时，从第2层起输入是前一层的输出，{inputs}换成{h}（双向时为{two}）；双向时每层各有正、反两份参数。",
    en="Parameters of a recurrent layer, for each layer and direction: {formula}. {q} is the number of gates: 4 in an LSTM, 3 in a GRU (its candidate state among them), 1 in a plain RNN; the last term is the "
    "two biases of each gate, which {off} leaves out. From the second layer on the input is the output of the layer before, so {inputs} is {h} there ({two} with both directions); with both directions each layer has two sets of "
    "parameters.",
)
COMPUTATION = Bi(
    zh="循环层（单层、单向）的计算量：{formula}，偏置不计。",
    en="Computation of a recurrent layer, for each layer and direction: {formula}; the biases do not count.",
)
q = Symbol("q", Bi("门数", "number of gates"), Bi("门数", "gates"), role=Role.GATES)


def parameters_of_a_direction() -> Expr:
    """q·(F_in·h+h·h+2h): `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh` of torch's `nn.RNNBase`."""
    return q * (F_in * hidden + hidden * hidden + 2 * hidden)


def macs_of_a_direction() -> Expr:
    """T·q·(F_in·h+h·h)."""
    return T * (q * (F_in * hidden + hidden * hidden))


def recurrent_parameters(page: Page) -> Words:
    """Of LSTM, GRU and plain RNN, of any depth and direction."""
    letters = {"q": Math(q), "inputs": Math(F_in), "h": Math(hidden), "two": Math(2 * hidden)}
    return page.words(PARAMETERS, formula=Math(parameters_of_a_direction()), off=Code("bias=False"), **letters)


def recurrent_macs(page: Page) -> Words:
    """The same of the multiply-accumulates."""
    return page.words(COMPUTATION, formula=Math(macs_of_a_direction()))
