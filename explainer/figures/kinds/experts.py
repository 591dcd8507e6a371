"""A mixture of experts: the router, the experts that a token uses and those that it does not, and both counts as bars."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, percent, title_of
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import FAINT, INK, OTHER, PAPER, RULE, SOFT, Paint, paint
from explainer.i18n.bilingual import Bi, Lang
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Active
from explainer.walkthrough.model import Walkthrough

TITLE = Bi("{name}的混合专家", "The experts of {name}")
CAPTION = Bi(
    "对每个词元，路由器从{experts}个专家中选出{used}个，只计算这几个，结果加权相加；选哪几个因词元而异，图中画的是一种情形。"
    "全部参数{total}个，一个词元用到{active}个（{share}）。",
    "For each token a router chooses {used} of {experts} experts; only these are computed, and their results added by weight. Which "
    "ones depends on the token; one case is drawn. Of {total} parameters one token uses {active} ({share}).",
)
ALT = Bi(
    "路由器从{experts}个专家中为每个词元选{used}个；每个专家{each}个参数，共{mixtures}层。",
    "A router chooses {used} of {experts} experts for each token; {each} parameters an expert, in {mixtures:layer|layers}.",
)
TOKEN, ROUTER = Bi("一个词元", "a token"), Bi("路由器", "router")
CHOICE = Bi("{n}选{k}", "{k} of {n}")
EXPERT, IDLE = Bi("专家{i}", "expert {i}"), Bi("这个词元不计算", "not computed for this token")
MORE_USED = Bi("另有{n}个也计算", "{n} more are computed")
MORE_IDLE = Bi("另有{n}个不计算", "{n} more are not computed")
EACH = Bi("每个专家{n}个参数", "{n} parameters each")
LAYERS = Bi("这样的混合层共{n}个", "{n:such layer|such layers}")
ALL, USED = Bi("全部参数", "all parameters"), Bi("一个词元用到的", "used by one token")
REST, CHOSEN, OTHERS = (
    Bi("其余各层", "everything else"),
    Bi("选中的专家", "experts chosen"),
    Bi("没选中的专家", "experts not chosen"),
)
LANE, HIGH, MOST = 19.0, 14.0, 8
Lane = tuple[int, bool] | Bi
"""An expert's number and whether it is used; or words for several."""
BLANK = Paint(PAPER, PAPER, "#a9a9a4", hatch="/")


class Mixture(Struct, frozen=True):
    """The experts with the most parameters: how many equal mixtures, experts in each, used ones; params: of one expert."""

    mixtures: int
    experts: int
    used: int
    params: int


def mixture_of(active: Active) -> Mixture | None:
    """The mixture with the most parameters; tensors of one mixture together."""
    found: dict[tuple[int, int, int], int] = {}
    for group in active.experts:
        key = (group.mixtures, group.experts, group.used)
        found[key] = found.get(key, 0) + group.params
    if not found:
        return None
    largest = max(found, key=lambda key: key[0] * key[1] * found[key])
    return Mixture(*largest, found[largest])


def make(walk: Walkthrough) -> Figure | None:
    """The figure, where a token was seen to use some of the experts only."""
    active = walk.active
    mixture = mixture_of(active) if active is not None else None
    if active is None or mixture is None or not 0 < mixture.used < mixture.experts:
        return None

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(active, mixture, lang)

    share = percent(active.params, active.total)
    counts = {"experts": mixture.experts, "used": mixture.used}
    return Figure(
        "experts",
        TITLE.format(name=title_of(walk.name, walk.source)),
        CAPTION.format(**counts, total=active.total, active=active.params, share=share),
        ALT.format(**counts, each=mixture.params, mixtures=mixture.mixtures),
        drawing,
    )


