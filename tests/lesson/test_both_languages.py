"""A lesson in two languages: what reads alike in both stands once."""

import re

import pytest
import torch
from torch import nn

from explainer.lesson.compose import compose
from explainer.render.markdown import to_markdown
from tests.nets import walked


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.act, self.pool, self.fc = (
            nn.Conv2d(3, 8, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Linear(8 * 15 * 15, 10),
        )

    def forward(self, x):
        return self.fc(torch.flatten(self.pool(self.act(self.conv(x))), 1))


@pytest.fixture(scope="module")
def both():
    return to_markdown(compose(walked(Small(), (1, 3, 32, 32)), ("zh", "en"), detail="handout"))


def test_an_answers_working_stands_once(both):
    answers = both.partition("## 答案 Answers")[2]
    assert answers
    worked = re.findall(r"^\d+\\\. (\$.*?\$)", answers, flags=re.M)
    assert len(worked) >= 4 and all(answers.count(one) == 1 for one in worked)


def test_a_question_has_one_number(both):
    asked = both.partition("## 练习 Exercises")[2].partition("## 答案 Answers")[0]
    numbers = re.findall(r"^(\d+)\\\. ", asked, flags=re.M)
    assert numbers == [str(i + 1) for i in range(len(numbers))]


def test_the_name_of_a_quiet_step_is_in_its_own_language(both):
    leads = re.findall(r"^\*\*(.+?)\*\*(?: `\w+`)?[：:]", both, flags=re.M)
    assert {"激活层", "Activation layer"} <= set(leads) and len(leads) == len(set(leads))
