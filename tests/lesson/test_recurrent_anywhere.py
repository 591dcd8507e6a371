"""The rule for another recurrent network, against torch's own layers."""

import pytest
from torch import nn

import explainer
from explainer.formula.tree import evaluate
from explainer.lesson.recurrent_anywhere import parameters_of_a_direction, q
from explainer.vocabulary.symbols import F_in, hidden

GATES = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("directions", [1, 2])
def test_the_rule_gives_what_torch_has(kind, directions):
    layer = kind(7, 5, num_layers=3, bidirectional=directions == 2)
    inputs = [7, 5 * directions, 5 * directions]
    said = sum(
        directions * evaluate(parameters_of_a_direction(), {q: GATES[kind], F_in: size, hidden: 5}) for size in inputs
    )
    assert said == sum(one.numel() for one in layer.parameters())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_said_where_there_is_such_a_layer_and_only_there(lang):
    def page(layer, size):
        return explainer.explain(layer, size, lang=lang, detail="handout").to_markdown()

    said = {
        "zh": "循环层（单层、单向）的参数量",
        "en": "Parameters of a recurrent layer, for each layer and direction",
    }[lang]
    assert said in page(nn.Sequential(nn.GRU(3, 4, batch_first=True)), (1, 6, 3))
    assert said not in page(nn.Sequential(nn.Linear(3, 4)), (1, 3))
