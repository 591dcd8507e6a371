"""The page of a walkthrough that covers a part: totals, table, overview and certificate say so, in both languages."""

import pytest
import torch
from nets import walked_by_shapes as walked
from test_completeness import Branches, CustomOperator, InAList
from torch import nn

from explainer.api import Explanation, explain
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain


def page(walk, lang="en", **options):
    return Explanation(walk, (lang,), **options).to_markdown()


@pytest.mark.parametrize(
    "back", [lambda walk: walk, lambda walk: from_plain(to_plain(walk))], ids=["live", "from a file"]
)
def test_a_pass_that_stopped_says_at_least_and_not_reached(back):
    walk = back(walked(Branches(), (2, 6)))
    english, chinese = page(walk), page(walk, "zh")
    assert "takes at least 72 multiply-accumulates" in english  # 2·6·6, the first layer's
    assert "至少需做72次乘加" in chinese
    assert "Modules not reached" in english
    assert "未执行到的模块" in chinese
    assert "not used in this" not in english
    assert "Modules not called" not in english
    assert "没有用到" not in chinese
    assert "未被调用" not in chinese
    assert "One forward pass takes 2 steps" not in english
    assert "half of that agrees" not in english
    assert "2 modules were not reached" in english
    assert "有2个模块未执行到" in chinese


def test_a_pass_without_any_product_so_far_is_not_without_products():
    class Late(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(6, 2)

        def forward(self, x):
            return self.head(x) if x.sum().item() else x

    english, chinese = page(walked(Late(), (1, 6))), page(walked(Late(), (1, 6)), "zh")
    assert "nothing to compute" not in english
    assert "is not known" in english
    assert "计算量为0" not in chinese.split("## 计算量")[1]
    assert "还不知道" in chinese


def test_a_step_without_a_rule_is_unknown_in_the_table():
    english = page(walked(CustomOperator(), (1, 4)))
    row = next(line for line in english.splitlines() if line.startswith("| 1 |"))
    assert row.rstrip(" |").endswith("unknown")
    assert "at least 8 multiply-accumulates" in english


def test_the_largest_share_may_be_one_tensor():
    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.head, self.tail = nn.Parameter(torch.zeros(50, 4)), nn.Linear(4, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.tail(self.head(x + self.table))

    assert "The largest share is in one tensor, `table`: 200 parameters, 92.59% of the total" in page(
        walked(Table(), (1, 4))
    )


def test_the_classic_mistake_is_named_on_the_page():
    walk = walked(InAList(), (1, 4))
    assert "nn.ModuleList" in page(walk)
    assert "nn.ModuleList" in page(walk, "zh")
    assert "no parameter registered with the model" in page(walk)
    assert "takes 32 multiply-accumulates" in page(walk)  # 4·3+3·4+4·2


def test_a_parameter_without_a_use_is_called_unused_only_where_the_pass_is_whole():
    class Spare(nn.Module):
        def __init__(self, stops):
            super().__init__()
            self.spare, self.head, self.stops = nn.Parameter(torch.zeros(3)), nn.Linear(6, 2), stops

        def forward(self, x):
            x = self.head(x)
            return x * 2 if self.stops and x.sum().item() else x

    assert "not used in this pass" in page(walked(Spare(stops=False), (1, 6)))
    assert "not used in this pass" not in page(walked(Spare(stops=True), (1, 6)))


@pytest.mark.parametrize("detail", ["standard", "full"])
def test_a_second_call_names_its_own_module(detail):
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            return self.b(self.a(self.b(self.a(x))))

    walk = walked(Shared(), (1, 8))
    assert [(layer.again, layer.params_same_as, layer.same_as) for layer in walk.layers[2:]] == [(1, 1, 1), (2, 2, 2)]
    text = page(walk, detail=detail)
    assert "as in step 1, (8+1)·8" not in text
    if detail == "standard":
        assert "| 4 | `b@2` Linear | 8 | (8+1)·8 | – |" in text
        assert "Step 4 (b) uses parameters that were counted before" in text
        assert "第4步（b）用的是前面已经计入的参数" in page(walk, "zh")


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.Conv2d(3, 4, 3), (3, 9, 9)), (nn.Conv1d(3, 4, 3), (3, 9)), (nn.ConvTranspose2d(3, 4, 2), (3, 9, 9))],
    ids=["image", "sound", "transposed"],
)
def test_a_batch_that_is_missing_is_always_said(layer, shape):
    walk = walked(nn.Sequential(layer, nn.ReLU()), shape)
    english, chinese = page(walk), page(walk, "zh")
    assert "The batch is missing from the input" in english
    assert f"--input 1,{','.join(map(str, shape))}" in english
    assert "输入缺少批量维" in chinese
    assert "batch first" not in english
    whole = walked(nn.Sequential(layer, nn.ReLU()), (1, *shape))
    assert "batch is missing" not in page(whole)


@pytest.mark.filterwarnings("ignore")
def test_a_quantized_model_without_parameters_says_why():
    model = torch.ao.quantization.quantize_dynamic(
        nn.Sequential(nn.Linear(10, 5), nn.Linear(5, 2)), {nn.Linear}, dtype=torch.qint8
    )
    walk = Explanation(explain(model, (1, 10), lang="en").walkthrough, ("en",)).walkthrough
    assert walk.totals.params == 0
    assert walk.complete  # the rules for quantized layers say what is multiplied
    assert "(0 (step 1), 1 (step 2)) keep their weights and biases packed" in page(walk)
    assert "打包存放" in page(walk, "zh")
    assert "takes 60 multiply-accumulates" in page(walk)  # 10·5+5·2
    assert "parameters are ." not in page(walk)
    assert "参数为。" not in page(walk, "zh")
    assert "All 0 parameters" not in page(walk)


@pytest.mark.filterwarnings("ignore")
def test_only_what_has_weights_keeps_them_packed():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.into = torch.ao.nn.quantized.Quantize(0.1, 0, torch.quint8)
            self.sum, self.table = torch.ao.nn.quantized.QFunctional(), torch.ao.nn.quantized.Embedding(5, 4)

        def forward(self, x):
            x = self.into(x)
            return self.sum.add(x, x).dequantize() + self.table(torch.tensor([1, 2]))

    text = page(explain(Sum(), (2, 4), lang="en").walkthrough)
    (sentence,) = (line for line in text.splitlines() if "packed:" in line)
    assert "embedding" in sentence
    assert "quantized::add" not in sentence
