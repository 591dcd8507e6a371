"""Weight files that do not add up: each is a sentence, and no file has more tensors than it has bytes for."""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explainer.cli.console import main
from explainer.errors import UserError
from explainer.source import load

GOOD = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}


def safetensors(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4), **more: Any) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}, **more}


BAD = {
    "empty": b"",
    "seven bytes": b"1234567",
    "length only": struct.pack("<Q", 10),
    "length beyond the file": struct.pack("<Q", 10**6) + b"{}",
    "length of all memory": struct.pack("<Q", 2**63) + b"{}",
    "no JSON": safetensors(b"hello"),
    "deep JSON": safetensors(b"[" * 200_000),
    "a list": safetensors([]),
    "no tensors": safetensors({}),
    "metadata alone": safetensors({"__metadata__": {"format": "pt"}}),
    "metadata of numbers": safetensors({"__metadata__": {"x": 3}, **GOOD}, b"1234"),
    "shape beyond the bytes": safetensors(entry(shape=[1_000_000]), b"1234"),
    "shape below the bytes": safetensors(entry(shape=[1], offsets=[0, 8]), b"12345678"),
    "no bytes at all": safetensors(entry(shape=[2, 2], offsets=[0, 0])),
    "offsets beyond the file": safetensors(entry(offsets=[0, 4])),
    "offsets backwards": safetensors(entry(offsets=[4, 0]), b"1234"),
    "a gap": safetensors(entry(offsets=[4, 8]), b"12345678"),
    "bytes left over": safetensors(entry(), b"12345678"),
    "overlapping": safetensors({**GOOD, "b": GOOD["a"]}, b"1234"),
    "negative sizes": safetensors(entry(shape=[-1]), b"1234"),
    "fractions": safetensors(entry(shape=[1.5]), b"1234"),
    "sizes as text": safetensors(entry(shape=["1"]), b"1234"),
    "sizes that overflow": safetensors(entry(shape=[2**62, 2**62, 2**62], offsets=[0, 0])),
    "zero and overflow": safetensors(entry(shape=[0, 2**62, 2**62], offsets=[0, 0])),
    "unknown dtype": safetensors(entry("F33"), b"1234"),
    "half a byte": safetensors(entry("F4", [8]), b"1234"),
    "six bits": safetensors(entry("F6_E2M3", [4], [0, 3]), b"123"),
    "no dtype": safetensors({"a": {"shape": [1], "data_offsets": [0, 4]}}, b"1234"),
    "deep names": safetensors({".".join("x" * 5000): GOOD["a"]}, b"1234"),
    **{
        f"the name {name!r}": safetensors({name: GOOD["a"]}, b"1234")
        for name in ("", ".", "a..b", "a.training", "forward", "_parameters.a", "__class__")
    },
    "a long name": safetensors({"x" * 100_000: GOOD["a"]}, b"1234"),
    "half a character": safetensors(b'{"\\ud800": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', b"1234"),
}


def saved(content: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def larger(by: int) -> bytes:
    """A pickle whose storage says that it is larger than its bytes."""
    source, target = zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(1000)}))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for info in source.infolist():
            data = source.read(info)
            if info.filename.endswith("data.pkl"):
                data = data.replace(struct.pack("<BH", 0x4D, 1000), struct.pack("<Bi", 0x4A, by))
            archive.writestr(info.filename, data)
    return target.getvalue()


def packed() -> bytes:
    source, target = zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(10**6)}))), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            archive.writestr(info.filename, source.read(info))
    return target.getvalue()


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("/tmp/explainer-harmed", "w"))


BAD_PICKLES = {
    "empty": b"",
    "text": b"hello",
    "a whole model": saved(nn.Linear(2, 3)),
    "code": pickle.dumps({"a": Harmful()}),
    "code in torch's format": saved({"a": Harmful()}),
    "a list of numbers": saved([3, 4]),
    "no tensors": saved({"epoch": 3}),
    "a storage beyond the file": larger(10**9),
    "compressed": packed(),
    "cut short": saved({"a": torch.zeros(1000)})[:-600],
    "deep": b"\x80\x02" + b"(" * 100_000 + b".",
}


