"""What is said of rules that are broken: once for each rule and error."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.parts import Layer, Uncalled

BROKEN = Bi(
    zh="规则有错：用于 {path}（{type}）时出现 {error}{more}。这些层没有推导，只列出PyTorch的数；加 --debug 可查看回溯。",
    en="A rule is broken: on {path} ({type}) {error}{more}. These layers are not derived, only listed "
    "with PyTorch's figures; --debug shows the traceback.",
)
MORE = Bi(zh="，另有{n}层相同", en=", and on {n:more layer|more layers}")


def broken_rules(walk: Walkthrough) -> list[Bi]:
    """A sentence for each rule and error, with the first layer that it was found on; empty where all rules are sound."""
    found: dict[str, list[Layer | Uncalled]] = {}
    for part in walk.broken:
        found.setdefault(part.error or "", []).append(part)
    return [
        BROKEN.format(
            path=parts[0].path or walk.name,
            type=parts[0].type,
            error=visible(error),
            more=MORE.format(n=len(parts) - 1) if len(parts) > 1 else Bi("", ""),
        )
        for error, parts in found.items()
    ]
