"""Files of weights of every kind, made here by the libraries that write them; nothing in them is ever run."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from explainer.cli.console import main
from explainer.errors import UserError
from explainer.source import load


class Net(nn.Module):
    """108 + 4 parameters, 8 and 9 numbers of a batch norm, 514."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.n, self.f = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(256, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.f(self.n(self.c(x)).flatten(1))


PARAMETERS, BUFFERS = 634, 9


def counted(path: Path | str) -> tuple[int, int]:
    model = load(str(path)).model
    return sum(p.numel() for p in model.parameters()), sum(b.numel() for b in model.buffers())


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return Net().state_dict()


WRAPPED: dict[str, Any] = {
    "alone": lambda state: state,
    "state_dict": lambda state: {"epoch": 3, "state_dict": state, "optimizer": {"state": {0: {"m": torch.zeros(9)}}}},
    "net": lambda state: {"net": state, "acc": 91.2},
    "ema": lambda state: {"ema": state},
    "model within": lambda state: {"model": {"state_dict": state}, "optimizer": {}},
    "a name of one's own": lambda state: {"backbone": state, "epoch": 1},
    "DataParallel": lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
    "DataParallel, compiled": lambda state: {f"module._orig_mod.{name}": tensor for name, tensor in state.items()},
    "Lightning": lambda state: {
        "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
        "hyper_parameters": {"lr": 0.1},
        "callbacks": {},
    },
    "with a Namespace": lambda state: {"model": state, "args": argparse.Namespace(lr=0.1, data="x")},
    "float16": lambda state: {name: tensor.half() for name, tensor in state.items()},
    "complex": lambda state: {
        name: tensor.to(torch.complex64) if "f." in name else tensor for name, tensor in state.items()
    },
    "tied": lambda state: {**state, "again.weight": state["f.weight"]},
}


@pytest.mark.parametrize("ending", [".pt", ".PTH"])
@pytest.mark.parametrize("case", WRAPPED)
def test_checkpoints_under_any_key(case: str, ending: str, state: dict[str, Any], tmp_path: Path) -> None:
    torch.save(WRAPPED[case](state), tmp_path / f"x{ending}")
    assert counted(tmp_path / f"x{ending}") == (PARAMETERS, BUFFERS)


def test_two_nets_of_a_checkpoint_are_both_there(state: dict[str, Any], tmp_path: Path) -> None:
    torch.save({"netG": state, "netD": {"a": torch.zeros(5)}, "optimizer_G": {"x": torch.zeros(99)}}, tmp_path / "x.pt")
    assert counted(tmp_path / "x.pt") == (PARAMETERS + 5, BUFFERS)


def test_a_list_of_tensors_has_numbers_for_names(tmp_path: Path) -> None:
    torch.save([torch.zeros(3), [torch.zeros(2, 2)]], tmp_path / "x.pt")
    assert sorted(load(str(tmp_path / "x.pt")).model.state_dict()) == ["0", "1.0"]


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("/tmp/explainer-harmed-too", "w"))


@pytest.mark.parametrize(
    "content",
    [Net(), {"model": Net()}, Harmful(), {"args": Harmful()}],
    ids=["a model", "a model in a checkpoint", "code", "code beside nothing"],
)
def test_whole_models_and_code_are_refused(content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(content, tmp_path / "x.pt")
    for lang in ("zh", "en"):
        assert main([str(tmp_path / "x.pt"), "--lang", lang]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1 and "state_dict" in said.err
    assert not Path("/tmp/explainer-harmed-too").exists()


def test_code_beside_the_weights_is_not_run(state: dict[str, Any], tmp_path: Path) -> None:
    torch.save({"state_dict": state, "config": Harmful()}, tmp_path / "x.ckpt")
    assert counted(tmp_path / "x.ckpt") == (PARAMETERS, BUFFERS)
    assert not Path("/tmp/explainer-harmed-too").exists()


def test_quantised_weights_are_numbers_too(tmp_path: Path) -> None:
    weight = torch.quantize_per_tensor(torch.zeros(5, 10), 0.1, 0, torch.qint8)
    torch.save({"f.weight": weight, "f.bias": torch.zeros(5)}, tmp_path / "x.pt")
    model = load(str(tmp_path / "x.pt")).model
    assert {name: (tuple(t.shape), t.dtype) for name, t in model.state_dict().items()} == {
        "f.weight": ((5, 10), torch.int8),
        "f.bias": ((5,), torch.float32),
    }
    assert counted(tmp_path / "x.pt") == (55, 0)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.int8, torch.uint8, torch.bfloat16, torch.complex64])
