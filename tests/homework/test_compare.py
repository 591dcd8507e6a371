"""A submitted model against the reference: which layers differ, by what, and that equal ones are called equal."""

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
import torch
from torch import nn

from explainer.comparison import Comparison, Limits, compare_models, grade_models
from explainer.comparison.align import align
from explainer.comparison.differences import compare_facts, kind_of
from explainer.comparison.facts import Facts, Step, facts_of, from_json
from explainer.comparison.report import document, lines
from explainer.comparison.report_json import to_dict
from explainer.comparison.sandbox.client import Sandbox
from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.i18n.bilingual import LANGS
from explainer.render.markdown import to_markdown

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture(autouse=True)
def _one_sandbox(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch is imported into it once; each submission has a fork of its own anyway."""

    def opened(limits: Limits | None) -> AbstractContextManager[Sandbox]:
        sandbox.limits = limits or Limits()
        return nullcontext(sandbox)

    monkeypatch.setattr("explainer.comparison.compare.Sandbox", opened)


def facts(model: nn.Module, *shape: int) -> Facts:
    return facts_of(walk_model(model, (torch.empty(shape, device="meta"),), {}, name="Net", source="x"))


def net(
    channels: int = 1,
    kernel: int = 3,
    bias: bool = True,
    act: bool = True,
    width: int = 16,
    size: int = 8,
    stride: int = 1,
) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(channels, 64, kernel, stride, padding=kernel // 2, bias=bias)]
    layers += [nn.BatchNorm2d(64), nn.ReLU()] if act else [nn.BatchNorm2d(64)]
    layers += [nn.Conv2d(64, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    layers += [nn.Linear(width * (size // stride // 2) ** 2, 10)]
    return nn.Sequential(*layers)


def compared(reference: nn.Module, submission: nn.Module, channels: int = 1) -> Comparison:
    return compare_facts(facts(reference, 1, channels, 8, 8), facts(submission, 1, channels, 8, 8))


def test_the_example_of_the_issue() -> None:
    """VGG's first layer written for three channels where one was asked for."""
    first = facts(net(channels=1), 1, 1, 8, 8)
    second = facts(net(channels=3), 1, 3, 8, 8)
    found = compare_facts(first, second)
    assert [line.zh for line in lines(found)][2] == "第1个卷积层（0）：输入通道数应为1，提交的是3；参数量多1152。"
    assert [line.en for line in lines(found)][2] == (
        "Convolutional layer 1 (0): the number of input channels should be 1 and is 3 here; 1152 more parameters."
    )
    assert found.exit_code == 1 and found.differences[0].kind == "input"


def test_equal_models_are_the_same() -> None:
    found = compared(net(), net())
    assert found.same and found.exit_code == 0 and len(lines(found)) == 1


def test_functions_and_modules_are_the_same_step() -> None:
    class Written(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4 * 9, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)
            return self.fc(x.view(x.shape[0], -1))

    listed = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 9, 2))
    found = compared(listed, Written())
    assert found.same, [line.en for line in lines(found)]


@pytest.mark.parametrize(
    ("other", "kinds", "words"),
    [
        ({"bias": False}, ["settings"], "缺少偏置；参数量少64"),
        (
            {"kernel": 5},
            ["settings"],
            "第1个卷积层（0）：卷积核应为3×3，提交的是5×5，填充应为1，提交的是2；参数量多1024。",
        ),
        ({"act": False}, ["missing"], "缺少第1个ReLU激活层（2）。"),
        ({"width": 32}, ["settings"], "输出通道数（卷积核个数）应为16，提交的是32；参数量多9232"),
        ({"stride": 2}, ["settings"], "步幅应为1，提交的是2。"),
    ],
)
def test_one_change_is_named_and_nothing_else(other: dict[str, int], kinds: list[str], words: str) -> None:
    found = compared(net(), net(**other))  # type: ignore[arg-type]
    told = [difference for difference in found.differences if not difference.follows]
    assert [difference.kind for difference in told] == kinds
    text = "\n".join(line.zh for line in lines(found))
    assert words in text
    more = found.submission.params - found.reference.params if found.submission else 0
    assert sum(difference.params for difference in found.differences) == more


def test_the_reverse_is_an_extra_layer() -> None:
    found = compared(net(act=False), net())
    assert [difference.kind for difference in found.differences] == ["extra"]
    assert "多出第1个ReLU激活层（2）。" in lines(found)[1].zh


def test_another_kind_of_pooling_is_replaced() -> None:
    first = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2))
    second = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(36, 2))
    found = compared(first, second)
    assert [difference.kind for difference in found.differences] == ["replaced"]
    assert "应为最大池化" in lines(found)[1].zh and "平均池化" in lines(found)[1].zh


