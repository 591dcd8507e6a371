"""`vgg16`, `net.py:Net`, `package.module:Name` → a model built on the meta device, and an input for it."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.source import torchvision_models as zoo
from explainer.source.build import build
from explainer.source.checkpoints import ENDINGS, from_state
from explainer.source.example_input import example_of
from explainer.source.inputs import Input, InputSpec, check_batch
from explainer.source.timm_models import from_timm
from explainer.source.transformers_models import from_transformers
from explainer.source.user_code import file_imported, module_imported

NO_FILE = Bi(zh="没有这个文件：{path}。请检查路径。", en="There is no file {path}: check the path.")
NEEDS_INPUT = Bi(
    zh="不知道这个模型的输入尺寸：请加上 --input，例如 --input {example}（批量在前）。",
    en="The size of this model's input is not known: add --input, for example --input {example} (batch first).",
)


Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Loaded:
    """A model, where it came from, and example inputs on the meta device (None: nobody said).

    invented: the inputs are our guess, so that a forward pass that breaks on them is nobody's mistake.
    alternatives: other guesses, tried in turn. keywords: other arguments of the forward. weights_only: there is no forward at all, only tensors.
    """

    model: nn.Module
    name: str
    source: str
    inputs: tuple[Input, ...] | None
    invented: bool = False
    keywords: Mapping[str, Any] = field(default_factory=dict)
    weights_only: bool = False
    alternatives: tuple[tuple[Input, ...], ...] = ()


def load(target: str, arguments: Mapping[str, Any] | None = None) -> Loaded:
    """Find and build the model that `target` names.

    Raises UserError: unknown name, file that cannot be imported, class not found, wrong constructor arguments.
    """
    if target.startswith(("timm:", "hf:")):
        library, _, name = target.partition(":")
        make = from_timm if library == "timm" else from_transformers
        model, guesses, keywords = make(name, arguments or {})
        shown = Path(name).parent.name if name.endswith(".json") else name
        home = "timm" if library == "timm" else "transformers"
        return Loaded(model, shown or name, home, guesses[0], True, keywords, alternatives=guesses[1:])
    if target.endswith(ENDINGS):
        return _from_weights(Path(target))
    path, colon, name = target.rpartition(":")
    if target.endswith(".py") or (colon and path.endswith(".py")):
        return _from_file(Path(path if colon and not target.endswith(".py") else target), name, arguments or {})
    if colon:
        return _from_module(path, name, arguments or {})
    builder = zoo.builder(target)
    if builder is None:
        raise zoo.unknown(target)
    given = dict(arguments or {})
    model = build(builder, target, {"weights": None, **_no_backbone_weights(builder), **given}, shown=given)
    image = InputSpec(zoo.input_shape(target, model))
    pair = ((image, image),)  # optical flow compares two pictures
    return Loaded(model, target.lower(), "torchvision", (image,), invented=True, alternatives=pair)


def input_guesses(
    loaded: Loaded, given: Sequence[Input], real: bool = False, batch: int | None = None
) -> list[Arguments]:
    """The inputs to run with: those given, else the model's own, else our guesses. Raises UserError without any.

    batch: takes the place of every input's first dimension.
    """
    first = static_inputs(loaded, given, real, batch)
    others = () if given else loaded.alternatives
    return [first, *(_arguments(loaded, specs, real, batch) for specs in others)]


def static_inputs(loaded: Loaded, given: Sequence[Input], real: bool = False, batch: int | None = None) -> Arguments:
    """The inputs given, else the model's own or our first guess. Raises UserError if there are none."""
    specs = given or loaded.inputs
    if specs is None:
        if not _takes_input(loaded.model):
            return (), {}
        raise UserError(NEEDS_INPUT.format(example=suggested_input(loaded.model)))
    return _arguments(loaded, specs, real, batch)


def _arguments(loaded: Loaded, specs: Sequence[Input], real: bool, batch: int | None = None) -> Arguments:
    check_batch(batch)
    positional = tuple(spec.given(real, batch) for spec in specs if spec.name is None)
    named = {spec.name: spec.given(real, batch) for spec in specs if spec.name is not None}
    return positional, {**loaded.keywords, **named}


