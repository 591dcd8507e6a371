"""What if the model were built with other arguments? It is built so, run on the same inputs, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from explainer.errors import UserError
from explainer.family import FamilyFormulas
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.difference.collect import difference
from explainer.walkthrough.difference.pieces import pieces_of
from explainer.walkthrough.difference.terms import Amount
from explainer.walkthrough.family import Setting
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.verdict import Verdict
from explainer.walkthrough.what_if import Changed, State, WhatIf

W = TypeVar("W", bound=Walkthrough)
NEEDS_THE_MODEL = Bi(
    zh="这份讲义是文件里的，没有模型可以按别的参数重新构造：请用模型名或类。",
    en="This lesson is from a file, and there is no model to build with other arguments: name the model or its class.",
)
CANNOT_RUN = Bi(
    zh="改成 {changes} 之后，模型能构造，但前向传播出错：{why}",
    en="With {changes} the model can be built, but its forward pass fails: {why}",
)


def with_what_if(walk: W, changes: Mapping[str, Any]) -> W:
    """The walkthrough with the model that has these arguments beside it.

    changes: by the names of the class behind, or of the configuration: `width_per_group`, `layers[2]`, `n_layer`. Raises UserError: for
    a name that there is not, for a value with which it cannot be built or run, and where it is not known how it was built.
    """
    trace = getattr(walk, "trace", None)
    if trace is None:
        raise UserError(NEEDS_THE_MODEL)
    from explainer.source.build import for_real
    from explainer.source.construction import construction_of

    construction = construction_of(getattr(walk, "made_by", None))
    model = construction.changed(changes)
    before = {name: construction.before(name) for name in changes}

    def anew() -> Any:
        with for_real():
            return construction.changed(changes)

    after = _run(walk, trace, model, before, changes, anew)
    said = tuple(Changed(name, _written(before[name]), _written(value)) for name, value in changes.items())
    whole = walk.complete and after.complete
    walk = _with_settings_known(walk, changes)
    found = WhatIf(
        changes=said,
        before=_state(walk),
        after=_state(after),
        terms=difference(pieces_of(walk), pieces_of(after)) if whole else (),
        input_shapes=(walk.run.input_shapes, after.run.input_shapes),
        settings=_proved(walk, changes, after.totals.torch_params),
    )
    return walk.told(what_if=found)


def _run(
    walk: Walkthrough, trace: Any, model: Any, before: Mapping[str, Any], changes: Mapping[str, Any], anew: Any
) -> Walkthrough:
    """A pass on the same inputs; where the model does not take them, with their sizes changed as the arguments are."""
    from explainer.derive.pipeline import walk_model

    sizes = {
        was: int(now) for name, now in changes.items() if _is_size(was := before[name]) and _is_size(now) and was != now
    }
    same = (trace.args, dict(trace.kwargs))
    first: UserError | None = None
    for args, kwargs in (same, _resized(same, sizes)):
        try:
            return walk_model(
                model,
                args,
                kwargs,
                name=walk.name,
                source=walk.source,
                train=walk.run.mode == "train",
                anew=anew,
                inputs_fit=True,
            )
        except UserError as error:
            first = first or error
    assert first is not None
    text = ", ".join(f"{name}={_written(value)}" for name, value in changes.items())
    raise UserError(CANNOT_RUN.format(changes=text, why=first.message)) from first


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _resized(inputs: Any, sizes: Mapping[int, int]) -> Any:
    """The tensors with other sizes in place of these, the batch apart."""
    import torch
    from torch.utils._pytree import tree_map

    def changed(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        shape = [value.shape[0], *(sizes.get(size, size) for size in value.shape[1:])] if value.dim() else []
        return torch.empty(shape, dtype=value.dtype, device=value.device)

    return tree_map(changed, inputs)


def _with_settings_known(walk: W, changes: Mapping[str, Any]) -> W:
    """With the family, if its formula may speak of these changes."""
    if not _numbers(changes):
        return walk
    from explainer.probing.family import with_family
    from explainer.rules import default_registry

    return with_family(walk, getattr(walk, "made_by", None), default_registry())


def _proved(walk: Walkthrough, changes: Mapping[str, Any], built: int) -> dict[str, Setting]:
    """The changed numbers, if all that is changed are numbers of the formula, and it gives what was built."""
    numbers = _numbers(changes)
    if walk.family is None or numbers is None or any(name not in walk.family.settings for name in numbers):
        return {}
    free = {hyper.name for hyper in walk.family.free}
    changed = {name: value for name, value in numbers.items() if value != walk.family.settings[name]}
    if not set(changed) & free:
        return {}
    try:
        known = FamilyFormulas(walk.family).params_at(**dict[str, Any](changed))
    except UserError:
        return {}
    return changed if known == built else {}


def _numbers(changes: Mapping[str, Any]) -> dict[str, Setting] | None:
    """All of the changes as numbers by name; None where some are none."""
    from explainer.source.settings import numbers_in

    found = numbers_in(changes)
    heads = {name.partition("[")[0] for name in found} | set(found)
    return found if all(name in heads for name in changes) else None


def _state(walk: Walkthrough) -> State:
    macs = walk.macs
    return State(
        Amount(walk.totals.params, macs.value or 0),
        walk.totals.torch_params,
        None if macs.verdict is Verdict.UNCHECKED else macs.torch,
        walk.run.output_shapes,
        macs.at_least,
    )


def _written(value: Any) -> str:
    return "" if value is None else str(value)
