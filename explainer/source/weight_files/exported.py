"""A program that `torch.export` saved (.pt2): its tensors from the JSON that describes it. Nothing is unpickled."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from explainer.i18n.bilingual import Bi, shape_text
from explainer.i18n.printable import visible
from explainer.source.weight_files.graphs import graph_note
from explainer.source.weight_files.stored import Contents, Refused, Stored

MOST_JSON = 256 * 2**20
NOT_EXPORTED = Bi(
    zh="{path} 不是torch.export存下的模型：里面没有对计算图的说明（JSON）。请用 torch.export.save 保存，或给出state_dict。",
    en="{path} is no program that torch.export saved: it has no description of its graph (JSON). Save it with "
    "torch.export.save, or give a state dict.",
)
# The numbers of torch's own schema (torch._export.serde.schema.ScalarType).
_DTYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16, 7: torch.float32,
    8: torch.float64, 9: torch.complex32, 10: torch.complex64, 11: torch.complex128, 12: torch.bool, 13: torch.bfloat16,
    28: torch.uint16, 29: torch.float8_e4m3fn, 30: torch.float8_e5m2, 31: torch.float8_e4m3fnuz, 32: torch.float8_e5m2fnuz,
    33: torch.float8_e8m0fnu, 34: torch.uint32, 35: torch.uint64,
}  # fmt: skip


def read(path: Path) -> Contents:
    """Parameters and buffers by name, shape and dtype; its operators and shapes as a note. Raises Refused."""
    try:
        program = _program(path)
        graph = program["graph_module"]["graph"]
        specs = program["graph_module"]["signature"]["input_specs"]
        tensors = [stored for spec in specs if (stored := _stored(spec, graph["tensor_values"]))]
        note = _note(path, graph, specs)
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(NOT_EXPORTED.format(path=visible(str(path))), whole=True) from error
    return Contents(tensors, (note,))


def _program(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            inside = entry.filename.partition("/")[2]
            is_model = inside.startswith("models/") and inside.endswith(".json")
            if (
                is_model or entry.filename.endswith("serialized_exported_program.json")
            ) and entry.file_size <= MOST_JSON:
                return json.loads(archive.read(entry))
    raise KeyError("models")


def _stored(spec: Any, values: Any) -> Stored | None:
    """A parameter or a buffer among the graph's inputs."""
    for kind, name in (
        ("parameter", "parameter_name"),
        ("buffer", "buffer_name"),
        ("tensor_constant", "tensor_constant_name"),
    ):
        if kind in spec:
            meta = values[spec[kind]["arg"]["name"]]
            shape = tuple(int(size["as_int"]) for size in meta["sizes"])
            return Stored(str(spec[kind][name]), shape, _DTYPES[meta["dtype"]], kind == "parameter")
    return None


def _note(path: Path, graph: Any, specs: Any) -> Bi:
    operators = Counter(
        str(node["target"]).removeprefix("torch.ops.aten.").partition(".")[0] for node in graph["nodes"]
    )
    values = graph["tensor_values"]
    given = [
        values[spec["user_input"]["arg"]["as_tensor"]["name"]]
        for spec in specs
        if "as_tensor" in spec.get("user_input", {}).get("arg", {})
    ]
    made = [values[one["as_tensor"]["name"]] for one in graph["outputs"] if "as_tensor" in one]
    return graph_note(path, operators, [_sizes(one) for one in given], [_sizes(one) for one in made])


def _sizes(meta: Any) -> str:
    sizes = [size.get("as_int", "?") for size in meta["sizes"]]
    return shape_text(sizes) if sizes and all(isinstance(size, int) for size in sizes) else "×".join(map(str, sizes))