def test_safetensors_of_every_precision(dtype: torch.dtype, tmp_path: Path) -> None:
    save_file({"l.weight": torch.zeros(4, 4).to(dtype), "l.scale": torch.zeros(4)}, tmp_path / "x.SAFETENSORS")
    assert counted(tmp_path / "x.SAFETENSORS") == (20, 0)


@pytest.mark.parametrize("how", ["script", "trace", "freeze"])
def test_torchscript_without_running_it(how: str, tmp_path: Path) -> None:
    net, x = Net().eval(), torch.zeros(1, 3, 8, 8)
    made: Any = torch.jit.trace(net, x) if how == "trace" else torch.jit.script(net)
    if how == "freeze":
        made = torch.jit.freeze(made)
    torch.jit.save(made, tmp_path / "x.pt")
    loaded = load(str(tmp_path / "x.pt"))
    if how == "freeze":  # its batch norm is folded, and its tensors have no names
        assert sum(p.numel() for p in loaded.model.parameters()) >= 108 + 4 + 512
    else:
        assert counted(tmp_path / "x.pt") == (PARAMETERS, BUFFERS)
        assert {"c.weight", "n.running_mean", "f.bias"} <= set(loaded.model.state_dict())
    assert "TorchScript" in loaded.notes[0].en


def test_an_exported_program_without_running_it(tmp_path: Path) -> None:
    program = torch.export.export(Net().eval(), (torch.zeros(1, 3, 8, 8),))
    torch.export.save(program, tmp_path / "x.pt2")
    loaded = load(str(tmp_path / "x.pt2"))
    assert counted(tmp_path / "x.pt2") == (PARAMETERS, BUFFERS)
    assert set(loaded.model.state_dict()) == set(Net().state_dict())
    assert "conv2d ×1" in loaded.notes[0].en and "1×3×8×8" in loaded.notes[0].en and "1×2" in loaded.notes[0].zh


def test_an_index_of_parts(state: dict[str, Any], tmp_path: Path) -> None:
    names = sorted(state)
    parts = {"a.safetensors": names[:4], "b.safetensors": names[4:]}
    for part, inside in parts.items():
        save_file({name: state[name] for name in inside}, tmp_path / part)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {name: part for part, inside in parts.items() for name in inside}}))
    assert counted(index) == (PARAMETERS, BUFFERS)
    assert load(str(index)).name == tmp_path.name
    assert counted(tmp_path) == (PARAMETERS, BUFFERS), "a folder without a configuration is its weights"
    (tmp_path / "b.safetensors").unlink()
    with pytest.raises(UserError, match=r"b\.safetensors"):
        load(str(index))
    for bad in ("{}", "[1]", '{"weight_map": {"a": "../b.safetensors"}}', '{"weight_map": {"a": 3}}', "no"):
        index.write_text(bad)
        with pytest.raises(UserError):
            load(str(index))


def test_a_folder_with_a_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "tiny-bert"
    folder.mkdir()
    settings = {
        "model_type": "bert",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "vocab_size": 50,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "small.json").write_text(json.dumps(settings))
    found = {
        target: load(target)
        for target in (str(folder), f"hf:{folder}", f"{folder}/config.json", f"hf:{folder}/small.json")
    }
    assert len({sum(p.numel() for p in one.model.parameters()) for one in found.values()}) == 1
    assert [one.name for one in found.values()] == ["tiny-bert", "tiny-bert", "tiny-bert", "small"]


def onnx_model(path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    net = Net().eval().state_dict()

    def weight(name: str, tensor: torch.Tensor) -> Any:
        return numpy_helper.from_array(tensor.numpy(), name)

    nodes = [
        helper.make_node("Conv", ["x", "onnx::Conv_7", "c.bias"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["a", "n.weight", "n.bias", "n.running_mean", "n.running_var"], ["b"]),
        helper.make_node("Flatten", ["b"], ["d"]),
        helper.make_node("Gemm", ["d", "f.weight", "f.bias"], ["y"], transB=1),
    ]
    weights = [
        weight("onnx::Conv_7" if name == "c.weight" else name, tensor) for name, tensor in net.items() if tensor.dim()
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["batch", 2])],
        weights,
    )
    onnx.checker.check_model(helper.make_model(graph))
    onnx.save(helper.make_model(graph), str(path))


