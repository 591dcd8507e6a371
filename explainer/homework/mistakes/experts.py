"""Mistakes with what one token uses of a mixture of experts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.tree import Number
from explainer.homework.mistakes.base import Edit, Mistake, Way
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.homework.one_token import ACTIVE, tokens_of
from explainer.i18n.bilingual import Bi


def _counting(form: Form, facts: Facts, experts: int, rest: bool = True, layers: bool = True) -> Iterator[Way]:
    """As many with other numbers: experts more than a token chooses; without all that is no expert; of one layer only."""
    active = facts.question.walk.active
    if facts.question.name not in ACTIVE or active is None or not isinstance(facts.right, int):
        return
    each = tokens_of(facts.question.walk) if facts.quantity == "macs" else 1
    whole = facts.right + each * sum(group.idle for group in active.experts)
    changed = (
        0 if rest else each * sum(group.mixtures * group.experts * group.params for group in active.experts) - whole
    )
    for group in active.experts:
        more = min(group.used + experts, group.experts) - group.used
        changed += each * group.mixtures * more * group.params
        changed += 0 if layers else each * (group.mixtures - 1) * (group.experts - group.used) * group.params
    used = active.experts[0].used
    yield Way(replace(form, parts=(Number(facts.right + changed),)), {"used": used, "all": active.experts[0].experts})


def _edit(**how: object) -> Edit:
    return lambda form, facts: _counting(form, facts, **how)  # type: ignore[arg-type]


ALL = 10**6  # experts: more than any layer has
MISTAKES = (
    Mistake(
        "experts.all",
        "context",
        Bi("所有专家都算了", "all experts counted"),
        Bi(
            "把全部{all}个专家都算了，而一个词元只用其中{used}个，应减去{difference}。",
            "all {all} experts are counted, but a token uses {used} of them only: subtract {difference}.",
        ),
        Bi("一个词元要经过所有的专家吗？", "Does a token meet all the experts?"),
        0.8,
        _edit(experts=ALL),
        ("params", "macs"),
        whole=True,
    ),
    Mistake(
        "experts.rest_forgotten",
        "context",
        Bi("只算了选中的专家", "nothing but the chosen experts"),
        Bi(
            "只算了选中的专家；路由器和专家以外的各层每个词元都要用，应再加{difference}。",
            "only the chosen experts are counted; every token uses the router and all other layers as well: add {difference}.",
        ),
        Bi("除了专家，这个词元还用到哪些部分？", "What does the token use besides experts?"),
        0.6,
        _edit(experts=0, rest=False),
        ("params", "macs"),
        whole=True,
    ),
    Mistake(
        "experts.one_layer",
        "context",
        Bi("没用到的专家只减了一层的", "idle experts subtracted in one layer only"),
        Bi(
            "没用到的专家只减去了一层的，有专家的每一层都要减，应再减去{difference}。",
            "the experts that are not used are subtracted in one layer only; every layer that has experts has such: subtract "
            "{difference} more.",
        ),
        Bi("有专家的层共有几层？", "How many layers have experts?"),
        0.5,
        _edit(experts=0, layers=False),
        ("params", "macs"),
        whole=True,
    ),
    Mistake(
        "experts.one_too_many",
        "context",
        Bi("每层多算了一个专家", "one expert too many in each layer"),
        Bi(
            "每层多算了一个专家：一个词元用{used}个，应减去{difference}。",
            "one expert too many is counted in each layer: a token uses {used}; subtract {difference}.",
        ),
        Bi("每个词元用到几个专家？", "How many experts does a token use?"),
        0.2,
        _edit(experts=1),
        ("params", "macs"),
        whole=True,
    ),
)