def test_another_order_is_one_difference() -> None:
    first = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3))
    second = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3))
    found = compared(first, second)
    assert [difference.kind for difference in found.differences] == ["moved"]
    assert "之后的一步" in lines(found)[1].zh


def test_a_forgotten_bias_is_the_same_layer_still() -> None:
    """The first convolution lacks its bias and the second is one too many; not the first extra, the second changed."""
    first = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3))
    second = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3),
    )
    found = compared(first, second)
    assert [difference.kind for difference in found.differences] == ["settings", "extra", "extra"]
    assert "缺少偏置" in lines(found)[1].zh


def test_shared_parameters_are_seen() -> None:
    class Twice(nn.Module):
        def __init__(self, shared: bool) -> None:
            super().__init__()
            self.a = nn.Linear(8, 8)
            self.b = self.a if shared else nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.b(self.a(x))

    found = compared(Twice(True), Twice(False))
    assert [difference.kind for difference in found.differences] == ["sharing"]
    assert found.differences[0].params == 72


def test_raw_parameters_and_uncalled_modules_count() -> None:
    class Raw(nn.Module):
        def __init__(self, size: int, spare: bool) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(size))
            if spare:
                self.spare = nn.Linear(8, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale

    assert compared(Raw(8, True), Raw(8, True)).same
    found = compared(Raw(8, True), Raw(1, False))
    assert {difference.kind for difference in found.differences} == {"raw", "missing"}
    assert sum(difference.params for difference in found.differences) == -7 - 27


def test_a_dropout_with_another_probability() -> None:
    found = compared(nn.Sequential(nn.Dropout(0.5)), nn.Sequential(nn.Dropout(0.3)))
    assert "丢弃概率应为0.5，提交的是0.3" in lines(found)[1].zh


@pytest.mark.parametrize("index", range(9))
def test_a_layer_taken_out_of_a_deep_net_is_found(index: int) -> None:
    """The alignment does not lose its way in many equal layers."""

    def deep(skip: int | None) -> nn.Module:
        layers = [nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()) for _ in range(9)]
        return nn.Sequential(*(layer for i, layer in enumerate(layers) if i != skip))

    found = compared(deep(None), deep(index), channels=4)
    assert [difference.kind for difference in found.differences] == ["missing"] * 3
    assert sum(difference.params for difference in found.differences) == -(3 * 3 * 4 * 4 + 4 + 8)


def test_the_alignment_keeps_every_step_once_and_in_order() -> None:
    import random

    chance = random.Random(5)
    for _ in range(200):
        sides = [
            [
                Step(str(i), "L", chance.choice("abc"), {"n": chance.randint(1, 3)}, 0, 0, (1,))
                for i in range(chance.randint(0, 9))
            ]
            for _ in range(2)
        ]
        pairs = align(sides[0], sides[1], kind_of)
        assert [a for a, _ in pairs if a is not None] == list(range(len(sides[0])))
        assert [b for _, b in pairs if b is not None] == list(range(len(sides[1])))


def test_thousands_of_different_steps_are_aligned_in_time() -> None:
    first = [Step(str(i), "L", "linear", {"n": i}, i, i, (1,)) for i in range(3000)]
    second = [Step(str(i), "L", "linear", {"n": i + 7}, i, i, (1,)) for i in range(3000)]
    assert len(align(first, second, kind_of)) >= 3000


def test_facts_go_through_json_unchanged() -> None:
    found = facts(net(), 1, 1, 8, 8)
    again = from_json(json.loads(json.dumps(found.to_dict())))
    assert compare_facts(found, again).same and again.params == found.params


def test_every_sentence_is_whole_in_both_languages() -> None:
    for other in (net(bias=False), net(kernel=5), net(act=False), net(width=32), net(stride=2)):
        found = compared(net(), other)
        for line in lines(found):
            for lang in LANGS:
                assert "{" not in line[lang] and line[lang].endswith(("。", "."))
            assert not any("\u4e00" <= char <= "\u9fff" for char in line.en)
        assert json.dumps(to_dict(found, "zh"), ensure_ascii=False).count("message") == len(found.differences)
        assert lines(found)[1].en in to_markdown(document(found, ("en",))).replace("\\", "")


def _write(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(HEAD + body, encoding="utf-8")
    return path


REFERENCE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 4 * 4, 10)
    def forward(self, x):
        return self.fc(torch.flatten(F.max_pool2d(F.relu(self.conv(x)), 2), 1))
