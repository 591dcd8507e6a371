"""What the tools returned (tests/oracles), and our walkthroughs of the same models, each made once a session."""

from __future__ import annotations

import functools
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from explainer.counters.predict import conventions, subject
from explainer.counters.subject import Subject
from explainer.derive.live import LiveWalkthrough
from explainer.derive.pipeline import walk_model
from explainer.source import load
from explainer.walkthrough.counted import Line

ROOT = Path(__file__).parents[1]


@functools.cache
def record(tool: str) -> dict[str, Any]:
    """One tool's record: {model: {input_shape, input_dtype, figures | error}}."""
    path = ROOT / "tests" / "oracles" / f"{tool}.json"
    models: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"]
    return models


@functools.cache
def oracle_tool(name: str) -> ModuleType:
    """A module of tools/oracles: `nets`, the small networks; `tools_run`, how each tool is asked."""
    spec = importlib.util.spec_from_file_location(f"oracle_{name}", ROOT / "tools" / "oracles" / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[f"oracle_{name}"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def walk_of(name: str) -> LiveWalkthrough:
    """The walkthrough of a recorded model on the input that the tools were given."""
    measured = record("torch")[name]
    given = torch.empty(measured["input_shape"], dtype=getattr(torch, measured["input_dtype"]), device="meta")
    nets, target = oracle_tool("nets").NETS, str(ROOT / name) if ".py" in name else name
    model = nets[name][0]().eval() if name in nets else load(target).model
    return walk_model(model, (given,), {}, name=name, source="oracles")


@functools.cache
def subject_of(name: str) -> Subject:
    """The same model as it stands before the counters."""
    return before(walk_of(name))


def before(walk: LiveWalkthrough) -> Subject:
    """A walkthrough of the default rules, with its live trace, before the counters."""
    return subject(walk.trace, walk)


def walk_of_net(model: torch.nn.Module, *inputs: torch.Tensor) -> LiveWalkthrough:
    """The walkthrough of a network of a test."""
    return walk_model(model, inputs, {}, name=type(model).__name__, source="test")


def predicted(tool: str, name: str) -> dict[str, int]:
    """The ledger's figures of one tool: by quantity, and by quantity and backend where that is not the tool's usual one."""
    counter = next(each for each in conventions() if each.name == tool)
    found = {}
    for line in counter.lines(subject_of(name)):
        assert isinstance(line, Line), f"{tool} on {name} is not predicted"
        usual = line.backend == counter.backend
        found[line.quantity if usual else f"{line.quantity}_{line.backend}"] = line.value
    return found