def test_a_real_onnx_file(tmp_path: Path) -> None:
    onnx_model(tmp_path / "net.onnx")
    loaded = load(str(tmp_path / "net.onnx"))
    assert counted(tmp_path / "net.onnx") == (PARAMETERS, 8)
    assert {"c.weight", "c.bias", "n.running_mean", "f.weight"} <= set(loaded.model.state_dict())
    for text in (loaded.notes[0].zh, loaded.notes[0].en):
        assert "Conv ×1" in text and "batch×3×8×8" in text and "batch×2" in text
    assert main([str(tmp_path / "net.onnx"), "-o", str(tmp_path / "x.json"), "-o", str(tmp_path / "x.md")]) == 0
    assert json.loads((tmp_path / "x.json").read_text())["totals"]["params"]["value"] == PARAMETERS


def test_a_real_gguf_file(tmp_path: Path) -> None:
    gguf, numpy = pytest.importorskip("gguf"), pytest.importorskip("numpy")
    writer = gguf.GGUFWriter(str(tmp_path / "w.gguf"), "llama")
    writer.add_block_count(22)
    writer.add_embedding_length(2048)
    writer.add_tensor("blk.0.attn_q.weight", numpy.zeros((4, 32), dtype=numpy.float32))
    packed = gguf.quants.quantize(numpy.zeros((8, 64), dtype=numpy.float32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("output.weight", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    loaded = load(str(tmp_path / "w.gguf"))
    assert {name: tuple(t.shape) for name, t in loaded.model.state_dict().items()} == {
        "blk.0.attn_q.weight": (4, 32),
        "output.weight": (8, 64),
    }
    assert counted(tmp_path / "w.gguf") == (128 + 512, 0)
    assert (
        loaded.notes[1].en
        == "Q8_0: 512 numbers in blocks of 32, 34 bytes a block (8.5 bits a number), 512/32 × 34 = 544 bytes."
    )
    assert "llama: block_count=22, embedding_length=2048" in loaded.notes[2].zh
    assert "Q8_0 ×1" in loaded.notes[0].zh and str(128 * 4 + 512 * 34 // 32) in loaded.notes[0].en


@pytest.mark.parametrize(("ending", "library"), [(".onnx", "onnx"), (".gguf", "gguf")])
def test_without_its_library_a_file_says_what_to_install(
    ending: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / f"x{ending}").write_bytes(b"anything")
    with pytest.raises(UserError) as caught:
        load(str(tmp_path / f"x{ending}"))
    for text in (caught.value.message.zh, caught.value.message.en):
        assert f"pip install 'explainer[{library}]'" in text


@pytest.mark.parametrize("ending", [".onnx", ".gguf", ".pt2", ".pt", ".safetensors", ".index.json", ".tar"])
@pytest.mark.parametrize(
    "data", [b"", b"onnx-dummy\n", b"GGUF\x03\0\0\0" + b"\xff" * 60, b"PK\x03\x04" + bytes(40), bytes(500)]
)
def test_a_file_that_is_something_else(
    ending: str, data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"x{ending}"
    path.write_bytes(data)
    for lang in ("zh", "en"):
        assert main([str(path), "--lang", lang]) == 2
        said = capsys.readouterr()
        assert (
            said.out == ""
            and said.err.count("\n") == 1
            and "internal error" not in said.err
            and "内部出错" not in said.err
        )


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("e.pt", b"", "the file is empty"),
        ("e.safetensors", b"", "the file is empty"),
        ("e.gguf", b"", "the file is empty"),
        ("t.pt", b"hello", "no file that torch.save wrote"),
        ("z.pth", bytes(4096), "no file that torch.save wrote"),
    ],
)
def test_what_is_no_file_of_weights_is_said_plainly(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError) as refused:
        load(str(tmp_path / name))
    assert (
        why in refused.value.message.en and "空" in refused.value.message.zh
    ) or "torch.save" in refused.value.message.zh


@pytest.mark.parametrize("target", ["", " ", "hf:", "timm:"])
def test_a_name_that_is_missing(target: str) -> None:
    with pytest.raises(UserError, match="name of a model is missing"):
        load(target)


def test_a_folder_names_a_file_that_stands_in_it(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "util.py").write_text("x = 1")
    (tmp_path / "models" / "net.py").write_text("import torch.nn as nn\nclass Net(nn.Module):\n    pass\n")
    with pytest.raises(UserError) as refused:
        load(str(tmp_path))
    assert str(tmp_path / "models" / "net.py") in refused.value.message.zh