EXAMPLE_INPUT = (1, 1, 8, 8)
"""


def test_files_from_the_command_line(tmp_path: Path) -> None:
    reference = _write(tmp_path, "reference.py", REFERENCE)
    wrong = _write(tmp_path, "wrong.py", REFERENCE.replace("padding=1)", "padding=1, bias=False)"))
    assert compare_models(f"{reference}:Net", f"{reference}:Net").same
    found = compare_models(f"{wrong}:Net", f"{reference}:Net", ["2,1,8,8"])
    assert lines(found)[1].zh == "第1个卷积层（conv）：缺少偏置；参数量少8。"
    assert found.reference.input_shapes == ((2, 1, 8, 8),)
    assert to_dict(found, "en")["differences"][0]["changes"] == [{"name": "b", "expected": 1, "given": 0}]


def test_a_submission_that_does_not_run_is_a_sentence(tmp_path: Path) -> None:
    reference = _write(tmp_path, "reference.py", REFERENCE)
    broken = _write(tmp_path, "broken.py", REFERENCE.replace("8 * 4 * 4", "100"))
    found = compare_models(str(broken), str(reference))
    assert found.exit_code == 1 and found.submission is None
    assert "要100个输入特征，得到的却是128个" in lines(found)[0].zh


BROKEN = {
    "a linear layer too narrow": (("8 * 4 * 4", "100"), [], ["fc expects 100 input features and gets 128", "fc要100个输入特征，得到的却是128个"]),
    "a kernel before it": (("8, 3, padding=1", "8, 5, padding=1"), ["the kernel should be 3×3 and is 5×5"], ["fc expects 128 input features and gets 72"]),
    "a layer left out before it": (("F.max_pool2d(F.relu(self.conv(x)), 2)", "F.relu(self.conv(x))"), ["Missing: max pooling"], ["fc expects 128 input features and gets 512"]),
    "channels": (("nn.Conv2d(1, 8", "nn.Conv2d(3, 8"), [], ["conv expects 3 input channels and gets 1"]),
    "a view that does not fit": (("torch.flatten(F.max_pool2d(F.relu(self.conv(x)), 2), 1)", "self.conv(x).view(-1, 100)"), [], ["does not fit 512 elements"]),
    "another input": (("def forward(self, x)", "def forward(self, x, mask)"), [], ["also needs the input 'mask'"]),
    "a check of its own": (("        return", "        assert x.size(1) == 3\n        return"), [], ["a check of the model's own fails"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_the_input_is_not_blamed_where_the_reference_takes_it(case: str, tmp_path: Path) -> None:
    change, before, says = BROKEN[case]
    assert change[0] in REFERENCE
    reference = _write(tmp_path, "reference.py", REFERENCE)
    found = compare_models(str(_write(tmp_path, "broken.py", REFERENCE.replace(*change))), str(reference))
    assert found.exit_code == 1 and found.submission is None and len(found.differences) == len(before)
    said = [line.en for line in lines(found)], [line.zh for line in lines(found)]
    assert all(word in said[0][1] for word in before), said
    assert all(any(word in line for line in (said[0][-1], said[1][-1])) for word in says), said
    assert "--input" not in str(said)
    assert to_dict(found, "en")["failure"] and "--input" not in to_markdown(document(found, LANGS))


def test_wrong_use_is_an_error(tmp_path: Path) -> None:
    reference = _write(tmp_path, "reference.py", REFERENCE)
    for submission in ("nothing.py", "no.such.module:Net", str(tmp_path)):
        with pytest.raises(UserError):
            compare_models(submission, str(reference))
    with pytest.raises(UserError):
        compare_models(str(reference), "nothing.py")
    with pytest.raises(UserError):
        list(grade_models(tmp_path / "nowhere", str(reference)))


def test_a_folder_of_submissions(tmp_path: Path) -> None:
    reference = _write(tmp_path, "reference.py", REFERENCE)
    folder = tmp_path / "class"
    _write(folder, "01.py", REFERENCE)
    _write(folder, "02.py", "while True: pass\n")
    _write(folder, "03.py", REFERENCE.replace("8, 3, padding=1", "9, 3, padding=1").replace("8 * 4", "9 * 4"))
    _write(folder, "04.py", "import os\nos._exit(0)\n")
    (folder / "05.py").write_bytes(b"\xff\xfe\x00")
    _write(
        folder,
        "06.py",
        f"import sys; sys.path.append({str(folder)!r})\nfrom importlib import import_module\nNet = import_module('01').Net\n",
    )
    _write(folder, "07.py", REFERENCE)
    rows = {
        path.stem: found
        for path, found in grade_models(folder, str(reference), limits=Limits(seconds=5, cpu_seconds=3), name="Net")
    }
    assert list(rows) == [f"0{i}" for i in range(1, 8)]
    assert rows["01"].same and rows["07"].same
    assert "死循环" in lines(rows["02"])[0].zh
    assert "应为8，提交的是9" in lines(rows["03"])[1].zh
    assert "os._exit" in lines(rows["04"])[0].en
    assert "UTF-8" in lines(rows["05"])[0].en
    assert not rows["06"].same and rows["06"].submission is None


STEALING = {
    "import": "from reference import Net\n",
    "import as": "import reference\nNet = reference.Net\n",
    "by path": "import importlib\nNet = importlib.import_module('reference').Net\n",
    "what it hands on": "from answer import Net\n",
    "a linked neighbour": "from linked import Net\n",
    "a hard-linked neighbour": "from twin import Net\n",
    "opened": "exec(open('reference.py').read())\n",
}


@pytest.mark.parametrize("way", STEALING)
def test_the_reference_is_not_among_the_files_given(way: str, tmp_path: Path) -> None:
    _write(tmp_path, "answer.py", REFERENCE)
    reference = tmp_path / "reference.py"
    if way == "what it hands on":
        reference.write_text("from answer import Net\nEXAMPLE_INPUT = (1, 1, 8, 8)\n", encoding="utf-8")
    else:
        _write(tmp_path, "reference.py", REFERENCE)
    (tmp_path / "linked.py").symlink_to(reference)
    (tmp_path / "twin.py").hardlink_to(reference)
    submission = _write(tmp_path, "submission.py", STEALING[way])
    found = compare_models(f"{submission}:Net", f"{reference}:Net")
    assert found.submission is None and found.failure is not None, way


def test_a_link_is_no_submission(tmp_path: Path) -> None:
    reference = _write(tmp_path, "reference.py", REFERENCE)
    folder = tmp_path / "class"
    good = _write(folder, "1_good.py", REFERENCE)
    (folder / "2_link.py").symlink_to(reference)
    (folder / "3_twin.py").hardlink_to(reference)
    (folder / "4_loop.py").symlink_to(folder / "4_loop.py")
    (folder / "5_link.py").symlink_to(good)
    os.mkfifo(folder / "6_pipe.py")
    rows = {path.stem[2:]: found for path, found in grade_models(folder, f"{reference}:Net", name="Net")}
    assert rows.pop("good").same
    assert set(rows) == {"link", "twin", "loop", "pipe"}
    for name, found in rows.items():
        assert found.failure is not None, name
        assert ("is a link" in found.failure.en or "(a hard link)" in found.failure.en) == (name != "pipe"), name


def test_the_reference_is_run_locked_up_as_well(tmp_path: Path) -> None:
    """What a student put beside it under the name of something that is not installed does nothing out here."""
    trap = tmp_path / "harm"
    kit = "from . import sizes\nfrom .sizes import WIDTH\n"
    reference = _write(tmp_path, "reference.py", "import flash_attn\nfrom kit import WIDTH\n" + REFERENCE)
    _write(tmp_path, "flash_attn.py", f"try: open({str(trap)!r}, 'w')\nexcept OSError: pass\n")
    _write(tmp_path / "kit", "__init__.py", kit)
    _write(tmp_path / "kit", "sizes.py", "WIDTH = 8\n")
    for name in ("weasyprint", "markdown_it", "openpyxl", "torchvision", "torch", "sympy", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"open({str(trap)!r}, 'w')\n")
    folder = tmp_path / "class"
    submission = _write(folder, "one.py", REFERENCE)
    assert compare_models(str(submission), f"{reference}:Net").same
    assert not trap.exists()


def test_relative_imports_beside_a_file_work(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    _write(folder, "__init__.py", "")
    _write(folder, "blocks.py", REFERENCE)
    target = _write(folder, "net.py", "from .blocks import Net\nEXAMPLE_INPUT = (1, 1, 8, 8)\n")
    reference = _write(tmp_path, "reference.py", REFERENCE)
    assert compare_models(f"{target}:Net", f"{reference}:Net").same
    assert compare_models(f"{reference}:Net", f"{target}:Net").same


def test_a_reference_that_harms_or_fails_is_a_sentence(tmp_path: Path) -> None:
    submission = _write(tmp_path / "class", "one.py", REFERENCE)
    for code, word in (("import sys; sys.exit(0)\n", "SystemExit"), ("open('/etc/passwd')\n", "/etc/passwd")):
        reference = _write(tmp_path, "reference.py", code + REFERENCE)
        with pytest.raises(UserError) as caught:
            compare_models(str(submission), str(reference))
        assert "\n" not in caught.value.message.en and (
            word in caught.value.message.en or "exit" in caught.value.message.en
        )
