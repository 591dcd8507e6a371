"""Mistakes with embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import replace as put
from explainer.formula.tree import total
from explainer.homework.mistakes.base import BIASED, Mistake, Way, bare, each, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind


def _is_embedding(facts: Facts) -> bool:
    return facts.kind is Kind.EMBEDDING and {"V", "D"} <= set(facts.symbols)


def _table_bias(form: Form, facts: Facts) -> Iterator[Way]:
    yield Way(replace(form, parts=(total([form.parts[0], facts.symbols["D"]]),)))


def _table_of_sequence(form: Form, facts: Facts) -> Iterator[Way]:
    shape = facts.call.input_shapes[0] if facts.call else ()
    if shape and shape[-1] > 1:
        leaf = bare(facts.symbols["V"], shape[-1])
        yield from each(lambda part, _: put(part, {"V": leaf}), given=shape[-1])(form, facts)


def _table_without_row(form: Form, facts: Facts) -> Iterator[Way]:
    if facts.call is not None and facts.call.option("padding_idx") is not None:
        yield from each(lambda part, _: put(part, {"V": facts.symbols["V"] - 1}))(form, facts)


MISTAKES = (
    Mistake(
        "embedding.bias",
        "roles",
        Bi("嵌入层算了偏置", "a bias for an embedding"),
        Bi(
            "嵌入层只是一张表，没有偏置，应减去{difference}。",
            "an embedding is a table without bias: subtract {difference}.",
        ),
        Bi("嵌入层除了查表还做什么？", "What does an embedding do besides looking up a row?"),
        0.4,
        only(_is_embedding, _table_bias),
        BIASED,
        whole=True,
    ),
    Mistake(
        "embedding.sequence",
        "context",
        Bi("嵌入层用了序列长度", "sequence length in place of the table's rows"),
        Bi(
            "{given}是输入序列的长度。表的行数是词表大小（不同索引的个数）{V}，与输入多长无关。",
            "{given} is the length of the input. The table has a row for every index (word), {V}, however long the input.",
        ),
        Bi("表有多少行，由输入的长短决定吗？", "Does the length of the input decide how many rows the table has?"),
        0.4,
        only(_is_embedding, _table_of_sequence),
        BIASED,
    ),
    Mistake(
        "embedding.padding_row",
        "roles",
        Bi("嵌入层漏了占位符那一行", "the padding's row left out"),
        Bi(
            "少算了占位符（padding_idx）的一行。它虽不更新，但仍在表中，应再加{difference}。",
            "the row of padding_idx is left out. It is never updated, but it is in the table: add {difference}.",
        ),
        Bi("占位符的那一行在不在表中？", "Is the padding's row in the table?"),
        0.3,
        only(_is_embedding, _table_without_row),
        BIASED,
    ),
)
