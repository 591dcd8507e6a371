"""Walkthrough → JSON: language-free and unfolded; formulas as ASCII. The format is described in docs/interfaces.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import IO, Any

from explainer.cost.cost import Cost, cost_of
from explainer.cost.plan import NOTHING_PLANNED, Plan
from explainer.export.cost_json import call_dict, total_dict
from explainer.export.family_json import family_dict
from explainer.export.ideas_json import active_dict, idea_dict
from explainer.export.relatives_json import relatives_dict
from explainer.export.templates_json import template_dict
from explainer.export.what_if_json import what_if_dict
from explainer.formula.derivation import Derivation
from explainer.formula.printing import ascii_formula
from explainer.i18n.printable import json_text
from explainer.ledger.counters import counters_of
from explainer.walkthrough.file.write import to_plain, to_plain_by_layer
from explainer.walkthrough.model import By, Completeness, Layer, Walkthrough
from explainer.walkthrough.verdict import Verdict

EXACT = 2**53  # the largest integer up to which every number has its own double
BYS: tuple[By, ...] = ("block", "kind", "stage")


def to_json(walk: Walkthrough, ledger: bool = False, plan: Plan = NOTHING_PLANNED) -> str:
    """The walkthrough as text, ending in a newline."""
    return to_json_bytes(walk, ledger, plan).decode()


def to_json_bytes(walk: Walkthrough, ledger: bool = False, plan: Plan = NOTHING_PLANNED) -> bytes:
    """The same in UTF-8."""
    written = BytesIO()
    write_json(written, walk, ledger, plan)
    return written.getvalue()


def write_json(file: IO[bytes], walk: Walkthrough, ledger: bool = False, plan: Plan = NOTHING_PLANNED) -> None:
    """The same into a file, piece by piece: of a large model the whole is kept neither as dictionaries nor as text."""
    view, cost = with_large_as_text(_view(walk, ledger, plan, calls=False)), cost_of(walk)
    calls = (with_large_as_text(_call(layer, cost, walk.layers)) for layer in walk.layers)
    _write(file, view | {"calls": calls, "walkthrough": lambda: to_plain_by_layer(walk)}, "\n")
    file.write(b"\n")


def _write(written: IO[bytes], value: Any, line: str) -> None:
    """As `json_text` writes; json's own writer leaves a circle of functions behind at each call.

    line: how a line begins at this depth. A value may be made when its turn comes (an iterator, a function).
    """
    if callable(value):
        value = value()
    if type(value) is int:
        written.write(str(value).encode())
    elif isinstance(value, dict | list | tuple | Iterator):
        named, several = isinstance(value, dict), False
        written.write(b"{" if named else b"[")
        for item in value.items() if isinstance(value, dict) else value:
            written.write(f"{',' if several else ''}{line} {json_text(item[0], None) + ': ' if named else ''}".encode())
            _write(written, item[1] if named else item, line + " ")
            several = True
        written.write((line if several else "").encode() + (b"}" if named else b"]"))
    else:
        written.write(json_text(value, None).encode())


def to_dict(walk: Walkthrough, ledger: bool = False, plan: Plan = NOTHING_PLANNED) -> dict[str, Any]:
    """The walkthrough as plain dictionaries and lists; with `ledger`, what each tool would print.

    The key `walkthrough` holds all that is needed to read it back; everything else is for other programs. An integer
    that JavaScript cannot hold has a sibling in text: `value` and `value_text`.
    """
    view: dict[str, Any] = with_large_as_text(_view(walk, ledger, plan))
    return view | {"walkthrough": to_plain(walk)}


def _view(walk: Walkthrough, ledger: bool, plan: Plan, *, calls: bool = True) -> dict[str, Any]:
    totals, cost = walk.totals, cost_of(walk)
    macs = walk.macs
    return {
        "schema": 2,
        "model": {
            "name": walk.name,
            "source": walk.source,
            **({"arguments": list(walk.arguments)} if walk.arguments else {}),
            "mode": walk.run.mode,
            "input_shapes": [list(shape) for shape in walk.run.input_shapes],
            "input_dtypes": list(walk.run.input_dtypes),
        },
        "run": {"mode": walk.run.values, "values": values_of(walk)},
        "completeness": completeness_dict(walk.completeness),
        "versions": dict(walk.versions),
        "calls": [_call(layer, cost, walk.layers) for layer in walk.layers] if calls else [],
        "raw_parameters": [
            {"name": raw.name, "shape": list(raw.shape), "params": raw.params, "used_by": list(raw.used_by)}
            for raw in walk.raw_parameters
        ],
        "uncalled": [
            {
                "path": part.path,
                "type": part.type,
                "params": _figure(part.params, part.counted)
                | {"counted": part.counted, "torch": part.torch_params, "verdict": part.verdict.value},
                "verdict": (Verdict.NOT_REACHED if part in walk.not_reached else part.verdict).value,
            }
            for part in walk.uncalled
        ],
        "groups": [
            {
                "by": group.by,
                "key": group.key if group.by == "block" else group.key.lower(),
                "params": group.params,
                "macs": group.macs,
                "at_least": group.at_least or bool(walk.completeness.stopped),
                "calls": [layer.index for layer in group.layers],
            }
            for by in BYS
            for group in walk.groups(by)
        ],
        "totals": {
            "params": {"value": totals.params, "torch": totals.torch_params, "verdict": totals.verdict.value},
            "explained": totals.explained,
            "raw": totals.raw,
            "unexplained": totals.unexplained,
            "trainable": totals.trainable if totals.independent else None,
            "frozen": totals.frozen if totals.independent else None,
            "buffers": totals.buffers,
            **({"packed": _packed_dict(walk)} if walk.census.packed else {}),
            **({"active": active_dict(walk.active)} if walk.active else {}),
        },
        "ideas": [idea_dict(idea) for idea in walk.ideas],
        "templates": [template_dict(template) for template in walk.templates],
        **({"what_if": what_if_dict(walk.what_if)} if walk.what_if else {}),
        **({"family": family_dict(walk.family, walk.active)} if walk.family else {}),
        **({"relatives": relatives_dict(walk.relatives)} if walk.relatives else {}),
        "cost": {
            "flops": 2 * macs.value if macs.value is not None else None,
            "macs": {
                "value": macs.value,
                "torch": macs.torch,
                "verdict": macs.verdict.value,
                "at_least": macs.at_least,
            },
            **total_dict(cost, plan),
        },
        **({"ledger": _ledger(walk)} if ledger else {}),
        "checks": {verdict.value: count for verdict, count in walk.checks.items()},
    }


def _packed_dict(walk: Walkthrough) -> dict[str, int]:
    """What quantized layers hold instead of parameters."""
    held = walk.census.packed
    return {"numbers": sum(one.numel for one in held), "bytes": sum(one.bytes for one in held)}


def with_large_as_text(value: Any) -> Any:
    """Beside every integer beyond 2⁵³ its digits as text: other readers of JSON round it without a word.

    >>> with_large_as_text({"macs": 9007199254740993})
    {'macs': 9007199254740993, 'macs_text': '9007199254740993'}
    """
    if isinstance(value, list):
        return [with_large_as_text(part) for part in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, part in value.items():
        found[name] = with_large_as_text(part)
        if isinstance(part, int) and abs(part) > EXACT:
            found[f"{name}_text"] = str(part)
    return found


def _ledger(walk: Walkthrough) -> list[dict[str, Any]]:
    """What each tool would print, and the bridge to it from the true figure."""
    return [
        {
            "tool": line.tool,
            "version": line.version,
            **({"backend": line.backend} if line.backend else {}),
            "quantity": line.quantity,
            "value": line.value,
            "standing": line.standing,
            "terms": [{"label": term.label.en, "value": term.value} for term in line.terms],
        }
        for line in counters_of(walk).lines
    ]


def values_of(walk: Walkthrough) -> str | None:
    """Where the values came from that the pass was run with: the user's own, or some drawn (always the same); null for none."""
    if walk.run.values == "meta":
        return None
    return "seeded" if walk.run.drawn else "given"


