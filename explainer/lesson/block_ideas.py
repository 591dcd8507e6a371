"""What the stretches of a block were proven to be, in words: attention, feed-forward network, norms, experts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Code
from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.phrases import COMMA, capitalised
from explainer.lesson.position_table import position_table
from explainer.lesson.shortcuts import inside_of, shortcut
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Idea, Plain
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.parts import Layer
from explainer.walkthrough.story import Part

NAMES: dict[IdeaKind, Bi] = {
    "attention": Bi("注意力", "attention"),
    "channel_attention": Bi("通道间注意力", "attention between channels"),
    "linear_attention": Bi("线性注意力", "linear attention"),
    "mlp": Bi("前馈网络", "feed-forward network"),
    "gated_mlp": Bi("门控前馈网络", "gated feed-forward network"),
    "mixture_of_experts": Bi("混合专家", "mixture of experts"),
    "squeeze_excitation": Bi("压缩激励", "squeeze and excitation"),
    "rms_norm": Bi("RMSNorm", "RMSNorm"),
    "layer_norm": Bi("层归一化", "layer normalization"),
    "l2_norm": Bi("L2归一化", "L2 normalization"),
    "group_norm": Bi("组归一化", "group normalization"),
    "activation": Bi("激活函数", "activation"),
    "patch_embedding": Bi("图像块嵌入", "patch embedding"),
    "stem": Bi("输入端", "input stage"),
    "head": Bi("输出端", "output stage"),
}
FLOW = Bi(zh="一块依次是：{steps}。", en="In order: {steps}.")
PLUS = Bi(zh="⊕是残差连接的相加。", en="⊕ is the sum of a residual connection.")
MASKS = {
    "causal": Bi(
        "因果注意力：每个位置只关注自身及更早的位置", "causal attention: a position sees only itself and earlier ones"
    ),
    "full": Bi("不带掩码的注意力：每个位置关注所有位置", "attention without a mask: a position sees all others"),
    "window": Bi("窗口注意力：每个位置只关注附近的位置", "windowed attention: a position sees those near it"),
    "regions": Bi(
        "分区的注意力：只有同一区域的位置才互相关注",
        "attention in regions: positions of one region see one another only",
    ),
    "full or regions": NAMES["attention"],
    "other": Bi("带掩码的注意力", "attention with a mask"),
}
INSIDE = Bi("注意力：每个位置关注同一组的所有位置", "attention: a position sees all others of its own group")
LEARNED = Bi(
    "注意力：查询是学习得到的参数，键和值来自输入",
    "attention whose queries are learned parameters; keys and values come from the input",
)
ALL_KEYS = Bi("不带掩码的注意力：每个查询关注所有的键", "attention without a mask: a query sees all keys")
ONE_QUERY = Bi(
    "只有1个位置作查询，它从{keys}个位置取信息（class attention）",
    "only one position has a query; it gathers from {keys} positions (class attention)",
)
FEWER_KEYS = Bi(
    "键和值的位置比查询少（{keys}个对{queries}个），计算量按同样的比例减少",
    "keys and values have fewer positions than queries ({keys} to {queries}), which takes that much less computation",
)
FEWER_KEYS_IN = Bi(
    "{n}块中键和值的位置比查询少，计算量按同样的比例减少",
    "in {n:block|blocks} keys and values have fewer positions than queries, which takes that much less computation",
)
WINDOWED_IN = Bi(
    "{n}块{windows}；另外{m}块不分组", "in {n:block|blocks} {windows}; in {m:block|blocks} without such groups"
)
KNOWN_OF = Bi("已确认{n}块的分法：{windows}", "as was confirmed of {n:block|blocks}: {windows}")
CROSS = Bi(
    "交叉注意力：查询来自本序列，键和值来自另一个序列",
    "cross-attention: queries come from this sequence, keys and values from another one",
)
BIASES = {
    "position": Bi(
        "分数上另加一个由两个位置决定的偏置", "a bias that depends on the two positions is added to the scores"
    ),
    "alibi": Bi(
        "分数上另加一个与距离成正比的偏置（ALiBi）",
        "a bias in proportion to the distance is added to the scores (ALiBi)",
    ),
}
WINDOWS = Bi(
    zh="分组进行，{n}个位置为一组；一组的大小不变时，计算量与位置数成正比，而不是与它的平方成正比",
    en="inside groups of {n} positions each; with groups of this size its computation grows with the number of positions and not with its square",
)
GROUPS = Bi(
    zh="分组进行（各块一组的位置数不同）", en="inside groups of positions (their size differs from block to block)"
)
PARTITIONS = {
    "block": Bi(
        zh="分窗口进行（窗口注意力，window attention）：{side}个相邻的位置为一个窗口；窗口大小不变时，计算量与位置数成正比，而不是与它的平方成正比",
        en="inside windows (block attention): {side} neighbouring positions are one window; with windows of this size the computation grows "
        "with the number of positions and not with its square",
    ),
    "grid": Bi(
        zh="在网格上进行（网格注意力，grid attention）：整幅特征图上等间隔的{side}个位置为一组，所以能关注全图",
        en="on grids (grid attention): {side} positions at equal distances over the whole map are one group, so that it sees all of the map",
    ),
    "block and grid": Bi(
        zh="有两种：{n}块是窗口注意力（block attention），一组是一个窗口，即{side}个相邻的位置，只关注局部；{m}块是网格注意力（grid attention），一组是整幅特征图上等间隔的{side}个位置，关注全图；"
        "一组的大小不变时，计算量与位置数成正比，而不是与它的平方成正比",
        en="of two kinds: in {n:block|blocks} it is block attention, where {side} neighbouring positions are one window; in "
        "{m:block|blocks} grid attention, where {side} positions at equal distances over the whole map are one group, so that it sees all "
        "of the map; with groups of this size the computation grows with the number of positions and not with its square",
    ),
}
APART = Bi(
    zh="在网格上进行（网格注意力，grid attention）：整幅特征图上每隔{n}格的位置为一组，所以能关注全图，但只看各小块中同一处的位置",
    en="on grids (grid attention): positions {n} places apart over the whole map are one group, so that it sees all of the map, but only the "
    "same place of each small patch",
)
SHIFTED = Bi(
    zh="部分块先把窗口移位，移位后的窗口里，只有原属同一区域的位置才互相关注",
    en="in some of the blocks the windows are shifted, and in these only positions of one region see one another",
)
SINKS = Bi(
    zh="softmax多算一个学习得到的分数（sink），它分走一部分权重，却不对应任何位置",
    en="the softmax has one more score, a learned one (a sink), which takes a share of the weights and belongs to no position",
)
LATENT = Bi(
    zh="键和值都由一个{n}维的隐向量算出（多头潜在注意力，MLA），缓存时只需存这个隐向量和位置部分",
    en="keys and values are made of one latent vector of {n} numbers (multi-head latent attention, MLA): that and the part with the "
    "positions are all that a cache must keep",
)
HEADS = Bi(zh="共{n}个头，每头{width}维", en="there are {n} heads of {width} each")
SHARED = Bi(
    zh="键和值只有{kv}个头，每{times}个查询头共用一个",
    en="keys and values have only {kv} heads, one for every {times} query heads",
)
SCALE = Bi(
    zh="分数乘以{scale}，即1/√{width}，使分数的大小不随每头的维数增长",
    en="scores are multiplied by {scale}, that is, 1/√{width}, so that they do not grow with the width of a head",
)
NO_SCALE = Bi(zh="分数不缩放，直接取softmax", en="scores go into the softmax without a scale")
OTHER_SCALE = Bi(zh="分数乘以{scale}", en="scores are multiplied by {scale}")
CHANNELS = Bi(
    zh="通道间注意力（cross-covariance attention）：分数表的行和列是通道，不是位置，每个通道从同一头的其他通道取信息；{heads}个头，每头{n}个通道，所以计算量与位置数成正比，"
    "而不是与位置数的平方成正比",
    en="attention between channels (cross-covariance attention): rows and columns of the scores are channels, not positions, and a channel gathers from the others of its "
    "head; {heads:head|heads} of {n} channels each, so that the computation grows with the number of positions and not with its square",
)
LINEAR = Bi(
    zh="线性注意力：先算φ(K)ᵀV，每头得到一个{k}×{v}的矩阵，再算φ(Q)与它的乘积{divided}，不用算位置两两之间的分数，所以计算量与位置数成正比；{heads}个头{phi}",
    en="linear attention: φ(K)ᵀV comes first, a matrix of {k}×{v} for each head, and φ(Q) is multiplied by it{divided}; no two positions have a score, so that the "
    "computation grows with the number of positions and not with its square; {heads:head|heads}{phi}",
)
DIVIDED = Bi(zh="，并除以φ(Q)·Σφ(K)", en=" and divided by φ(Q)·Σφ(K)")
PHI = Bi(zh="，φ是{function}", en="; φ is {function}")
PHI_SOFTMAX = Bi(zh="，查询和键各取一次softmax作为φ", en="; φ is a softmax, one of the queries and one of the keys")
PHI_SAME = Bi(zh="，φ(x)=x", en="; φ(x) = x")
MLP = Bi(
    zh="前馈网络：两个全连接层，维数依次为{sizes}，中间用{function}",
    en="feed-forward network: two fully connected layers, {sizes}, with {function} between",
)
GATED = Bi(
    zh="门控前馈网络：{sizes}，一路经过{function}后与另一路逐元素相乘",
    en="gated feed-forward network: {sizes}; one branch goes through {function} and is multiplied with the other",
)
GATE_LIMIT = Bi(zh="门截断到不超过{n}", en="the gate is cut off above {n}")
VALUE_LIMIT = Bi(zh="值截断到−{n}与{n}之间", en="the value is kept between −{n} and {n}")
VALUE_SHIFT = Bi(zh="值再加{n}", en="{n} is added to the value")
VALUE_LESS = Bi(zh="值再减{n}", en="{n} is taken from the value")
BEFORE = Bi(zh="相乘之前，{changes}", en="before the product {changes}")
BATCH_NORM = Bi(zh="第一层之后先做批归一化", en="a batch norm follows the first layer")
EXPERT = Bi(zh="每个专家是{expert}", en="each expert is a {expert}")
EXPERTS = Bi(
    zh="混合专家：{experts}个同样的前馈网络，路由器给它们打分，每个词元只用得分最高的{used}个",
    en="mixture of experts: {experts} equal feed-forward networks; a router scores them, and a token uses the best {used} only",
)
PROVEN = Bi(
    zh="各结构是实际运行后认出来的，不看名称。", en="What each part is was found by running it, not by its name."
)
QKV = Bi(
    zh="{path}的{out}个输出依次是查询、键、值：{q}+{k}+{v}。",
    en="The {out} outputs of {path} are queries, keys and values: {q}+{k}+{v}.",
)
OF_PATH = Bi("（{path}）", " ({path})")
SELF, CROSS = Bi("自注意力", "self-attention"), Bi("交叉注意力", "cross-attention")
ATTENTION_AND_MLP = ("attention", "channel_attention", "linear_attention", "mlp", "gated_mlp", "mixture_of_experts")


def of_first(part: Part) -> list[Idea]:
    """The ideas of the first instance, the settings left out that another instance has otherwise."""
    template = part.template
    if template is None or part.loop:
        return list(part.ideas)
    paths = [row.path for row in template.rows]
    by_place: dict[tuple[str, str], list[Idea]] = {}
    first: list[tuple[tuple[str, str], Idea]] = []
    for idea in part.ideas:
        home = next((path for path in paths if idea.path == path or idea.path.startswith(path + ".")), None)
        if home is None:
            continue
        place = (idea.kind, idea.path[len(home) :])
        by_place.setdefault(place, []).append(idea)
        if home == paths[0]:
            first.append((place, idea))
    some = {step.example.index for step in template.steps if step.option}
    every = [
        (place, idea)
        for place, idea in first
        if len(by_place[place]) >= len(paths)
        or some.intersection(idea.calls)  # what one instance is, another need not be
    ]
    return [_common(idea, by_place[place]) for place, idea in every]


def _common(idea: Idea, others: Sequence[Idea]) -> Idea:
    settings = {
        name: value
        for name, value in idea.settings.items()
        if all(other.settings.get(name) == value for other in others)
    }
    if {other.settings.get("mask") for other in others} == {"full", "regions"}:
        settings["mask"] = "full or regions"
    sizes = [other.settings.get("positions") for other in others]
    cut = {size for size in sizes if size is not None}
    windows = [
        size is not None or {other.settings.get("sequence")} == cut for size, other in zip(sizes, others, strict=True)
    ]
    if len(cut) == 1:  # a stage of one window is none
        settings["positions"] = cut.pop()
    if cut or any(windows):
        settings |= {"in_windows": sum(windows), "over_all": len(windows) - sum(windows)}
    settings["fewer_keys"] = sum("keys" in other.settings for other in others)
    for name in ("partition", "window_height", "window_width", "apart"):
        found = {other.settings[name] for other in others if name in other.settings}
        if len(found) == 1:
            settings[name] = found.pop()
        elif name in settings:
            del settings[name]
    kinds = Counter(other.settings.get("partition") for other in others)
    known = [
        "partition" in one.settings or "positions" not in one.settings for one in others
    ]  # a whole map is one window
    settings["known_windows"] = sum(map(all, zip(windows, known, strict=True)))
    if kinds["block"] and kinds["grid"]:
        settings |= {"partition": "block and grid", "blocks": kinds["block"], "grids": kinds["grid"]}
    return Idea(idea.kind, idea.path, idea.calls, settings, idea.proof, idea.stretch)


def said_of(page: Page, part: Part) -> None:
    """The order of the ideas in the block, what each is, and how that was proven."""
    ideas = of_first(part)
    main = [idea for idea in ideas if idea.kind in ATTENTION_AND_MLP and not _of_convolutions(idea, part)]
    if not main:
        return
    if flow := _flow(part, ideas):
        explained = any(one.zh == "⊕" for one in flow) and page.first("⊕")
        page.tell([FLOW.format(steps=joined(flow, " → ", " → ")), *([PLUS] if explained else [])])
    said = [(idea, text) for idea in main if (text := _sentence(idea))]
    alike = Counter(idea.kind for idea, _ in {text: (idea, text) for idea, text in said}.values())
    told = (_with_name(idea, text, ideas) if alike[idea.kind] > 1 else text for idea, text in said)
    sentences = list(dict.fromkeys(told))  # two of one kind: said once
    if sentences:
        whole = joined([Bi(f"{one.zh}。", f"{capitalised(one).en}.") for one in sentences], "", " ")
        page.tell([whole])
    for idea in main:
        _projections(page, part, idea)
        position_table(page, part, idea)
    if page.detail == "handout":
        return  # with the rest of what was checked
    proofs = {idea.proof.words.zh: proven(idea) for idea in main if page.first(("proof", idea.kind))}
    if proofs:
        page.tell([PROVEN, *proofs.values()])


def proven(idea: Idea) -> Bi:
    """How it was proven, with what: 注意力：…"""
    name, words = NAMES[idea.kind], idea.proof.words
    named = name.en.split()[-1] in words.en.split()[:3]  # "The attention was run …" says it itself
    small = words.en[:1].lower() + words.en[1:]
    return Bi(f"{name.zh}：{words.zh}", words.en if named else f"{capitalised(name).en}: {small}")


def proofs_of(parts: Sequence[Part]) -> list[Bi]:
    """How attention, feed-forward networks and experts were proven, each once: 注意力：…"""
    found: dict[str, Bi] = {}
    for part in parts:
        for idea in of_first(part):
            if idea.kind in ATTENTION_AND_MLP and not _of_convolutions(idea, part):
                found.setdefault(idea.kind, proven(idea))
    return list(found.values())


def start_of(part: Part) -> str:
    """What the paths of the first instance's calls begin with."""
    path = part.template.rows[0].path if part.template else ""
    return f"{path}." if path else ""