def _refused(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for lang in ("en", "zh"):
        assert main([str(path), "--lang", lang]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1 and len(said.err) < 1000
        assert "internal error" not in said.err and "内部出错" not in said.err
        assert ("cannot be read as weights" if lang == "en" else "不能作为权重文件读取") in said.err


@pytest.mark.parametrize("name", BAD)
def test_a_safetensors_file_that_does_not_add_up(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.safetensors").write_bytes(BAD[name])
    _refused(tmp_path / "x.safetensors", capsys)


@pytest.mark.parametrize("name", BAD_PICKLES)
def test_a_pickle_that_does_not_add_up(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.pt").write_bytes(BAD_PICKLES[name])
    _refused(tmp_path / "x.pt", capsys)
    assert not Path("/tmp/explainer-harmed").exists()


DTYPES = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 1),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_of_whole_bytes_is_listed(dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(safetensors(entry(dtype, [3], [0, 3 * DTYPES[dtype]]), bytes(3 * DTYPES[dtype])))
    tensors = load(str(path)).model.state_dict()
    assert [(name, tuple(t.shape), t.element_size()) for name, t in tensors.items()] == [("a", (3,), DTYPES[dtype])]
    assert main([str(path), "-o", str(tmp_path / "x.md"), "-o", str(tmp_path / "x.json")]) == 0


NAMES = ("a.b", "\x1b[2J", "\u202eabc", "a b", "层.权重", "params/kernel", "0")


def test_odd_names_are_listed_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = {
        name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(("a", *NAMES))
    }
    path = tmp_path / "x.safetensors"
    path.write_bytes(safetensors(header, bytes(4 * len(header))))
    assert main([str(path), "--lang", "en", "-o", str(tmp_path / "x.json")]) == 0
    assert json.loads((tmp_path / "x.json").read_text())["totals"]["params"]["torch"] == len(header)
    assert main([str(path), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said and "\\u001b" in said


def test_shared_and_expanded_tensors_are_right(tmp_path: Path) -> None:
    one = torch.zeros(1000)
    path = tmp_path / "x.pt"
    torch.save({"a": one, "b": one, "c": one[10:20], "d": torch.zeros(1).expand(10**6), "e": one.half()}, path)
    assert {name: tuple(t.shape) for name, t in load(str(path)).model.state_dict().items()} == {
        "a": (1000,),
        "b": (1000,),
        "c": (10,),
        "d": (10**6,),
        "e": (1000,),
    }


sizes = st.one_of(st.integers(-2, 5), st.integers(0, 2**64), st.floats(), st.text(max_size=3), st.none())
offsets = st.one_of(st.integers(-4, 40), st.integers(0, 2**64))
described = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.one_of(st.sampled_from([*DTYPES, "F4", "F6_E3M2"]), st.text(max_size=5), st.integers()),
        "shape": st.one_of(st.lists(sizes, max_size=4), st.integers(), st.none()),
        "data_offsets": st.one_of(st.lists(offsets, max_size=3), st.none()),
        "more": st.integers(),
    },
)
headers = st.dictionaries(st.text(max_size=8), st.one_of(described, st.none(), st.integers()), max_size=4)
GOOD_FILES = [safetensors(GOOD, b"1234"), saved({"a": torch.zeros(3, 4), "b.c": torch.zeros(5)})]


def _sound(path: Path, data: bytes) -> None:
    """Refused in a sentence, or tensors that the file has the bytes for."""
    path.write_bytes(data)
    try:
        tensors = load(str(path)).model.state_dict()
    except UserError as error:
        said = error.message.en
        if said.endswith(".") and "\n" not in said:
            return
        raise
    needed = sum(math.prod(t.shape) * t.element_size() for t in tensors.values())
    assert needed <= len(data) + 2**20


@settings(max_examples=150)
@given(header=headers, length=st.integers(0, 40))
def test_any_header(tmp_path_factory: pytest.TempPathFactory, header: dict[str, Any], length: int) -> None:
    _sound(tmp_path_factory.getbasetemp() / "any.safetensors", safetensors(header, bytes(length)))


@settings(max_examples=150)
@given(
    good=st.sampled_from([0, 1]),
    at=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4)), max_size=3),
    cut=st.integers(0, 2000),
)
def test_good_files_with_bytes_changed(
    tmp_path_factory: pytest.TempPathFactory, good: int, at: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(GOOD_FILES[good])
    for place, piece in at:
        data[place % len(data) : place % len(data) + len(piece)] = piece
    kept = bytes(data[: len(data) - cut] if cut < len(data) // 2 else data)
    _sound(tmp_path_factory.getbasetemp() / f"changed.{('safetensors', 'pt')[good]}", kept)
