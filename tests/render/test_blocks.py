"""A new kind of block needs one place: its texts are found, and the formats write it in simpler blocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from rich.console import Console

from explainer.document.nodes import (
    NOT_TEXT,
    Block,
    Bullets,
    Code,
    Document,
    Equation,
    Heading,
    Math,
    Note,
    Paragraph,
    Row,
    Strong,
    Table,
    Words,
)
from explainer.document.texts import map_line, map_text, texts_of
from explainer.formula.tree import Number
from explainer.render.markdown import to_markdown
from explainer.render.terminal import print_document


@dataclass(frozen=True)
class Exercise(Block):
    """A kind that no format knows."""

    question: Words
    hints: tuple[Words, ...]
    style: str = field(default="plain", metadata=NOT_TEXT)

    def simpler(self):
        return Note(self.question), Bullets(self.hints)


EXERCISE = Exercise({"en": ("How many ", Code("weights"), "?")}, ({"en": ("Count the ", Strong("kernels"))},))


def document(*blocks: Block) -> Document:
    return Document(("en",), ("Title",), (), blocks)


def test_markdown_writes_it_in_simpler_blocks():
    parts = document(Note(EXERCISE.question), Bullets(EXERCISE.hints))
    assert to_markdown(document(EXERCISE)) == to_markdown(parts)
    assert "> How many `weights`?" in to_markdown(parts)


def test_the_terminal_writes_it_too():
    console = Console(width=60, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_document(document(EXERCISE), console)
    text = console.export_text()
    assert "How many weights?" in text
    assert "Count the kernels" in text


def test_its_texts_are_changed_and_nothing_else():
    changed = map_text(EXERCISE, lambda text, lang: text.upper())
    assert changed == Exercise(
        {"en": ("HOW MANY ", Code("weights"), "?")}, ({"en": ("COUNT THE ", Strong("KERNELS"))},)
    )


def test_its_texts_are_found():
    assert list(texts_of(EXERCISE, "en")) == ["How many ", "?", "Count the ", "kernels"]
    assert list(texts_of(EXERCISE, "zh")) == []


@pytest.mark.parametrize(
    ("block", "changed"),
    [
        (Heading(2, ("a",)), Heading(2, ("A",))),
        (
            Paragraph({"zh": ("a",), "en": (Math(Number(1)), "b")}),
            Paragraph({"zh": ("A",), "en": (Math(Number(1)), "B")}),
        ),
        (Note({"en": ("a",)}, alarm=True), Note({"en": ("A",)}, alarm=True)),
        (Bullets(({"en": ("a",)},)), Bullets(({"en": ("A",)},))),
        (Equation((Row("a", (Number(1),), lead="b"),)), Equation((Row("A", (Number(1),), lead="B"),))),
        (Table((("a",),), "l", ((("b", Code("c")),),)), Table((("A",),), "l", ((("B", Code("c")),),))),
    ],
)
def test_the_texts_of_every_kind(block, changed):
    assert map_text(block, lambda text, lang: text.upper()) == changed


def test_each_text_comes_with_its_language():
    seen = []
    words = Paragraph({"zh": ("甲",), "en": ("a",)})

    def note(text, lang):
        seen.append((text, lang))
        return text

    map_text(words, note, ("zh", "en"))
    map_text(Paragraph({"zh": ("3×3",)}), note, ("zh", "en"))  # given once: it reads alike in both
    map_text(Paragraph({"zh": ("乙",)}), note, ("zh",))
    map_line(("b",), note)
    assert seen == [("甲", "zh"), ("a", "en"), ("3×3", None), ("乙", "zh"), ("b", None)]


def test_a_block_that_nobody_can_write_is_an_error():
    with pytest.raises(NotImplementedError, match="simpler"):
        to_markdown(document(Block()))
