"""A file of weights is counted, and ticked against nothing: it has no model and no pass."""

import pytest
import torch
from torch import nn

from explainer.api import explain_source
from explainer.walkthrough.verdict import Verdict


def tied():
    first = torch.zeros(6, 4)
    return {"tokens.weight": first, "head.weight": first, "head.bias": torch.zeros(6)}


def normed(half=False):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    state = model.state_dict()
    return {name: tensor.half() for name, tensor in state.items()} if half else state


FILES = {
    "ties are one tensor": (tied, 6 * 4 + 6, 0),
    "equal numbers in two storages are two": (
        lambda: {"a.weight": torch.zeros(6, 4), "b.weight": torch.zeros(6, 4)},
        48,
        0,
    ),
    "statistics are no parameters": (normed, 3 * 4 * 9 + 4 + 8, 4 + 4 + 1),
    "not in half precision either": (lambda: normed(half=True), 3 * 4 * 9 + 4 + 8, 4 + 4 + 1),
    "complex numbers are numbers": (lambda: {"w": torch.zeros(3, 4, dtype=torch.complex64)}, 12, 0),
    "int8 weights": (
        lambda: {"l.weight": torch.zeros(8, 16, dtype=torch.int8), "l.scale": torch.zeros(8).half()},
        136,
        0,
    ),
    "packed int8 weights, the outputs' scale is none": (
        lambda: nn.Module.state_dict(
            torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(10, 5)), {nn.Linear}, dtype=torch.qint8)
        ),
        10 * 5 + 5,
        2,
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", FILES)
def test_what_is_counted(case, tmp_path):
    make, params, buffers = FILES[case]
    torch.save(make(), tmp_path / "w.pt")
    lesson = explain_source(str(tmp_path / "w.pt"), lang="en")
    assert (lesson.totals.params, lesson.totals.buffers) == (params, buffers)
    assert lesson.totals.verdict is Verdict.UNCHECKED


def test_nothing_is_ticked_and_what_cannot_be_known_is_said(run, tmp_path):
    torch.save({"f.weight": torch.zeros(6, 6), "f.bias": torch.zeros(6), "pe": torch.zeros(100, 6)}, tmp_path / "w.pt")
    ran = run(tmp_path / "w.pt", "--lang", "zh,en", "-o", tmp_path / "w.md", "-o", tmp_path / "w.json")
    assert (ran.code, ran.err) == (0, "")
    page = (tmp_path / "w.md").read_text()
    assert "✓" not in page
    assert "642" in page  # 36+6+600: whether the table is a parameter nobody can say
    assert "未核对" in page
    assert "which are buffers the file does not say" in page
    assert "trainable and which are frozen" in page
    assert "All 642" not in page
    assert "not reached" not in page
    again = run(tmp_path / "w.json", "--lang", "en")
    assert again.code == 0
    assert "✓" not in again.out


def test_its_json_has_no_pass(tmp_path):
    torch.save(normed(), tmp_path / "w.pt")
    data = explain_source(str(tmp_path / "w.pt"), lang="en").to_dict()
    assert data["completeness"] == {"complete": True, "stopped": None, "without_rule": []}
    assert data["cost"]["macs"] == {"value": None, "torch": None, "verdict": "unchecked", "at_least": False}
    assert data["cost"]["flops"] is None
    assert data["totals"]["trainable"] is data["totals"]["frozen"] is None
    assert data["totals"]["params"]["verdict"] == "unchecked"
    assert data["checks"]["agrees"] == 0
