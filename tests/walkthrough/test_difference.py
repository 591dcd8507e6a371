"""The difference of two models as a sum of layers and blocks: it adds up, and says what a teacher would say."""

import json

import pytest
import torch
from nets import zoo_walk
from torch import nn

from explainer.comparison.differences import compare_facts
from explainer.comparison.facts import facts_of, from_json
from explainer.comparison.report import document, lines
from explainer.comparison.report_json import to_dict
from explainer.derive.pipeline import walk_model
from explainer.lesson.difference import headline, total
from explainer.lesson.difference import lines as term_lines
from explainer.walkthrough.difference.collect import difference
from explainer.walkthrough.difference.pieces import pieces_of
from explainer.walkthrough.difference.terms import Amount


def walk(model, *shape):
    return walk_model(model, (torch.empty(shape, device="meta"),), {}, name="Net", source="x")


def terms_of(before, after):
    """The terms, and that they sum to the differences of torch's own numbers of parameters, and of the costs."""
    found = difference(pieces_of(before), pieces_of(after))
    assert total(found).params == after.totals.torch_params - before.totals.torch_params
    assert total(found).macs == after.macs.value - before.macs.value
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *(("vgg11", "vgg19"), ("vgg16", "vgg16_bn"), ("resnet50", "resnet101"), ("resnet18", "resnet50")),
        *(("resnet50", "resnext50_32x4d"), ("densenet121", "densenet169"), ("efficientnet_b0", "efficientnet_b1")),
        *(
            ("mobilenet_v2", "mobilenet_v3_large"),
            ("swin_t", "swin_s"),
            ("vit_b_16", "vit_b_32"),
            ("resnet50", "resnet50"),
        ),
    ],
)
def test_the_terms_sum_to_the_difference_both_ways(first, second):
    there = terms_of(zoo_walk(first), zoo_walk(second))
    back = terms_of(zoo_walk(second), zoo_walk(first))
    assert total(there) == Amount() - total(back)
    assert (not there) == (first == second)


def test_three_more_convolutional_layers():
    terms = terms_of(zoo_walk("vgg16"), zoo_walk("vgg19"))
    convolutions = {term.sizes[1]: term.count for term in terms if term.layer_kind == "CONVOLUTION"}
    assert convolutions == {"3×3, 256→256": 1, "3×3, 512→512": 2}
    assert [term.working[1] for term in terms if term.count == 2] == ["(3·3·512+1)·512"]
    said = headline(terms, "vgg16", "vgg19")
    assert said is not None
    assert said.zh == "与vgg16相比，vgg19多3个卷积层（1个3×3，256→256；2个3×3，512→512）。"
    assert said.en.startswith(
        "vgg19 compared with vgg16: 3 more convolutional layers (1 of 3×3, 256→256, 2 of 3×3, 512→512)"
    )


def test_seventeen_more_blocks_are_one_term():
    (term,) = terms_of(zoo_walk("resnet50"), zoo_walk("resnet101"))
    m = 256  # a bottleneck with 4m in and out: 4m²+9m²+4m² weights, 2m+2m+8m of the norms
    assert (term.title, term.count, term.params) == (None, 17, (0, 17 * m * m + 12 * m))
    assert [one.sizes for one in term.layers] == [
        "1×1, 1024→256",
        "256",
        "3×3, 256→256",
        "256",
        "1×1, 256→1024",
        "1024",
    ]
    (line,) = term_lines([term])
    assert "参数量+17·1,117,184=+18,992,128" in line.zh and "parameters +17·1,117,184 = +18,992,128" in line.en


def test_a_wider_bottleneck_is_the_same_block_with_other_sizes():
    terms = terms_of(zoo_walk("resnet50"), zoo_walk("wide_resnet50_2"))
    assert {term.kind for term in terms} == {"changed"} and sum(term.count for term in terms) == 16
    assert (terms[0].layers[0].before, terms[0].layers[0].sizes) == ("1×1, 64→64", "1×1, 64→128")


def test_the_same_layers_on_another_size_cost_more_and_have_as_many_parameters():
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))
    (term,) = terms_of(walk(net, 1, 3, 10, 10), walk(net, 1, 3, 20, 20))
    assert (term.kind, term.count, term.total.params) == ("resized", 2, 0)
    assert term.total.macs == (18 * 18 - 8 * 8) * 27 * 8 + (16 * 16 - 6 * 6) * 72 * 8


class Shared(nn.Module):
    """One layer called twice, a parameter of its own, and a module that is never called."""

    def __init__(self, tied: bool, extra: int) -> None:
        super().__init__()
        self.first = nn.Linear(5, 5)
        self.second = self.first if tied else nn.Linear(5, 5)
        self.scale = nn.Parameter(torch.ones(extra))
        self.unused = nn.Linear(extra, 2)

    def forward(self, x):
        return self.second(self.first(x)) * self.scale.sum()


def test_shared_raw_and_uncalled_parameters_are_in_the_sum():
    terms_of(walk(Shared(True, 3), 1, 5), walk(Shared(False, 4), 1, 5))


def test_a_student_s_deep_net_is_told_as_a_sum_once_it_differs_in_many_places():
    def net(depth, width):
        return nn.Sequential(
            *(nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)) for _ in range(depth))
        )

    reference, submission = (facts_of(walk(net(*sizes), 1, sizes[1])) for sizes in ((12, 4), (20, 4)))
    found = compare_facts(reference, submission)
    said = lines(found)
    assert said[1].en == "Net compared with Net: 8 more blocks." and found.exit_code == 1
    assert said[2].en.endswith("parameters +8·40 = +320, multiply-accumulates +256.")
    assert to_dict(found, "zh")["terms"][0]["count"] == 8
    assert "8·40" in str(document(found, ("zh", "en")).blocks)


def test_the_working_of_a_stranger_is_arithmetic_or_nothing():
    facts = json.loads(json.dumps(facts_of(walk(nn.Linear(3, 2), 1, 3)).to_dict()))
    assert from_json(facts).steps[0].working == "(3+1)·2"
    facts["steps"][0]["working"] = "<script>"
    assert from_json(facts).steps[0].working == ""
