"""What feeds a step, and what its symbols are, in a document's own words: steps by name, N only where it is the batch."""

import json

import pytest
import torch
from torch import nn

from explainer.formula.printing import Plain, plain
from explainer.lesson.compose import compose
from explainer.render.markdown import to_markdown
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain
from tests.nets import walked


class Joining(nn.Module):
    """A sum over a shortcut, and a concatenation."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        y = self.one(x)
        z = self.two(y) + y
        return torch.cat([z, y], 1)


def text(walk, lang="zh", detail="handout"):
    return to_markdown(compose(walk, (lang,), detail=detail))


@pytest.fixture(scope="module")
def joining():
    return walked(Joining(), (1, 3, 8, 8))


def test_a_handout_calls_steps_by_their_names(joining):
    zh, en = text(joining), text(joining, "en")
    assert "残差连接：卷积层`two`的输出与卷积层`one`的输出形状相同" in zh.replace("（residual connection）", "")
    assert "the output of the convolutional layer `two`" in en
    assert "把逐元素相加`add`和卷积层`one`的输出沿" in zh
    assert "步的输出" not in zh and "of step" not in en


def test_where_every_step_has_its_number_that_is_said(joining):
    assert "第2步的输出与第1步的输出" in text(joining, detail="full")
    assert "把第3、1步的输出沿" in text(joining, detail="full")


def test_what_a_step_was_given_goes_to_a_file_and_comes_back(joining):
    told = json.loads(json.dumps(to_plain(joining)))
    again = from_plain(told)
    assert [layer.output.given for layer in again.layers] == [layer.output.given for layer in joining.layers]
    assert again.layers[-1].output.given == {"parts": (0, 1)}
    for output in told["outputs"]:
        if "given" in output:
            output["given"] = {"parts": [7]}
    with pytest.raises(Refused):
        from_plain(told)


class Router(nn.Module):
    """Tokens side by side, as a mixture of experts takes them."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(16, 4)

    def forward(self, x):
        return self.gate(x.view(-1, 16))


class Windows(nn.Module):
    """Groups of four positions, which a linear layer takes one by one."""

    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(16, 8)

    def forward(self, x):
        return self.proj(x.reshape(6, 4, 16))


def test_rows_are_the_positions_where_a_view_made_them():
    macs = walked(Router(), (1, 24, 16)).layers[-1].macs
    assert plain(macs.symbolic, Plain()) == "T·F_in·F_out"
    two = walked(Router(), (2, 24, 16)).layers[-1].macs
    assert plain(two.symbolic, Plain()) == "n·F_in·F_out" and two.value == 2 * 24 * 16 * 4


def test_windows_are_no_batch():
    walk = walked(Windows(), (1, 24, 16))
    assert plain(walk.layers[-1].macs.symbolic, Plain()) == "B·T·F_in·F_out"
    assert "为批量大小" not in text(walk).partition("公式卡")[0]


def test_the_batch_stays_the_batch():
    macs = walked(nn.Linear(16, 4), (5, 16)).layers[0].macs
    assert plain(macs.symbolic, Plain()) == "N·F_in·F_out"
