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

from explainer.derive.pipeline import walk_model
from explainer.source import load
from explainer.walkthrough.model import Walkthrough

ROOT = Path(__file__).parents[1]


@functools.cache
def record(tool: str) -> dict[str, Any]:
    """One tool's record: {model: {input_shape, input_dtype, figures | error}}."""
    path = ROOT / "tests" / "oracles" / f"{tool}.json"
    models: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"]
    return models


@functools.cache
def small_nets() -> ModuleType:
    """tools/oracles/nets.py."""
    spec = importlib.util.spec_from_file_location("oracle_nets", ROOT / "tools" / "oracles" / "nets.py")
    assert spec and spec.loader
    module = sys.modules["oracle_nets"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def walk_of(name: str) -> Walkthrough:
    """The walkthrough of a recorded model on the input that the tools were given."""
    measured = record("torch")[name]
    given = torch.empty(measured["input_shape"], dtype=getattr(torch, measured["input_dtype"]), device="meta")
    nets, target = small_nets().NETS, str(ROOT / name) if ".py" in name else name
    model = nets[name][0]().eval() if name in nets else load(target).model
    return walk_model(model, (given,), {}, name=name, source="oracles")
