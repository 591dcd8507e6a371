"""What differs between the instances of a block and is in no formula of its parameters: strides and dilations."""

from __future__ import annotations

from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi, joined, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.story import Part

WORDS = {
    Role.STRIDE: Bi("步幅（{values}）", "the stride ({values})"),
    Role.DILATION: Bi("膨胀率（{values}）", "the dilation ({values})"),
}
STRIDED = (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING)


def alternatives(parts: list[Bi]) -> Bi:
    """1、2或4 / 1, 2 or 4."""
    return joined(parts[:-1], "、", ", ") + (Bi("或", " or ") if len(parts) > 1 else same("")) + parts[-1]


def differing(part: Part) -> list[Bi]:
    """The stride (1 or 2), the dilation (1, 2 or 4): of steps that some instances do otherwise."""
    template = part.template
    if template is None:
        return []
    starts = {f"{row.path}.": row.path for row in template.rows}
    by_step: dict[tuple[str, Role], dict[str, tuple[int, ...]]] = {}
    for layer in part.layers:
        start = next((start for start in starts if layer.path.startswith(start)), None)
        if start is None or layer.kind not in STRIDED or layer.output is None:
            continue
        for role in WORDS:
            sides = tuple(value for symbol, value in layer.output.values.items() if symbol.role is role) or (1,)
            by_step.setdefault((layer.path[len(start) :], role), {})[start] = sides
    said = []
    for role, words in WORDS.items():
        found = {
            one
            for (_, of), sides in by_step.items()
            if of is role and len(set(map(frozenset, sides.values()))) > 1
            for one in sides.values()
        }
        if found:
            values = [same("×".join(map(str, one)) if len(set(one)) > 1 else f"{one[0]}") for one in sorted(found)]
            said.append(words.format(values=alternatives(list(dict.fromkeys(values)))))
    return said
