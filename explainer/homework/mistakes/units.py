"""Mistakes of unit: bits, bytes, parameters, MB and MiB, thousands and millions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from explainer.formula.tree import Number
from explainer.homework.mistakes.base import Edit, Mistake, MistakeKind, Way, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity


def scaled(above: int, below: int = 1) -> Edit:
    """The value times above/below."""
    factor = Number(above) if below == 1 else Number(Fraction(above, below))

    def edit(form: Form, facts: Facts) -> Iterator[Way]:
        if facts.right and form.how != "shape":
            yield Way(replace(form, after=(*form.after, factor)), shown=below == 1 and above < 10)

    return edit


def _count(form: Form, facts: Facts) -> Iterator[Way]:
    """The parameters, their bytes left out."""
    if form.after:
        yield Way(replace(form, after=form.after[1:]))


def _bytes(form: Form, facts: Facts) -> Iterator[Way]:
    if facts.right and facts.element_bytes > 1:
        each = facts.element_bytes
        yield Way(replace(form, after=(*form.after, Number(each))), {"each": each})


def _one_type(facts: Facts) -> bool:
    return facts.element_bytes > 0


def _unit(
    name: str,
    title: Bi,
    text: Bi,
    hint: Bi,
    prior: float,
    edit: Edit,
    on: tuple[Quantity, ...] = ("bytes",),
    kind: MistakeKind = "roles",
) -> Mistake:
    return Mistake(f"units.{name}", kind, title, text, hint, prior, edit, on)


BINARY_HINT = Bi("1 MiB和1 MB各是多少字节？", "How many bytes are 1 MiB and 1 MB?")
COUNTS: tuple[Quantity, ...] = ("params", "weights", "bias", "macs", "flops", "activations")

MISTAKES = (
    _unit(
        "count_for_bytes",
        Bi("把参数量当成字节数（M当成MB）", "parameters given for bytes (M for MB)"),
        Bi(
            "这是参数量，不是字节数。每个参数占{B}字节，应再乘以{B}。",
            "this is the number of parameters, not of bytes. Each takes {B:byte|bytes}: multiply by {B}.",
        ),
        Bi("一个参数占几个字节？", "How many bytes does one parameter take?"),
        0.7,
        _count,
    ),
    _unit(
        "bytes_for_count",
        Bi("把字节数当成参数量", "bytes given for parameters"),
        Bi(
            "这是字节数（每个参数{each}字节），不是参数量，应除以{each}。",
            "these are bytes ({each} for each parameter), not parameters: divide by {each}.",
        ),
        Bi("题目问的是个数，还是占用的空间？", "Is the question how many, or how much space?"),
        0.3,
        _bytes,
        ("params", "weights"),
    ),
    _unit(
        "bits",
        Bi("把比特数当成字节数", "bits for bytes"),
        Bi("这是比特数。8比特为1字节，应除以8。", "these are bits. 8 bits are one byte: divide by 8."),
        Bi("1个字节有几个比特？", "How many bits are in a byte?"),
        0.5,
        scaled(8),
    ),
    _unit(
        "bytes_as_bits",
        Bi("把字节数又除以8", "bytes divided by 8"),
        Bi(
            "把字节数又除以了8。每个参数占的已经是字节，不是比特。",
            "the bytes were divided by 8 once more; they are bytes already, not bits.",
        ),
        Bi("float32的4是字节，还是比特？", "Is the 4 of float32 in bytes or in bits?"),
        0.2,
        scaled(1, 8),
    ),
    _unit(
        "double",
        Bi("每个参数按双精度（8字节）算", "8 bytes for each parameter"),
        Bi(
            "按每个参数2×{B}字节算了。这里的数据类型每个只占{B}字节。",
            "twice {B} bytes are taken for each parameter. The data type here takes {B:byte|bytes}.",
        ),
        Bi("这里的参数是什么数据类型？", "What is the data type of the parameters here?"),
        0.15,
        only(_one_type, scaled(2)),
    ),
    _unit(
        "half",
        Bi("每个参数按半精度（2字节）算", "2 bytes for each parameter"),
        Bi(
            "每个参数的字节数只算了一半。这里的数据类型每个占{B}字节。",
            "only half the bytes are taken for each parameter. The data type here takes {B:byte|bytes}.",
        ),
        Bi("这里的参数是什么数据类型？", "What is the data type of the parameters here?"),
        0.15,
        only(_one_type, scaled(1, 2)),
    ),
    _unit(
        "mib_as_mb",
        Bi("MiB当成MB", "MiB written as MB"),
        Bi(
            "按1 MiB=2²⁰字节换算，却写成了MB。1 MB=10⁶字节，1 MiB=1,048,576字节。",
            "this was divided by 2²⁰ (MiB) but called MB. 1 MB is 10⁶ bytes, 1 MiB is 1,048,576 bytes.",
        ),
        BINARY_HINT,
        0.5,
        scaled(10**6, 2**20),
    ),
    _unit(
        "mb_as_mib",
        Bi("MB当成MiB", "MB written as MiB"),
        Bi(
            "按1 MB=10⁶字节换算，却写成了MiB。1 MiB=1,048,576字节。",
            "this was divided by 10⁶ (MB) but called MiB. 1 MiB is 1,048,576 bytes.",
        ),
        BINARY_HINT,
        0.45,
        scaled(2**20, 10**6),
    ),
    _unit(
        "kib_as_kb",
        Bi("KiB当成10³（540M由此而来）", "KiB read as thousands"),
        Bi(
            "文件大小以KiB（1024字节）列出，却按10³读了。1 KiB=1024字节，要先乘以1024，再除以10⁶。",
            "a size listed in KiB (1024 bytes) was read in thousands. 1 KiB is 1024 bytes: multiply by 1024, then divide by 10⁶.",
        ),
        Bi("文件列表里的K是1000字节，还是1024字节？", "Is the K of a file listing 1000 bytes or 1024?"),
        0.48,
        scaled(10**3, 2**10),
    ),
    _unit(
        "kb_as_kib",
        Bi("10³当成KiB", "thousands read as KiB"),
        Bi("按10³换算，却当成了KiB。1 KiB=1024字节。", "this was divided by 10³ but called KiB. 1 KiB is 1024 bytes."),
        Bi("1 KiB是多少字节？", "How many bytes is 1 KiB?"),
        0.3,
        scaled(2**10, 10**3),
    ),
    _unit(
        "binary_million",
        Bi("把M当成2²⁰", "M taken as 2²⁰"),
        Bi(
            "把M当成了2²⁰。数个数时1 M=10⁶；只有MiB才是2²⁰字节。",
            "M was taken as 2²⁰. In a count 1 M is 10⁶; only a MiB is 2²⁰ bytes.",
        ),
        Bi("个数的M是10⁶，还是2²⁰？", "Is the M of a count 10⁶ or 2²⁰?"),
        0.2,
        scaled(10**6, 2**20),
        COUNTS,
    ),
)