def _of_convolutions(idea: Idea, part: Part) -> bool:
    """Whether a feed-forward network is one of convolutions: their maps are told as such."""
    if idea.kind not in ("mlp", "gated_mlp"):
        return False
    calls = set(idea.calls)
    return any(layer.index in calls and layer.kind is Kind.CONVOLUTION for layer in part.layers)


def _flow(part: Part, ideas: Sequence[Idea]) -> list[Bi]:
    """LayerNorm → attention → ⊕ → LayerNorm → feed-forward network → ⊕, from the calls of the first instance."""
    assert part.template is not None
    start = start_of(part)
    inside = inside_of(part, start.removesuffix("."))
    ways = {layer.index: shortcut(layer, inside) for layer in inside.values()}
    aside = {one.index for way in ways.values() for one in way}
    home = {index: idea for idea in ideas for index in idea.calls}
    found: list[Bi] = []
    told: set[int] = set()
    for layer in part.once:
        if not layer.path.startswith(start):
            continue
        idea = home.get(layer.index)
        if idea is not None:
            if id(idea) not in told:
                told.add(id(idea))
                found.append(called(idea, ideas) or same(idea.kind))
        elif layer.index in aside:
            continue
        elif layer.call.bypass or ways.get(layer.index):
            found.append(same("⊕"))
        elif (
            layer.kind in (Kind.NORMALIZATION, Kind.CONVOLUTION, Kind.LINEAR, Kind.ATTENTION, Kind.ACTIVATION)
            and layer.rule
        ):
            found.append(layer.rule.title)
    return found if 1 < len(found) < LONGEST_FLOW else []


