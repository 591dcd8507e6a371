"""`vgg16`, `net.py:Net`, `package.module:Name` → a model built on the meta device, and an input for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.lean_torch.kernels import note_default_type
from explainer.source import torchvision_models as zoo
from explainer.source.build import build
from explainer.source.example_input import example_of
from explainer.source.failing_code import Failure
from explainer.source.inputs import Input, InputSpec, check_batch
from explainer.source.model_folders import is_model_folder, weights_in
from explainer.source.named import model_named
from explainer.source.onnx_model.graph import OnnxGraph
from explainer.source.own_type import own_type
from explainer.source.recipe import MadeBy
from explainer.source.timm_models import from_timm
from explainer.source.transformers_inputs import better_inputs
from explainer.source.transformers_models import from_transformers, name_of
from explainer.source.unknown_names import ADDRESS, NO_FILE, unknown_model
from explainer.source.untrained import untrained
from explainer.source.user_code import file_imported, module_imported
from explainer.source.weight_files import from_weight_file, is_weight_file
from explainer.source.weight_files.runnable import from_onnx

CODE = (".py", ".ipynb")
NEEDS_INPUT = Bi(
    zh="不知道这个模型的输入尺寸：请加上 --input，例如 --input {example}（批量在前）。",
    en="The size of this model's input is not known: add --input, for example --input {example} (batch first).",
)

NO_CONSTRUCTOR = Bi(
    zh="{path} 是文件里的模型，没有构造参数：请去掉 --arg。",
    en="{path} is a model in a file, with no constructor to give arguments to: leave out --arg.",
)
SHAPES_ONLY = Bi(
    zh="文件里的计算图只按尺寸运行，不读取权重的数值：请去掉 --real。",
    en="A graph from a file is run by shapes, and the values of its weights are not read: leave out --real.",
)

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Better = Callable[[Failure, Arguments], Iterable[Arguments]]


@dataclass(frozen=True)
class Loaded:
    """A model, where it came from, and example inputs on the meta device (None: nobody said).

    invented: the inputs are our guess, so that a forward pass that breaks on them is nobody's mistake.
    alternatives: other guesses, tried in turn. keywords: other arguments of the forward. weights_only: there is no forward at all, only tensors.
    notes: what the user should know of how it was found and built. broken_example: why the file's own input cannot be had.
    better: what else to give after a failure of our guesses.
    made_by: how it was built, for building it with other numbers; None for weights and for an instance in a file.
    """

    model: nn.Module
    name: str
    source: str
    inputs: tuple[Input, ...] | None
    invented: bool = False
    keywords: Mapping[str, Any] = field(default_factory=dict)
    weights_only: bool = False
    alternatives: tuple[tuple[Input, ...], ...] = ()
    notes: tuple[Bi, ...] = ()
    broken_example: UserError | None = None
    made_by: MadeBy | None = None
    better: Better | None = None


def load(target: str, arguments: Mapping[str, Any] | None = None) -> Loaded:
    """Find and build the model that `target` names.

    Raises UserError: unknown name, file that cannot be imported, class not found, wrong constructor arguments.
    """
    with untrained() as notes:
        loaded = _found(target, dict(arguments or {}))
    return replace(loaded, notes=(*loaded.notes, *notes)) if notes else loaded


def _found(target: str, given: dict[str, Any]) -> Loaded:
    if target.strip() in ("", "timm:", "hf:"):
        raise unknown_model("")
    if "://" in target:
        raise UserError(ADDRESS.format(name=visible(target)[:200]))
    if target.startswith("timm:"):
        return _from_library("timm", target.removeprefix("timm:"), from_timm, given)
    if target.startswith("hf:"):
        return _from_library("transformers", target.removeprefix("hf:"), from_transformers, given)
    if is_weight_file(target):
        if given:
            raise UserError(NO_CONSTRUCTOR.format(path=visible(target)))
        return _from_weights(Path(target))
    path, name = _file_and_name(target)
    if path is not None:
        return _from_file(path, name, given)
    module, colon, name = target.rpartition(":")
    if colon:
        return _from_module(module, name, given)
    builder = zoo.builder(target)
    if builder is None:
        return _from_path(Path(target), given)
    whole = {"weights": None, **_no_backbone_weights(builder), **given}
    model = build(builder, target, whole, shown=given)
    image = InputSpec(zoo.input_shape(target, model))
    pair = ((image, image),)  # optical flow compares two pictures
    made_by = MadeBy(builder, whole, library=True)
    return Loaded(model, target.lower(), "torchvision", (image,), invented=True, alternatives=pair, made_by=made_by)


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
    if real and isinstance(loaded.model, OnnxGraph):
        raise UserError(SHAPES_ONLY)
    specs = given or loaded.inputs
    if specs is None:
        if loaded.broken_example is not None:
            raise loaded.broken_example
        if not _takes_input(loaded.model):
            return (), {}
        raise UserError(NEEDS_INPUT.format(example=suggested_input(loaded.model)))
    return _arguments(loaded, specs, real, batch)


def _arguments(loaded: Loaded, specs: Sequence[Input], real: bool, batch: int | None = None) -> Arguments:
    check_batch(batch)
    own = own_type(loaded.model)
    specs = [spec.of_type(own) if isinstance(spec, InputSpec) else spec for spec in specs]
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


def _from_library(home: str, name: str, make: Callable[..., Any], arguments: Mapping[str, Any]) -> Loaded:
    model, guesses, keywords, made_by = make(name, arguments)
    shown = name_of(name) if home == "transformers" else name
    better = better_inputs(model) if home == "transformers" else None
    return Loaded(
        model, shown, home, guesses[0], True, keywords, alternatives=guesses[1:], made_by=made_by, better=better
    )


def _from_path(path: Path, arguments: Mapping[str, Any]) -> Loaded:
    """A folder or a configuration as the Hugging Face hub has them. Raises UserError for anything else."""
    if path.suffix.lower() == ".json" and path.is_file():
        return _from_library("transformers", str(path), from_transformers, arguments)
    if not path.is_dir():
        raise unknown_model(str(path))
    weights = weights_in(path)
    if not is_model_folder(path):
        if weights is None:
            raise unknown_model(str(path))
        return _from_weights(weights)
    return _from_library("transformers", str(path), from_transformers, arguments)


def _from_weights(path: Path) -> Loaded:
    if not path.is_file():
        raise UserError(NO_FILE.format(path=str(path)))
    if path.suffix.lower() == ".onnx" and (found := from_onnx(path)):
        model, inputs, notes = found
        return Loaded(model, path.stem, str(path), inputs, invented=True, notes=notes)
    model, notes = from_weight_file(path)
    name = path.resolve().parent.name if path.name.lower().endswith(".index.json") else path.stem
    return Loaded(model, name, str(path), (), weights_only=True, notes=notes)


def _file_and_name(target: str) -> tuple[Path | None, str]:
    """`net.py:Net` → the file and the name in it; no file where the target names none."""
    path, colon, name = target.rpartition(":")
    if target.lower().endswith(CODE):
        return Path(target), ""
    name = name.removesuffix("()")
    return (Path(path), name) if colon and path.lower().endswith(CODE) else (None, "")


def _from_file(path: Path, name: str, arguments: Mapping[str, Any]) -> Loaded:
    if not path.is_file():
        raise UserError(NO_FILE.format(path=str(path)))
    wanted = [name.partition(".")[0]] if name else []
    with file_imported(path, wanted) as imported:
        return _named(imported.module, name, path.name, str(path), arguments, imported.notes)


def _from_module(path: str, name: str, arguments: Mapping[str, Any]) -> Loaded:
    if Path(path).is_dir() and all(
        part.isidentifier() for part in Path(path).parts
    ):  # a package, as the shell completes it
        path = ".".join(Path(path).parts)
    with module_imported(path) as module:
        return _named(module, name, path, path, arguments, [])


def _named(
    module: ModuleType, name: str, shown: str, source: str, arguments: Mapping[str, Any], notes: Sequence[Bi]
) -> Loaded:
    model, name, said, made_by = model_named(module, name, shown, arguments, source)
    note_default_type(model)
    found = Loaded(model, name, source, None, notes=(*notes, *said), made_by=made_by)
    try:
        return replace(found, inputs=example_of(vars(module), model, shown))
    except UserError as error:  # nobody minds where --input is given
        return replace(found, broken_example=error)
