"""The students' edition: chosen steps blank, the rest as the teacher has it, and no result given away beside."""

from __future__ import annotations

import re

import pytest
from torch import nn

from explainer.api import explain
from explainer.document.nodes import Equation, Heading
from explainer.errors import UserError
from explainer.homework.worksheets.student_edition import (
    GAP,
    blanks,
    edition_markdown,
    students_edition,
    write_edition,
)
from explainer.render.markdown import to_markdown

LINE = r"\underline{\qquad\qquad}"


@pytest.fixture(scope="module", params=["zh", "en", "zh,en"])
def document(request):
    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 130, 3),
        nn.Flatten(),
        nn.Linear(130 * 14 * 14, 10),
    )
    return explain(model, (1, 3, 32, 32), lang=request.param).document()


def chains(document):
    """The members of every derivation, as lists."""
    found = []
    for block in document.blocks:
        if isinstance(block, Equation):
            for row in block.rows:
                found.append([]) if row.left is not None or not found else None
                found[-1] += row.chain
    return [chain for chain in found if len(chain) > 1]


def test_last_leaves_the_result_of_every_derivation(document):
    before, after = chains(document), chains(students_edition(document, ["last"]))
    assert len(before) == len(after) >= 6
    for full, holed in zip(before, after, strict=True):
        assert holed[-1] == GAP and holed[:-1] == full[:-1]


def test_values_leave_only_the_formula(document):
    for full, holed in zip(chains(document), chains(students_edition(document, ["values"])), strict=True):
        assert holed[0] == full[0] and set(holed[1:]) == {GAP}


def test_substituted_and_formula(document):
    for full, holed in zip(chains(document), chains(students_edition(document, ["substituted"])), strict=True):
        assert holed[1] == GAP and holed[2:] == full[2:]
    for full, holed in zip(chains(document), chains(students_edition(document, ["formula"])), strict=True):
        assert holed[0] == GAP and holed[1:] == full[1:]


def test_the_numbering_is_the_teachers(document):
    edition = students_edition(document, ["last", "substituted"])
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    assert [block.text for block in edition.blocks if isinstance(block, Heading)] == headings
    assert len(edition.blocks) == len(document.blocks)
    assert [type(block) for block in edition.blocks] == [type(block) for block in document.blocks]


def test_results_are_given_away_nowhere(document):
    text = edition_markdown(students_edition(document, ["last"]))
    full = to_markdown(document)
    for result in ("1792", "75,010", "254,810"):  # the layers' parameters
        assert result in full.replace("{,}", ",")
        assert not re.search(rf"(?<![\d,]){result}(?![\d,])", text.replace("{,}", ","))
    assert "64×32×32" in full and not re.search(r"→\s*64×32×32", text)


def test_the_numbers_put_in_are_given_away_nowhere(document):
    text = edition_markdown(students_edition(document, ["values"]))
    assert "(3·3·3+1)·64" in to_markdown(document) and "(3·3·3+1)·64" not in text


def test_gaps_are_ruled_lines(document):
    edition = students_edition(document, ["last"])
    text = edition_markdown(edition)
    assert text.count(LINE) == blanks(edition) == len(chains(document))
    assert "＿＿＿＿＿＿" not in text


def test_nothing_blank_nothing_changed(document):
    edition = students_edition(document, [])
    assert edition.blocks == document.blocks


def test_it_is_written_and_a_wrong_step_refused(document, tmp_path):
    write_edition(document, tmp_path / "students.html", ["last"])
    assert "math-error" not in (tmp_path / "students.html").read_text(encoding="utf-8").split("<body", 1)[1]
    write_edition(document, tmp_path / "students.pdf", ["values"])
    assert (tmp_path / "students.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(UserError):
        students_edition(document, ["everything"])
    with pytest.raises(UserError):
        write_edition(document, tmp_path / "students.json")