def suggested_input(model: nn.Module) -> str:
    """A likely `--input`, read off the first layer."""
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            sides = {1: "100", 2: "224,224", 3: "16,112,112"}[len(module.kernel_size)]
            return f"1,{module.in_channels},{sides}"
        if isinstance(module, nn.Linear):
            return f"1,{module.in_features}"
        if isinstance(module, nn.Embedding):
            return "1,128:int64"
        if isinstance(module, nn.RNNBase):
            return f"1,100,{module.input_size}" if module.batch_first else f"100,1,{module.input_size}"
    return "1,3,224,224"


def _takes_input(model: nn.Module) -> bool:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.default is p.empty or p.kind is p.VAR_POSITIONAL for p in parameters if p.kind is not p.VAR_KEYWORD)


def _no_backbone_weights(make: Callable[..., Any]) -> dict[str, None]:
    """Segmentation and detection models would otherwise download a backbone."""
    return {"weights_backbone": None} if "weights_backbone" in inspect.signature(make).parameters else {}


def _from_weights(path: Path) -> Loaded:
    if not path.is_file():
        raise UserError(NO_FILE.format(path=str(path)))
    return Loaded(from_state(path), path.stem, str(path), (), weights_only=True)


def _from_file(path: Path, name: str, arguments: Mapping[str, Any]) -> Loaded:
    if not path.is_file():
        raise UserError(NO_FILE.format(path=str(path)))
    with file_imported(path) as module:
        return _named(module, "" if name.endswith(".py") else name, path.name, str(path), arguments)


def _from_module(path: str, name: str, arguments: Mapping[str, Any]) -> Loaded:
    with module_imported(path) as module:
        return _named(module, name, path, path, arguments)


def _named(module: ModuleType, name: str, shown: str, source: str, arguments: Mapping[str, Any]) -> Loaded:
    """The class, function or model of that name; without a name, the only model class of the file."""
    own = [key for key, value in vars(module).items() if _is_model_class(value) and value.__module__ == module.__name__]
    if not name:
        if len(own) != 1:
            raise UserError(_which(shown, own))
        name = own[0]
    found = getattr(module, name, None)
    if found is None:
        raise UserError(_which(shown, own, name, [key for key, value in vars(module).items() if callable(value)]))
    if isinstance(found, nn.Module):
        model = found
    elif callable(found):
        model = build(found, name, dict(arguments), shown=dict(arguments))
    else:
        raise UserError(
            Bi(
                zh="{file} 里的“{name}”不是模型：应为 nn.Module 的子类，或返回模型的函数。",
                en="'{name}' in {file} is no model: it should be a subclass of nn.Module or a function that returns one.",
            ).format(file=shown, name=name)
        )
    return Loaded(model, name, source, example_of(vars(module), model, shown))


def _is_model_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module)


def _which(shown: str, own: list[str], name: str = "", callables: Sequence[str] = ()) -> Bi:
    listed = Bi("、".join(own), ", ".join(own))
    near_names = difflib.get_close_matches(name, callables or own, n=1) if name else []
    if name and (own or near_names):
        text = Bi(
            zh="{file} 里没有“{name}”。{classes}{near}",
            en="{file} has no '{name}'.{classes}{near}",
        )
    elif own:
        text = Bi(
            zh="{file} 里有几个模型类：{own}。请指明一个，例如 {file}:{first}。",
            en="{file} has several model classes: {own}. Name one, for example {file}:{first}.",
        )
    else:
        text = Bi(
            zh="{file} 里没有模型类（nn.Module的子类）。",
            en="{file} has no model class (no subclass of nn.Module).",
        )
    near = Bi(f"是不是想写 {near_names[0]}？", f" Did you mean {near_names[0]}?") if near_names else same("")
    classes = Bi(f"其中的模型类有：{listed.zh}。", f" Its model classes: {listed.en}.") if own else same("")
    first = own[-1] if own else ""
    return text.format(classes=classes, near=near, file=shown, name=name, own=listed, first=first)
