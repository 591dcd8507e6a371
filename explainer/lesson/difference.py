"""The difference of two models as a sum of layers and blocks: a table, and the same in sentences."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from explainer.document.builder import Page
from explainer.document.nodes import Inline, Strong, Table, Text
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.phrases import equals
from explainer.walkthrough.difference.terms import Amount, Inner, Term

HEADER = (
    Bi("不同之处", "What differs"),
    Bi("数量", "How many"),
    Bi("每个的参数量", "Parameters of each"),
    Bi("参数量之差", "Parameters, difference"),
    Bi("计算量（乘加）之差", "MACs, difference"),
)
SUM = Bi("合计", "Total")
SIGNS = {"added": "＋", "removed": "−", "changed": "↔", "resized": "↔"}
BLOCK = Bi("块", "block")
AT = Bi("（{paths}）", " ({paths})")
CONSISTS = Bi("：{layers}", ": {layers}")
RESIZED = Bi("{title}，特征图大小或序列长度不同", "{title}, on maps or sequences of another size")
CHANGED = Bi("{title}：{before} ⇒ {after}", "{title}: {before} ⇒ {after}")
NAMED = Bi("{title}{sizes}", "{title} {sizes}")
VARIED = Bi("各不相同", "not all the same")
TIMES = Bi("{n}个{what}", "{n} × {what}")
REST = Bi("其余{n}种", "the other {n:kind|kinds}")
MORE = Bi("多{n}个{what}{of}", "{n} more {what}{of}")
FEWER = Bi("少{n}个{what}{of}", "{n} fewer {what}{of}")
REPLACED = Bi("有{n}个{what}换成了另外{others}个", "{n} {what} replaced by {others} others")
OTHER = Bi("有{n}个{what}不同", "{n} {what} changed")
OF_SIZES = Bi("（{sizes}）", " ({sizes})")
OF_SIZE = Bi("{n}个{sizes}", "{n} of {sizes}")
NOW = Bi(zh="改后{what}。", en="With the change: {what}.")
COMPARED = Bi("与{first}相比，{second}{what}。", "{second} compared with {first}: {what}.")
NOTHING_COUNTED = Bi(
    zh="{n}个层或块只是设置不同，不影响参数量和计算量。",
    en="{n:layer or block is|layers or blocks are} set up differently only, with no effect on parameters and computation.",
)
ADDS_UP = Bi(
    zh="参数量：{before}{sign}{difference}={after}；计算量（乘加）：{macs_before}{macs_sign}{macs_difference}={macs_after}。",
    en="Parameters: {before} {sign} {difference} = {after}; multiply-accumulates: {macs_before} {macs_sign} {macs_difference} = "
    "{macs_after}.",
)
WORKING = Bi(zh="参数量之差：{sum}。", en="The difference of the parameters: {sum}.")
ONE = Bi(zh="{sign}{what}：{params}{macs}", en="{sign} {what}: {params}{macs}")
PARAMS = Bi("参数量{difference}", "parameters {difference}")
MACS = Bi("，计算量{difference}", ", multiply-accumulates {difference}")
WITHOUT = Bi("没有参数，也没有乘加", "no parameters and no multiply-accumulates")
PARAMS_0 = Bi("没有参数", "no parameters")
SAME_COUNT = Bi("参数量不变", "parameters unchanged")
NOUNS = ("layer", "parameter", "block", "addition", "normalization", "multiplication", "product", "step")
MOST_ROWS = 20
MOST_LAYERS, MOST_SIZES, MOST_SUMMANDS = 6, 4, 8


def counted(terms: Sequence[Term]) -> list[Term]:
    """Those that change a total, or the number of layers."""
    return [term for term in terms if term.kind in ("added", "removed") or term.total != Amount()]


def total(terms: Sequence[Term]) -> Amount:
    """The differences of the totals."""
    return sum((term.total for term in terms), Amount())


def headline(terms: Sequence[Term], first: str = "", second: str = "") -> Bi | None:
    """How many layers and blocks of each kind the second has more, fewer or otherwise; None where it has none.

    Without names: of a model and what it is with a change.
    """
    what = in_words(terms)
    if what is None:
        return None
    return COMPARED.format(first=first, second=second, what=what) if first else NOW.format(what=what)


def in_words(terms: Sequence[Term]) -> Bi | None:
    """`3 more convolutional layers and 3 more batch normalization layers`; None where no layer is more, fewer or changed.

    Layers that change no total (activations) are said where there are no others.
    """
    found = [term for term in counted(terms) if term.kind != "resized"]
    found = [term for term in found if term.total != Amount()] or found
    many: dict[tuple[str, str], Counter[str]] = {}
    sizes: dict[tuple[str, str], Counter[str]] = {}
    names: dict[tuple[str, str], Bi] = {}
    for term in found:
        title = BLOCK if term.title is None else term.title
        names[title.zh, title.en] = title
        many.setdefault((title.zh, title.en), Counter())[term.kind] += term.count
        if term.kind in ("added", "removed"):
            sizes.setdefault((title.zh, title.en), Counter())[max(term.sizes, key=len)] += term.count
    parts: list[Bi] = []
    for key, counts in many.items():
        if names[key] is BLOCK and counts["added"] and counts["removed"]:  # blocks of another kind
            what = pluralised(BLOCK, counts["removed"])
            parts.append(REPLACED.format(n=counts["removed"], what=what, others=counts["added"]))
            counts = Counter(changed=counts["changed"])
        more = counts["added"] - counts["removed"]
        same_number = counts["changed"] + (0 if more else counts["added"])
        if more:
            what, of = pluralised(names[key], abs(more)), _of_sizes(sizes.get(key, Counter()), counts)
            parts.append((MORE if more > 0 else FEWER).format(n=abs(more), what=what, of=of))
        if same_number:
            parts.append(OTHER.format(n=same_number, what=pluralised(names[key], same_number)))
    return _listed(parts) if parts else None


def _of_sizes(sizes: Counter[str], counts: Counter[str]) -> Bi:
    """Where all are more, or all are fewer: how many of which sizes."""
    if len(sizes) < 2 or "" in sizes or len(sizes) > MOST_SIZES or (counts["added"] and counts["removed"]):
        return same("")
    return OF_SIZES.format(
        sizes=joined([OF_SIZE.format(n=n, sizes=_text(one)) for one, n in sizes.items()], "；", ", ")
    )


def lines(terms: Sequence[Term]) -> list[Bi]:
    """A sentence for each term, and the rest together."""
    shown, rest = _shown(terms)
    said = [
        ONE.format(sign=SIGNS[term.kind], what=_name(term, MOST_LAYERS), **_amounts(term)) + _STOP for term in shown
    ]
    if rest:
        together = total(rest)
        words = {"params": _params(same(grouped_sign(together.params))), "macs": _macs(together)}
        said.append(ONE.format(sign="…", what=REST.format(n=len(rest)), **words) + _STOP)
    return said


def working(terms: Sequence[Term]) -> Bi | None:
    """The difference of the parameters as a sum of the terms, `590,080+2·2,359,808=5,309,696`; None where one term is all, or they are many."""
    parts = [term for term in terms if term.total.params]
    if not 2 <= len(parts) <= MOST_SUMMANDS:
        return None
    written = []
    for term in parts:
        each = abs(term.params[1] - term.params[0]) if term.params else 0
        many = f"{term.count}·{grouped(each)}" if each and term.count > 1 else grouped(abs(term.total.params))
        written.append(f"{_sign(term.total.params)}{many}")
    whole = grouped_sign(total(parts).params).removeprefix("+")
    english = (
        " ".join(f"{one[0]} {one[1:]}" for one in written)
        .removeprefix("+ ")
        .replace("− ", "−", int(written[0][0] == "−"))
    )
    return WORKING.format(sum=Bi(f"{''.join(written).removeprefix('+')}={whole}", f"{english} = {whole}"))


def difference_table(page: Page, terms: Sequence[Term]) -> None:
    """A row for each term, and the sum; what is only set up differently is a sentence."""
    shown, rest = _shown(terms)
    rows: list[tuple[Text, ...]] = [_row(page, term) for term in shown]
    if rest:
        together = total(rest)
        rows.append((page.both(REST.format(n=len(rest))), ("",), ("",), *_cells(together)))
    whole = total(terms)
    strong = tuple((Strong(text),) for text in (grouped_sign(whole.params), grouped_sign(whole.macs)))
    rows.append(((Strong(page.label(SUM)),), ("",), ("",), *strong))
    page.blocks.append(Table(tuple(page.both(title) for title in HEADER), "lrlrr", tuple(rows)))
    idle = sum(term.count for term in terms if term not in counted(terms))
    if idle:
        page.tell([NOTHING_COUNTED.format(n=idle)])


def adds_up(before: Amount, after: Amount) -> Bi:
    """The totals and their difference, as one line of working."""
    more = after - before
    return ADDS_UP.format(
        before=before.params,
        after=after.params,
        sign=_sign(more.params),
        difference=abs(more.params),
        macs_before=before.macs,
        macs_after=after.macs,
        macs_sign=_sign(more.macs),
        macs_difference=abs(more.macs),
    )


_STOP = Bi("。", ".")


def _shown(terms: Sequence[Term]) -> tuple[list[Term], list[Term]]:
    known = counted(terms)
    if len(known) <= MOST_ROWS:
        return known, []
    largest = sorted(known, key=lambda term: (-abs(term.total.params), -abs(term.total.macs)))[: MOST_ROWS - 1]
    kept = [term for term in known if term in largest]
    return kept, [term for term in known if term not in largest]


def _row(page: Page, term: Term) -> tuple[Text, ...]:
    name: list[Inline] = [f"{SIGNS[term.kind]} ", *page.both(_name(term, MOST_LAYERS))]
    return (
        tuple(name),
        (grouped(term.count),),
        page.both(_each(term)),
        *_cells(term.total),
    )


def _cells(amount: Amount) -> tuple[Text, Text]:
    return (grouped_sign(amount.params),), (grouped_sign(amount.macs),)


def _each(term: Term) -> Bi:
    """The parameters of one: with its working where it is a layer, before and after where it is changed."""
    if term.kind == "resized":
        return same("")
    if term.params is None:
        return VARIED
    before, after = term.params
    if term.kind == "changed":
        return _worked(term.working[0], before) + same(" ⇒ ") + _worked(term.working[1], after)
    at = 1 if term.kind == "added" else 0
    return _worked(term.working[at], term.params[at])


def _worked(working: str, value: int) -> Bi:
    return equals(working, grouped(value)) if working else same(grouped(value))


def _name(term: Term, most: int) -> Bi:
    at = AT.format(paths=joined([same(one) for one in (*term.paths, *["…"] * (term.count > len(term.paths)))]))
    if term.title is None:
        told = [(_inner(one), len(list(some))) for one, some in itertools.groupby(term.layers, _unnamed)]
        inner = [one if n == 1 else TIMES.format(n=n, what=one) for one, n in told[:most]]
        more = [same("…")] if len(told) > most else []
        return BLOCK + at + (CONSISTS.format(layers=joined([*inner, *more], "；", "; ")) if inner else same(""))
    if term.kind == "resized":
        return RESIZED.format(title=term.title) + at
    before, after = term.sizes
    if term.kind == "changed" and before != after:
        return CHANGED.format(title=term.title, before=_text(before or "–"), after=_text(after or "–")) + at
    sizes = after or before
    return (NAMED.format(title=term.title, sizes=_text(sizes)) if sizes else term.title) + at


def _unnamed(one: Inner) -> Inner:
    """Layers side by side that differ by their names alone are told once."""
    return replace(one, name="")


def _inner(one: Inner) -> Bi:
    if one.before:
        return CHANGED.format(title=one.title, before=_text(one.before), after=_text(one.sizes))
    return NAMED.format(title=one.title, sizes=_text(one.sizes)) if one.sizes else one.title


def _text(sizes: str) -> Bi:
    return Bi(sizes.replace(", ", "，"), sizes)


def _amounts(term: Term) -> dict[str, Bi]:
    whole = term.total
    params = term.params
    if not whole.params:
        changed = term.kind in ("changed", "resized")
        return {"params": SAME_COUNT if changed else WITHOUT if not whole.macs else PARAMS_0, "macs": _macs(whole)}
    each = abs(params[1] - params[0]) if params is not None else 0
    sign = "+" if whole.params > 0 else "−"
    product = equals(f"{sign}{term.count}·{grouped(each)}", grouped_sign(whole.params))
    text = product if each and term.count > 1 else same(grouped_sign(whole.params))
    return {"params": _params(text), "macs": _macs(whole)}


def _params(text: Bi) -> Bi:
    return PARAMS.format(difference=text)


def _macs(amount: Amount) -> Bi:
    return MACS.format(difference=grouped_sign(amount.macs)) if amount.macs else same("")


def grouped_sign(value: int) -> str:
    """+5,309,696, −1024, 0."""
    return "0" if not value else f"{_sign(value)}{grouped(abs(value))}"


def _sign(value: int) -> str:
    return "−" if value < 0 else "+"


def pluralised(title: Bi, n: int) -> Bi:
    """English titles are names of layers: those that end in a noun of their own take an s, all others stay."""
    return Bi(title.zh, f"{title.en}s" if n != 1 and title.en.endswith(NOUNS) else title.en)


def _listed(parts: list[Bi]) -> Bi:
    """甲、乙 / a, b and c."""
    english = [part.en for part in parts]
    last = f"{', '.join(english[:-1])} and {english[-1]}" if len(english) > 1 else english[0]
    return Bi("，".join(part.zh for part in parts), last)