def completeness_dict(found: Completeness) -> dict[str, Any]:
    """Whether the whole pass is here; if not, where it stopped, and the calls of which nothing is known."""
    stopped = found.stopped
    return {
        "complete": found.complete,
        "stopped": {"at": stopped.path, "operation": stopped.operation, "reason": stopped.reason} if stopped else None,
        "without_rule": list(found.without_rule),
    }


def _first_equal(layer: Layer, layers: Sequence[Layer]) -> int | None:
    """Of all equal calls the first, also where the page would rather name the module's own earlier call."""
    first = layer.same_as
    while first is not None and (earlier := layers[first - 1].same_as) is not None:
        first = earlier
    return first


def _call(layer: Layer, cost: Cost, layers: Sequence[Layer]) -> dict[str, Any]:
    call = layer.call
    return {
        "index": call.index,
        "path": call.path,
        "type": call.type,
        "kind": call.kind,
        "inputs": list(call.inputs),
        "input_shapes": [list(shape) for shape in call.input_shapes],
        "output_shapes": [list(shape) for shape in call.output_shapes],
        "same_as": _first_equal(layer, layers),
        "params": _figure(layer.params, layer.value)
        | {
            "counted": layer.counted,
            "torch": layer.torch_params,
            "verdict": layer.params_verdict.value,
            "shared_with": list(layer.shared_with),
        },
        "shape": [{"dim": name} | _figure(size, size.value) for name, size in layer.shape],
        "shape_verdict": layer.shape_verdict.value,
        "macs": _macs(layer) | {"torch": layer.torch_macs, "verdict": layer.macs_verdict.value},
        **call_dict(cost, layer),
    }


def _macs(layer: Layer) -> dict[str, Any]:
    """The derivation; 0 for a known layer that makes none; null where no rule has a word, whatever torch counts."""
    if layer.macs or layer.output is None or not layer.macs_known:
        return _figure(layer.macs, None)
    return {"symbolic": "0", "substituted": "0", "steps": [], "value": 0}


def _figure(derivation: Derivation | None, value: int | None) -> dict[str, Any]:
    if derivation is None:
        return {"symbolic": None, "substituted": None, "steps": [], "value": value}
    return {
        "symbolic": ascii_formula(derivation.symbolic, spaced=True),
        "substituted": ascii_formula(derivation.substituted),
        "steps": [ascii_formula(step) for step in derivation.steps],
        "value": derivation.value,
    }
