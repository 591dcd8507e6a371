"""What two models are compared by: plain figures, as they come through a pipe from a process that nobody trusts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.walkthrough.difference.pieces import Piece, raw_pieces
from explainer.walkthrough.settings import Setting, settings_of, working_of

if TYPE_CHECKING:
    from explainer.walkthrough.model import Layer, Uncalled, Walkthrough

MAX_LAYERS, MAX_TEXT, MAX_NUMBER = 20_000, 200, 10**30
_ARITHMETIC = re.compile(r"[0-9,·+−×/() ]*")


class Strange(ValueError):
    """What came back is not of this form."""


@dataclass(frozen=True)
class Step:
    """One call (or, with no shape, one module that was never called).

    rule: the name of the rule that explains it, or "", with its kind of layer and its title; settings: by the symbol's or the attribute's name.
    counted: what it adds to the total; params: what it holds.
    """

    path: str
    type: str
    rule: str
    settings: Mapping[str, Setting]
    params: int
    counted: int
    shape: tuple[int, ...] = ()
    macs: int | None = None
    called: bool = True
    kind: str = ""
    title: Bi | None = None
    working: str = ""


@dataclass(frozen=True)
class Facts:
    """One model. raw: parameters used directly, by their sizes. stopped: the forward pass could not go to its end; incomplete: it did
    not, or of some step nothing is known.

    inputs: what it ran on, as `--input` takes it. built_with: the arguments of its class, or the settings of its configuration, as
    far as they are said in a word. note: what is said of their source where no model was run.
    """

    name: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    raw: Mapping[str, int]
    params: int
    trainable: int
    buffers: int
    macs: int
    stopped: bool = False
    incomplete: bool = False
    inputs: tuple[str, ...] = ()
    built_with: Mapping[str, Setting] = field(default_factory=dict)
    note: Bi | None = None

    @property
    def pieces(self) -> list[Piece]:
        """The layers, for the difference of two models."""
        found = [
            Piece(
                step.path,
                step.rule or step.type,
                step.kind,
                step.title,
                step.settings,
                step.counted,
                step.macs,
                step.shape,
                step.working,
            )
            for step in self.steps
        ]
        return [*found, *raw_pieces(self.raw)]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def facts_of(walk: Walkthrough, inputs: Sequence[str] = (), built_with: Mapping[str, Setting] | None = None) -> Facts:
    """The figures of a walkthrough. inputs: what it ran on, as `--input` takes it; built_with: its class's arguments."""
    run = walk.run
    return Facts(
        name=walk.name,
        input_shapes=run.input_shapes,
        output_shapes=run.output_shapes,
        steps=(*(_called(layer) for layer in walk.layers), *(_uncalled(part) for part in walk.uncalled)),
        raw={raw.name: raw.params for raw in walk.raw_parameters},
        params=walk.totals.torch_params,
        trainable=walk.totals.trainable,
        buffers=walk.totals.buffers,
        macs=walk.macs.value or 0,
        stopped=run.stopped is not None,
        incomplete=not walk.complete,
        inputs=tuple(inputs),
        built_with=built_with or {},
    )


def _called(layer: Layer) -> Step:
    shapes = layer.call.output_shapes
    return Step(
        path=layer.path,
        type=layer.type,
        rule=layer.rule.name if layer.rule else "",
        settings=settings_of(layer),
        params=layer.value,
        counted=layer.counted,
        shape=shapes[0] if shapes else (),
        macs=layer.macs.value if layer.macs else None,
        kind=layer.rule.kind.name if layer.rule else "",
        title=layer.rule.title if layer.rule else None,
        working=working_of(layer) if layer.counted == layer.value else "",
    )


def _uncalled(part: Uncalled) -> Step:
    values = part.params.values if part.params else {}
    settings: dict[str, Setting] = {symbol.name: value for symbol, value in values.items()}
    return Step(
        part.path,
        part.type,
        part.rule.name if part.rule else "",
        settings,
        part.torch_params,
        part.counted,
        called=False,
        kind=part.rule.kind.name if part.rule else "",
        title=part.rule.title if part.rule else None,
        working=working_of(part),
    )


def from_json(data: object) -> Facts:
    """Facts from what a child process sent. Raises Strange for anything else; no text in it can act on a page."""
    given = _mapping(data)
    steps = _list(given, "steps")
    if len(steps) > MAX_LAYERS:
        raise Strange("steps")
    return Facts(
        name=_text(given, "name"),
        input_shapes=tuple(_sizes(shape) for shape in _list(given, "input_shapes")),
        output_shapes=tuple(_sizes(shape) for shape in _list(given, "output_shapes")),
        steps=tuple(_step(_mapping(step)) for step in steps),
        raw={_short(name): _count(size) for name, size in _mapping(given.get("raw")).items()},
        params=_count(given.get("params")),
        trainable=_count(given.get("trainable")),
        buffers=_count(given.get("buffers")),
        macs=_count(given.get("macs")),
        stopped=given.get("stopped") is True,
        incomplete=given.get("incomplete") is True,
        inputs=tuple(_short(text) for text in _list(given, "inputs") if isinstance(text, str)),
        built_with=_settings(given.get("built_with", {})),
    )


def _settings(given: object) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for name, value in _mapping(given).items():
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_NUMBER:
            raise Strange(name)
        if not isinstance(value, bool | int | float | str | None):
            raise Strange(name)
        settings[_short(name)] = _short(value) if isinstance(value, str) else value
    return settings


def _working(text: object) -> str:
    """Arithmetic and nothing else."""
    return text[:MAX_TEXT] if isinstance(text, str) and _ARITHMETIC.fullmatch(text) else ""


def _step(given: Mapping[str, Any]) -> Step:
    macs = given.get("macs")
    return Step(
        path=_text(given, "path"),
        type=_text(given, "type"),
        rule=_text(given, "rule"),
        settings=_settings(given.get("settings")),
        params=_count(given.get("params")),
        counted=_count(given.get("counted")),
        shape=_sizes(given.get("shape")),
        macs=None if macs is None else _count(macs),
        called=given.get("called") is True,
        kind=_text(given, "kind"),
        title=None if given.get("title") is None else _title(_mapping(given["title"])),
        working=_working(given.get("working", "")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict) or len(value) > MAX_LAYERS:
        raise Strange("object")
    return value


def _list(given: Mapping[str, Any], key: str) -> list[Any]:
    value = given.get(key)
    if not isinstance(value, list):
        raise Strange(key)
    return value


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str):
        raise Strange(key)
    return _short(value)


def _title(given: Mapping[str, Any]) -> Bi:
    return Bi(_text(given, "zh"), _text(given, "en"))


def _short(text: str) -> str:
    return visible(text[:MAX_TEXT].encode("utf-8", "replace").decode())


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_NUMBER:
        raise Strange("number")
    return value


def _sizes(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) > 16:
        raise Strange("shape")
    return tuple(_count(size) for size in value)