LONGEST_FLOW = 14


def called(idea: Idea, ideas: Sequence[Idea]) -> Bi | None:
    """What an idea of a block is called: of a block with both kinds of attention, or with two feed-forward networks, which of them."""
    kinds = {bool(one.settings.get("cross")) for one in ideas if one.kind == "attention"}
    if idea.kind == "attention" and len(kinds) > 1:
        return CROSS if idea.settings.get("cross") else SELF
    name = NAMES.get(idea.kind)
    alike = [one.path.rpartition(".")[2] for one in ideas if one.kind == idea.kind]
    if name is not None and idea.kind in ("mlp", "gated_mlp") and 1 < len(alike) == len(set(alike)):
        return name + OF_PATH.format(path=same(idea.path.rpartition(".")[2]))
    return name


def _with_name(idea: Idea, text: Bi, ideas: Sequence[Idea]) -> Bi:
    """门控前馈网络（mlp_tokens）：…, where the block has two of them that differ."""
    name, own = NAMES.get(idea.kind), called(idea, ideas)
    if name is None or own is None or idea.kind not in ("mlp", "gated_mlp"):
        return text
    return Bi(text.zh.replace(name.zh, own.zh, 1), text.en.replace(name.en, own.en, 1))


def _sentence(idea: Idea) -> Bi | None:
    settings = idea.settings
    if idea.kind == "attention":
        return _attention(settings)
    if idea.kind == "channel_attention":
        return CHANNELS.format(heads=settings["heads"], n=settings["head_channels"])
    if idea.kind == "linear_attention" and {"heads", "head_width", "value_width"} <= set(settings):
        return _linear(settings)
    if idea.kind in ("mlp", "gated_mlp"):
        return _feed_forward(idea.kind, settings)
    if idea.kind == "mixture_of_experts" and {"experts", "used"} <= set(settings):
        whole = EXPERTS.format(experts=settings["experts"], used=settings["used"])
        kind = settings.get("expert")
        expert = _feed_forward(kind, settings) if kind in ("mlp", "gated_mlp") else None
        return joined([whole, EXPERT.format(expert=expert)], "；", "; ") if expert else whole
    return None


