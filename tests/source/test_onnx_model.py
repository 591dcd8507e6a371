"""ONNX graphs, made here by onnx's own helper, run by shapes as torch's layers and functions: what each operator is, counts and costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from explainer.targets import walk_target
from explainer.walkthrough.incomplete import incomplete
from explainer.walkthrough.verdict import Verdict

onnx = pytest.importorskip("onnx")
numpy = pytest.importorskip("numpy")
node = onnx.helper.make_node
FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def weight(name: str, *shape: int) -> Any:
    return onnx.numpy_helper.from_array(numpy.zeros(shape, "float32"), name)


def number(name: str, value: Any) -> Any:
    return onnx.numpy_helper.from_array(numpy.array(value), name)


def walked(path: Path, nodes: list[Any], weights: list[Any], given: list[Any], made: list[Any], *inputs: str) -> Any:
    """The file with this graph, written, checked by onnx, and walked."""
    infos = [onnx.helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in given]
    outs = [onnx.helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in made]
    graph = onnx.helper.make_graph(nodes, "g", infos, outs, weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path / "net.onnx"))
    return walk_target(str(path / "net.onnx"), inputs)


def figures(walk: Any) -> list[tuple[str, str, tuple[int, ...], int, int | None]]:
    return [
        (one.path, one.type, one.call.output_shapes[0], one.counted, one.macs.value if one.macs else None)
        for one in walk.layers
    ]


PICTURE = [("x", FLOAT, ["batch", 3, 8, 8])]


def test_layers_have_the_names_shapes_and_formulas_of_the_file(tmp_path: Path) -> None:
    walk = walked(
        tmp_path,
        [
            node("Conv", ["x", "onnx::Conv_7", "c.bias"], ["a"], pads=[1, 1, 1, 1]),
            node("BatchNormalization", ["a", "n.weight", "n.bias", "n.mean", "n.var"], ["b"]),
            node("Relu", ["b"], ["r"]),
            node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
            node("ConvTranspose", ["p", "up.weight", "up.bias"], ["u"], strides=[2, 2]),
            node("GlobalAveragePool", ["u"], ["q"]),
            node("Shape", ["q"], ["s"]),
            node("Gather", ["s", "zero"], ["first"]),
            node("Unsqueeze", ["first", "axis"], ["batch_size"]),
            node("Concat", ["batch_size", "rest"], ["shape"], axis=0),
            node("Reshape", ["q", "shape"], ["f"]),
            node("Gemm", ["f", "fc.weight", "fc.bias"], ["g"], transB=1),
            node("MatMul", ["g", "onnx::MatMul_9"], ["product"]),
            node("Add", ["proj.bias", "product"], ["added"]),
            node("LayerNormalization", ["added", "ln.weight", "ln.bias"], ["y"]),
        ],
        [
            *(weight("onnx::Conv_7", 4, 3, 3, 3), weight("c.bias", 4)),
            *(weight(f"n.{name}", 4) for name in ("weight", "bias", "mean", "var")),
            *(weight("up.weight", 4, 6, 2, 2), weight("up.bias", 6), weight("fc.weight", 10, 6), weight("fc.bias", 10)),
            *(weight("onnx::MatMul_9", 10, 5), weight("proj.bias", 5), weight("ln.weight", 5), weight("ln.bias", 5)),
            *(number("zero", 0), number("axis", [0]), number("rest", [-1])),
        ],
        PICTURE,
        [("y", ["batch", 5])],
    )
    assert figures(walk) == [
        ("c", "Conv2d", (1, 4, 8, 8), 112, 6912),
        ("n", "BatchNorm2d", (1, 4, 8, 8), 8, None),
        ("relu", "relu", (1, 4, 8, 8), 0, None),
        ("max_pool2d", "max_pool2d", (1, 4, 4, 4), 0, None),
        ("up", "ConvTranspose2d", (1, 6, 8, 8), 102, 1536),
        ("adaptive_avg_pool2d", "adaptive_avg_pool2d", (1, 6, 1, 1), 0, None),
        ("reshape", "reshape", (1, 6), 0, None),
        ("fc", "Linear", (1, 10), 70, 60),
        ("proj", "Linear", (1, 5), 55, 50),
        ("ln", "LayerNorm", (1, 5), 10, None),
    ]
    assert walk.complete and walk.totals.params == 357 and walk.totals.buffers == 8
    assert (walk.macs.value, walk.macs.verdict) == (8558, Verdict.AGREES)


@pytest.mark.parametrize(("operator", "gates", "name"), [("LSTM", 4, "LSTM"), ("GRU", 3, "GRU"), ("RNN", 1, "RNN")])
@pytest.mark.parametrize("directions", [1, 2])
def test_recurrent_layers(tmp_path: Path, operator: str, gates: int, name: str, directions: int) -> None:
    rows = gates * 7
    way = "forward" if directions == 1 else "bidirectional"
    walk = walked(
        tmp_path,
        [node(operator, ["x", "W", "R", "B"], ["y"], hidden_size=7, direction=way)],
        [weight("W", directions, rows, 5), weight("R", directions, rows, 7), weight("B", directions, 2 * rows)],
        [("x", FLOAT, [9, 2, 5])],
        [("y", [9, directions, 2, 7])],
    )
    assert walk.complete and walk.layers[0].type == name
    assert walk.totals.params == directions * rows * (5 + 7 + 2)
    assert walk.macs.value == directions * 9 * 2 * rows * (5 + 7)


def test_attention_in_pieces_and_a_table_that_is_added(tmp_path: Path) -> None:
    walk = walked(
        tmp_path,
        [
            node("Gather", ["emb.weight", "ids"], ["e"]),
            *(node("MatMul", ["e", "wq"], ["q"]), node("MatMul", ["e", "wk"], ["k"])),
            node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
            *(node("MatMul", ["q", "kt"], ["s"]), node("Mul", ["s", "scale"], ["s2"]), node("Softmax", ["s2"], ["p"])),
            *(node("MatMul", ["p", "e"], ["o"]), node("Add", ["o", "pos"], ["y"])),
        ],
        [
            *(weight("emb.weight", 100, 16), weight("wq", 16, 16), weight("wk", 16, 16), weight("pos", 1, 6, 16)),
            number("scale", numpy.float32(0.25)),
        ],
        [("ids", INT64, ["batch", 6])],
        [("y", ["batch", 6, 16])],
    )
    assert walk.complete and walk.totals.params == 1600 + 2 * 256 + 96
    assert walk.macs.value == 2 * 6 * 16 * 16 + 2 * 6 * 6 * 16
    assert [raw.params for raw in walk.raw_parameters] == [96]


def test_padding_that_follows_from_the_input(tmp_path: Path) -> None:
    walk = walked(
        tmp_path,
        [node("Conv", ["x", "W"], ["a"], auto_pad="SAME_UPPER", strides=[2, 2]), node("Conv", ["a", "V"], ["y"], auto_pad="SAME_LOWER")],
        [weight("W", 4, 3, 3, 3), weight("V", 2, 4, 3, 3)],
        [("x", FLOAT, [1, 3, 9, 8])],
        [("y", [1, 2, 5, 4])],
    )  # fmt: skip
    assert [one.call.output_shapes[0] for one in walk.layers if one.kind and one.counted] == [
        (1, 4, 5, 4),
        (1, 2, 5, 4),
    ]
    assert walk.complete and walk.macs.value == 20 * 4 * 27 + 20 * 2 * 36


def test_an_unknown_operator_ends_the_pass_and_is_named(tmp_path: Path) -> None:
    walk = walked(
        tmp_path,
        [node("Conv", ["x", "W"], ["a"]), node("Odd", ["a"], ["b"], domain="mine"), node("Conv", ["b", "V"], ["y"])],
        [weight("W", 4, 3, 1, 1), weight("V", 2, 4, 1, 1)],
        PICTURE,
        [("y", ["batch", 2, 8, 8])],
    )
    assert not walk.complete and walk.macs.at_least and walk.macs.value == 64 * 12
    assert walk.run.stopped.operation == "mine.Odd" and walk.run.stopped.of_file
    assert "--real" not in incomplete(walk)[0].en and "opset" in incomplete(walk)[0].zh
    assert walk.totals.params == 12 + 8 and [one.path for one in walk.not_reached] == ["Conv_1"]


def test_a_shape_that_is_not_the_recorded_one_ends_the_pass(tmp_path: Path) -> None:
    """An independent witness: the shapes that the exporter wrote down."""
    walk = walked(
        tmp_path,
        [node("Conv", ["x", "W"], ["a"]), node("Odd", ["a"], ["y"], domain="mine")],
        [weight("W", 4, 3, 1, 1)],
        [("x", FLOAT, [1, 3, 8, 8])],
        [("a", [1, 5, 8, 8]), ("y", [1])],
    )
    assert not walk.complete and "records (1, 5, 8, 8)" in walk.run.stopped.reason


def test_another_input_than_the_files(tmp_path: Path) -> None:
    nodes, weights = [node("Conv", ["x", "W"], ["y"])], [weight("W", 4, 3, 1, 1)]
    walk = walked(tmp_path, nodes, weights, PICTURE, [("y", ["batch", 4, 8, 8])], "2,3,16,16")
    assert walk.complete and walk.macs.value == 2 * 256 * 12


def test_a_graph_of_no_layers_is_a_list_of_tensors(tmp_path: Path) -> None:
    walk = walked(tmp_path, [node("Add", ["x", "w"], ["y"])], [weight("w", 3)], PICTURE, [("y", ["batch", 3, 8, 8])])
    assert walk.run.weights_only and walk.totals.params == 3