def _draw(active: Active, mixture: Mixture, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    lanes = lanes_of(mixture)
    top = 12.0
    middle = top + len(lanes) * LANE / 2
    canvas.box(0, middle - 14, 46, 28, paint(Kind.EMBEDDING), "token", 2)
    canvas.rect(2, middle - 6, 42, 12, paint(Kind.EMBEDDING).front, "none")
    canvas.text(23, middle + 2.6, TOKEN, 7.4, "bold", "middle")
    look = paint(Kind.LINEAR)
    canvas.arrow([(46, middle), (66, middle)], size=3.6)
    canvas.box(67, middle - 14, 58, 28, look, "router", 2)
    canvas.text(96, middle - 1.5, ROUTER, 7.4, "bold", "middle", look.ink)
    canvas.text(
        96, middle + 8.5, CHOICE.format(n=mixture.experts, k=mixture.used), SMALLEST, "regular", "middle", look.ink
    )
    for at, lane in enumerate(lanes):
        y = top + (at + 0.5) * LANE
        if isinstance(lane, Bi):
            canvas.text(250, y + 2.6, lane, 7.4, anchor="middle", fill=SOFT)
        else:
            _expert(canvas, *lane, y, middle)
    canvas.circle(352, middle, 9, "#f1cf63")
    canvas.text(352, middle + 3, "Σ", 8.4, "bold", "middle")
    canvas.arrow([(361, middle), (388, middle)], size=3.6)
    canvas.text(WIDTH, middle - 8, EACH.format(n=mixture.params), SMALLEST, anchor="end", fill=SOFT)
    canvas.text(WIDTH, middle + 15, LAYERS.format(n=mixture.mixtures), SMALLEST, anchor="end", fill=SOFT)
    canvas.height = _bars(canvas, active, mixture, top + len(lanes) * LANE + 14)
    return canvas


def lanes_of(mixture: Mixture) -> list[Lane]:
    """All experts, two of them used as they may come; of very many only some of each."""
    used, idle = mixture.used, mixture.experts - mixture.used
    if mixture.experts <= MOST:
        chosen = {0, mixture.experts // 2} if used == 2 else set(range(used))
        return [(i, i in chosen) for i in range(mixture.experts)]
    drawn = used if used <= 3 else 2
    lanes: list[Lane] = [(i, True) for i in range(drawn)]
    lanes += [MORE_USED.format(n=used - drawn)] if used > drawn else []
    return [*lanes, (used, False), (used + 1, False), MORE_IDLE.format(n=idle - 2)]


def _expert(canvas: Canvas, i: int, used: bool, y: float, middle: float) -> None:
    """One expert's lane: full with its wires, or only its outline."""
    look = paint(Kind.LINEAR) if used else BLANK
    if used:
        canvas.arrow([(125, middle), (150, middle), (150, y), (186, y)], bend=4, size=3.6)
        canvas.arrow([(314, y), (330, y), (330, middle), (343, middle)], bend=4, size=3.6)
    canvas.box(186, y - HIGH / 2, 128, HIGH, look, f"expert {i + 1}", 2)
    said = EXPERT.format(i=i + 1)[canvas.lang]
    if used:
        canvas.text(250, y + 2.6, said, 7.4, "bold", "middle", look.ink)
        return
    text = f"{said}　{IDLE[canvas.lang]}" if canvas.lang == "zh" else f"{said}: {IDLE[canvas.lang]}"
    wide = canvas.wide(text, SMALLEST)
    canvas.rect(250 - wide / 2 - 2, y - 5, wide + 4, 10, PAPER, "none")
    canvas.text(250, y + 2.5, text, SMALLEST, anchor="middle", fill=SOFT)


def _bars(canvas: Canvas, active: Active, mixture: Mixture, y: float) -> float:
    """All parameters and those of one token, to one scale; where they end."""
    idle = active.total - active.params
    chosen = min(mixture.mixtures * mixture.used * mixture.params, active.params)
    rest = active.params - chosen
    left = max(canvas.wide(word, 7) for word in (ALL, USED)) + 8
    right = max(canvas.wide(grouped(n), 7.4, "bold") for n in (active.total, active.params)) + 6
    unit = (WIDTH - left - right) / active.total
    looks = (OTHER, paint(Kind.LINEAR), BLANK)
    canvas.line((0, y - 9), (WIDTH, y - 9), RULE, 0.4)
    for word, parts, sum_ in ((ALL, (rest, chosen, idle), active.total), (USED, (rest, chosen), active.params)):
        canvas.text(0, y + 6.8, word, 7, fill=SOFT)
        x = left
        for value, look in zip(parts, looks, strict=False):
            canvas.rect(x, y, value * unit, 9.4, look.front, "none")
            canvas.hatch(x, y, value * unit, 9.4, look)
            canvas.rect(x, y, value * unit, 9.4, "none", INK, 0.4)
            x += value * unit
        canvas.text(x + 4, y + 7.2, grouped(sum_), 7.4, "bold")
        y += 14
    x = left
    for word, value, look in zip((REST, CHOSEN, OTHERS), (rest, chosen, idle), looks, strict=True):
        canvas.rect(x, y + 1.4, 7, 6.4, look.front, "none")
        canvas.hatch(x, y + 1.4, 7, 6.4, look, 2.4)
        canvas.rect(x, y + 1.4, 7, 6.4, "none", INK, 0.4)
        x = canvas.text(x + 9.5, y + 7, f"{word[canvas.lang]} {grouped(value)}", 7) + 12
    canvas.line((0, y + 14), (WIDTH, y + 14), FAINT, 0.4)
    return y + 18


FIGURE = Maker(
    "experts",
    Bi(
        "混合专家：路由器、专家，以及一个词元用到的参数",
        "a mixture of experts: router, experts, and what one token uses",
    ),
    make,
    order=47,
    alone=True,
    wants=frozenset({"ideas"}),
)