def _linear(settings: Mapping[str, Plain]) -> Bi:
    function = settings.get("function")
    known = {None: same(""), "softmax": PHI_SOFTMAX, "identity": PHI_SAME}
    phi = known[function] if function in known else PHI.format(function=_named_function(str(function)))
    return LINEAR.format(
        k=settings["head_width"],
        v=settings["value_width"],
        heads=settings["heads"],
        divided=DIVIDED if settings.get("normalised") else same(""),
        phi=phi,
    )


def _named_function(name: str) -> Bi:
    """GELU（tanh近似） / GELU (tanh)."""
    return Bi(name.replace(" (tanh)", "（tanh近似）"), name)


def _feed_forward(kind: object, settings: Mapping[str, Plain]) -> Bi | None:
    """Sizes, function, and how a gate is limited."""
    sizes = "→".join(_text(settings[name]) for name in ("d_in", "d_hidden", "d_out") if name in settings)
    if not sizes or "function" not in settings:
        return None
    function = str(settings["function"])
    shown = _SPELT.get(function) or _named_function(function)
    if kind == "mlp":
        plain = MLP.format(sizes=same(sizes), function=shown)
        return joined([plain, BATCH_NORM], "；", "; ") if settings.get("batch_norm") else plain
    texts = (("gate_limit", GATE_LIMIT), ("value_limit", VALUE_LIMIT), ("value_shift", VALUE_SHIFT))
    changes = [
        (VALUE_LESS if n < 0 else text).format(n=same(f"{abs(n):g}"))
        for name, text in texts
        if isinstance(n := settings.get(name), int | float)
    ]
    whole = GATED.format(sizes=same(sizes), function=shown)
    return joined([whole, BEFORE.format(changes=joined(changes, "，", ", "))], "；", "; ") if changes else whole


