"""`explainer.explain`: any `nn.Module` → an explanation with figures, verdicts and every output format."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from explainer.cost.plan import plan_of
from explainer.document.builder import DETAILS
from explainer.errors import LONGEST, UserError
from explainer.explanation import Explanation
from explainer.i18n.bilingual import Bi
from explainer.i18n.in_python import in_python
from explainer.i18n.printable import visible
from explainer.lesson.compose import Detail
from explainer.lesson.terminology import check_terms
from explainer.options import check_choice, langs_of, shown_with
from explainer.torch_missing import torch_needed
from explainer.walkthrough.broken_rules import broken_rules
from explainer.walkthrough.model import By

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Explanation", "explain", "explain_source", "load"]

_P = ParamSpec("_P")


def _in_the_callers_language(function: Callable[_P, Explanation]) -> Callable[_P, Explanation]:
    """What goes wrong is printed in the language that `lang` asks for, or else in the locale's, and in Python's words."""

    @functools.wraps(function)
    def speaking(*args: _P.args, **kwargs: _P.kwargs) -> Explanation:
        try:
            return function(*args, **kwargs)
        except UserError as error:
            lang = kwargs.get("lang")
            try:
                spoken = langs_of(lang if isinstance(lang, str | list | tuple) else None)[0]
            except UserError:  # it is the language that was wrong
                spoken = langs_of(None)[0]
            error.args = (in_python(error.message[spoken], tensors=function.__name__ == "explain"),)
            raise

    return speaking


@_in_the_callers_language
def explain(
    model: nn.Module,
    input_size: Sequence[int] | Sequence[Sequence[int]] | None = None,
    *,
    inputs: Sequence[Any] | Mapping[str, Any] | torch.Tensor | None = None,
    kwargs: Mapping[str, Any] | None = None,
    lang: str | Sequence[str] | None = None,
    detail: Detail = "standard",
    times: str = "·",
    terms: Mapping[str, Any] | None = None,
    group: By | None = None,
    show: str | Sequence[str] | None = None,
    train: bool = False,
    real: bool = False,
    name: str | None = None,
    dtype: str | None = None,
    tokens: str | int | None = None,
    checkpoint: bool = False,
    shards: int | None = None,
) -> Explanation:
    """Explain a model; it comes back as it was.

    input_size: the input's shape, batch included (or a list of shapes, for several inputs); or give `inputs`, tensors
    or other values, and `kwargs`. lang: "zh", "en" or "zh,en"; by default from the locale. detail: "brief", "handout",
    "standard" or "full". times: "·" or "×". terms: {"步幅": "步长"}. group: "block", "kind" or "stage", how the
    subtotals are made. show: "params,shape,macs" (the default), with "memory" and "receptive-field", or "all".
    train: explain the training mode. real: run a copy with values; by itself that is done for a model of at most ten million
    parameters where shapes do not suffice. dtype: "float32", "float16", "bfloat16" of weights and activations, "int8", "int4" of the
    weights alone; tokens, checkpoint, shards: what a training would take. Each of the four shows the memory.
    Sizes are numbers of elements, memory is in bytes. Raises UserError if the forward pass fails or an argument is wrong.

    >>> from torch import nn
    >>> lesson = explain(nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU()), (1, 3, 32, 32), lang="en")
    >>> lesson.layers[0].params
    <Derivation (k_h*k_w*C_in+1)*C_out = (3*3*3+1)*16 = 448>
    >>> lesson.totals.params, lesson.checks["agrees"], lesson.agrees
    (448, 5, True)
    """
    import torch

    from explainer.derive.pipeline import copied, walk_model
    from explainer.source.inputs import InputSpec, shapes_of
    from explainer.source.own_type import own_type

    _check(model, detail, times, group)
    plan = plan_of(dtype, tokens, checkpoint, shards)
    figures = shown_with(show, plan)
    shapes = shapes_of(input_size) if input_size is not None else []
    if isinstance(inputs, torch.Tensor | Mapping):  # one input, not its rows or its keys
        inputs = (inputs,)
    given = (
        tuple(inputs) if inputs is not None else tuple(InputSpec(shape, own_type(model)).tensor() for shape in shapes)
    )
    try:
        walk = walk_model(
            copied(model) if real else model,
            given,
            dict(kwargs or {}),
            name=name or type(model).__name__,
            source=type(model).__module__,
            train=train,
            real=real,
        )
    except UserError as error:
        nothing_given = input_size is None and inputs is None and kwargs is None
        message = NO_SIZE if nothing_given and _wants_an_input(model) else error.message
        raise UserError(message) from error.__cause__
    for sentence in broken_rules(walk):
        warnings.warn(sentence[langs_of(lang)[0]], RuntimeWarning, stacklevel=2)
    words = check_terms(terms) if terms else None
    return Explanation(walk, langs_of(lang), detail, times, words, group, figures, plan=plan)


NO_SIZE = Bi(
    zh="没有给出输入：请写出输入的形状，批量在前，例如 explain(model, (1, 3, 224, 224))；索引等其他输入用 inputs=，例如 "
    "inputs=[torch.zeros(1, 128, dtype=torch.int64)]。",
    en="No input is given: name its shape, the batch first, as in explain(model, (1, 3, 224, 224)); other inputs, such as indices, go into inputs=, "
    "as in inputs=[torch.zeros(1, 128, dtype=torch.int64)].",
)


def _wants_an_input(model: nn.Module) -> bool:
    """Whether the forward cannot be called without arguments."""
    import inspect

    try:
        inspect.signature(model.forward).bind()
    except (TypeError, ValueError):
        return True
    return False


@_in_the_callers_language
def explain_source(
    target: str,
    *,
    inputs: Sequence[str] = (),
    arguments: Mapping[str, Any] | Sequence[str] = (),
    lang: str | Sequence[str] | None = None,
    detail: Detail = "standard",
    times: str = "·",
    terms: Mapping[str, Any] | None = None,
    group: By | None = None,
    show: str | Sequence[str] | None = None,
    batch: int | None = None,
    train: bool = False,
    real: bool = False,
    ledger: bool = False,
    measure: bool = False,
    symbols: bool = False,
    relatives: bool = False,
    dtype: str | None = None,
    tokens: str | int | None = None,
    checkpoint: bool = False,
    shards: int | None = None,
) -> Explanation:
    """Explain what the command line could name: `vgg16`, `timm:…`, `hf:gpt2`, `net.py:Net`, weights, a lesson's JSON.

    inputs: shapes as the command takes them; arguments: the constructor's, {"n_layer": 2} or ["n_layer=2"]; the other
    options as in `explain`, with `batch`, `real`, `ledger`, `measure`, `symbols`, `relatives` as on the command line.
    Raises UserError where the command would exit with 2.

    >>> explain_source("hf:gpt2", inputs=["1,128:int64"], arguments={"n_layer": 2}, lang="zh")   # doctest: +SKIP
    """
    from explainer.targets import walk_target

    _check_choices(detail, times, group)
    plan = plan_of(dtype, tokens, checkpoint, shards)
    figures, langs = shown_with(show, plan), langs_of(lang)
    written = (
        [f"{name}={value!r}" for name, value in arguments.items()] if isinstance(arguments, Mapping) else arguments
    )
    with torch_needed():
        walk = walk_target(target, inputs, written, batch=batch, train=train, real=real)
    words = check_terms(terms) if terms else None
    return Explanation(
        walk,
        langs,
        detail,
        times,
        words,
        group,
        figures,
        ledger,
        measure,
        bool(batch),
        plan=plan,
        symbols=symbols,
        relatives=relatives,
    )


@_in_the_callers_language
def load(
    path: str | Path,
    *,
    lang: str | Sequence[str] | None = None,
    detail: Detail = "standard",
    show: str | Sequence[str] | None = None,
    dtype: str | None = None,
    tokens: str | int | None = None,
    checkpoint: bool = False,
    shards: int | None = None,
) -> Explanation:
    """The explanation that a lesson's JSON holds; nothing is run, and torch is not needed.

    Its verdicts are computed anew from the figures in the file. Raises UserError if it is no lesson of ours.

    >>> explain_source("vgg16").save("lesson.json"); load("lesson.json", lang="zh").save("lesson.pdf")  # doctest: +SKIP
    """
    from explainer.walkthrough.file.read import read_file

    _check_choices(detail, "·", None)
    plan = plan_of(dtype, tokens, checkpoint, shards)
    return Explanation(read_file(Path(path)), langs_of(lang), detail, show=shown_with(show, plan), plan=plan)


NOT_A_MODEL = Bi(
    zh="explain的第一个参数应是模型实例（nn.Module），得到的却是{kind}；类要先构造，例如 Net()。",
    en="explain's first argument must be a model instance (an nn.Module), but is {kind}; build a class first, as in Net().",
)


A_SOURCE = Bi(
    zh="explain要的是模型实例（nn.Module），{name}却是文字；命令行写的名称、文件或配置用 explain_source({name})。",
    en="explain takes a model instance (an nn.Module), and {name} is text; for a name, a file or a configuration as on the command line, call explain_source({name}).",
)


def _check(model: object, detail: object, times: object, group: object) -> None:
    """Wrong use in one sentence. Raises UserError."""
    from torch import nn

    if isinstance(model, str):
        raise UserError(A_SOURCE.format(name=visible(repr(model))[:LONGEST]))
    if not isinstance(model, nn.Module):
        kind = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise UserError(NOT_A_MODEL.format(kind=kind))
    _check_choices(detail, times, group)


def _check_choices(detail: object, times: object, group: object) -> None:
    """Options in words. Raises UserError."""
    check_choice("detail", detail, DETAILS)
    check_choice("times", times, ("·", "×"))
    check_choice("group", group, (None, "block", "kind", "stage"))