_SPELT = {  # by its formula: the name is known to few
    "QuickGELU": same("x·σ(1.702x)"),
    "StarReLU": Bi("s·ReLU(x)²+b（s、b可学习）", "s·ReLU(x)²+b (s and b are learned)"),
}


def _attention(settings: Mapping[str, Plain]) -> Bi:
    mask = str(settings.get("mask"))
    parts = [MASKS.get(mask, NAMES["attention"])]
    windows, all_of_it = settings.get("in_windows", int("positions" in settings)), settings.get("over_all", 0)
    if mask == "full" and settings.get("fewer_keys", "keys" in settings):
        parts = [ALL_KEYS]
    if settings.get("learned_queries"):
        parts = [LEARNED]
    elif settings.get("cross"):
        parts = [CROSS] if mask == "full" else [CROSS, *parts]
    elif mask == "full" and settings.get("queries") == 1:
        parts = [NAMES["attention"], ONE_QUERY.format(keys=settings.get("keys", 0))]
    elif mask == "full" and windows:
        parts = [NAMES["attention"]] if all_of_it else [INSIDE]
    heads, kv, width = settings.get("heads"), settings.get("kv_heads"), settings.get("head_width")
    if isinstance(heads, int) and isinstance(width, int):
        told = HEADS.format(n=heads, width=width)
        if isinstance(kv, int) and 0 < kv < heads and heads % kv == 0:
            told = told + COMMA + SHARED.format(kv=kv, times=heads // kv)
        parts.append(told)
    if windows:
        within = _within(settings)
        parts.append(WINDOWED_IN.format(n=windows, windows=within, m=all_of_it) if all_of_it else within)
    parts += _keys(settings)
    if settings.get("mask") == "full or regions":
        parts.append(SHIFTED)
    if isinstance(settings.get("kv_latent"), int):
        parts.append(LATENT.format(n=settings["kv_latent"]))
    if settings.get("sinks"):
        parts.append(SINKS)
    if (bias := BIASES.get(str(settings.get("bias")))) is not None:
        parts.append(bias)
    scale = settings.get("scale")
    if isinstance(scale, float) and isinstance(width, int) and abs(scale - width**-0.5) < 1e-9:
        parts.append(SCALE.format(scale=same(f"{scale:.4g}"), width=width))
    elif isinstance(scale, float):
        parts.append(NO_SCALE if scale == 1 else OTHER_SCALE.format(scale=same(f"{scale:.4g}")))
    if parts[0] is NAMES["attention"] and len(parts) > 1:  # 注意力只在窗口内进行；注意力：12个头
        goes_on = Bi("：", ": ") if parts[1].zh.startswith("共") or settings.get("queries") == 1 else Bi("", " ")
        parts[:2] = [parts[0] + goes_on + parts[1]]
    return joined(parts, "；", "; ")


def _within(settings: Mapping[str, Plain]) -> Bi:
    """Inside which positions, where these are cut into groups."""
    side, one = settings.get("window_height"), settings.get("positions")
    known, windows = settings.get("known_windows"), settings.get("in_windows")
    if isinstance(known, int) and isinstance(windows, int) and 0 < known < windows:
        rest = dict(settings) | {"known_windows": windows}
        return joined(
            [
                WINDOWS.format(n=one) if isinstance(one, int) else GROUPS,
                KNOWN_OF.format(n=known, windows=_within(rest)),
            ],
            "；",
            "; ",
        )
    cut = PARTITIONS.get(str(settings.get("partition")))
    if cut is not None and side is not None and "window_width" in settings:
        shown = same(f"{side}×{settings['window_width']}")
        return cut.format(side=shown, n=settings.get("blocks", 0), m=settings.get("grids", 0))
    if settings.get("partition") == "grid" and settings.get("apart"):
        return APART.format(n=settings["apart"])
    return WINDOWS.format(n=one) if isinstance(one, int) else GROUPS


def _keys(settings: Mapping[str, Plain]) -> list[Bi]:
    """That there are fewer keys than queries, in all of the blocks or in some."""
    queries, keys, n = (settings.get(name) for name in ("queries", "keys", "fewer_keys"))
    if queries == 1 or not (n or isinstance(keys, int)):
        return []
    if isinstance(queries, int) and isinstance(keys, int):
        return [FEWER_KEYS.format(keys=keys, queries=queries)]
    return [FEWER_KEYS_IN.format(n=int(n or 0))]


def _projections(page: Page, part: Part, idea: Idea) -> None:
    """2304 = 768+768+768: one layer that makes queries, keys and values."""
    settings = idea.settings
    heads, kv, width = (settings.get(name) for name in ("heads", "kv_heads", "head_width"))
    value = settings.get("value_width", width)
    if idea.kind != "attention" or not all(isinstance(one, int) for one in (heads, kv, width, value)):
        return
    q, k, v = int(heads or 0) * int(width or 0), int(kv or 0) * int(width or 0), int(kv or 0) * int(value or 0)
    calls = set(idea.calls)
    linears = [layer for layer in part.once if layer.index in calls and layer.kind is Kind.LINEAR]
    if len(linears) == 2 and _outputs(linears[0]) == q + k + v:
        path = linears[0].path.removeprefix(start_of(part))
        page.say(QKV, path=Code(path), out=q + k + v, q=q, k=k, v=v)


def _outputs(layer: Layer) -> int:
    values = layer.params.values if layer.params else {}
    return next((value for symbol, value in values.items() if symbol.role is Role.FEATURES_OUT), 0)


def _text(value: Plain) -> str:
    return grouped(value) if isinstance(value, int) else str(value)


def name_of(part: Part, ideas: Sequence[Idea], call: int | None, tensor: str = "") -> Bi | None:
    """What the call, or a tensor of the first instance, belongs to: attention, the feed-forward network; RMSNorm."""
    kind = kind_of(part, ideas, call, tensor)
    return NAMES.get(kind) if kind is not None else None


def kind_of(part: Part, ideas: Sequence[Idea], call: int | None, tensor: str = "") -> IdeaKind | None:
    """The same as the idea's kind."""
    calls = {call} if call is not None else users(part, tensor)
    for idea in ideas:
        if idea.kind != "activation" and calls and calls <= set(idea.calls):
            return idea.kind
    return None


def users(part: Part, tensor: str) -> set[int]:
    """The calls that use a tensor of the first instance directly."""
    name = f"{start_of(part)}{tensor}"
    return {call for one in part.raw if one.name == name for call in one.used_by}
