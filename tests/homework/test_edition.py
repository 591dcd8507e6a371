"""The students' edition: chosen steps blank, the rest as the teacher has it, and no result given away beside."""

from __future__ import annotations

import re
import subprocess

import pytest
from torch import nn

from explainer.api import explain
from explainer.document.nodes import Equation, Heading, Picture
from explainer.errors import UserError
from explainer.formula.tree import Number
from explainer.formula.tree import walk as walk_formula
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
    kept = [block for block in document.blocks if not isinstance(block, Picture)]  # charts show results
    assert len(kept) < len(document.blocks)
    assert [type(block) for block in edition.blocks] == [type(block) for block in kept]


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


# ------------------------------------------------- nothing is given away, whatever the model


def small_models():
    yield "convolutions", nn.Sequential(
        nn.Conv2d(3, 24, 5, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.Conv2d(24, 24, 3, padding=1, groups=24), nn.MaxPool2d(2),
        nn.Conv2d(24, 50, 1), nn.BatchNorm2d(50), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(50, 11),
    ), (1, 3, 36, 36)  # fmt: skip
    yield "recurrent", Whole(nn.LSTM(33, 21, batch_first=True)), (1, 9, 33)
    yield "attention", Whole(nn.MultiheadAttention(48, 6, batch_first=True), 3), (1, 13, 48)
    yield "normalized", nn.Sequential(nn.LayerNorm(77), nn.Linear(77, 310), nn.GELU(), nn.Linear(310, 77)), (1, 5, 77)


class Whole(nn.Module):
    def __init__(self, layer, copies=1):
        super().__init__()
        self.layer, self.copies = layer, copies

    def forward(self, x):
        return self.layer(*[x] * self.copies)[0]


CASES = [(name, model, size) for name, model, size in small_models()]


@pytest.mark.parametrize("lang", ["zh", "en", "zh,en"])
@pytest.mark.parametrize("steps", [["last"], ["values"], ["substituted", "last"]])
@pytest.mark.parametrize(("name", "model", "size"), CASES, ids=[case[0] for case in CASES])
def test_no_result_is_anywhere_in_any_format(name, model, size, steps, lang, tmp_path):
    found = explain(model, size, lang=lang)
    walk = found.walkthrough
    page = found.document()
    texts = [edition_markdown(students_edition(page, steps, walk))]
    write_edition(page, tmp_path / "e.html", steps, walk)
    texts.append((tmp_path / "e.html").read_text(encoding="utf-8").split("<body", 1)[1])
    if lang == "zh" and steps == ["last"]:
        write_edition(page, tmp_path / "e.pdf", steps, walk)
        texts.append(
            subprocess.run(
                ["pdftotext", "-layout", tmp_path / "e.pdf", "-"], capture_output=True, text=True, check=True
            ).stdout
        )
    macs = [layer.macs.value for layer in walk.layers if layer.macs]
    params = [layer.params.value for layer in walk.layers if layer.params]
    sums = [sum(layer.counted for layer in walk.layers), sum(macs)]
    sizes = {value for layer in walk.layers for _, size in layer.shape for value in (size.value, *size.values.values())}
    sizes |= {value for layer in walk.layers if layer.params for value in layer.params.values.values()}
    secret = {n for n in (*macs, *params, *sums, *(2 * n for n in macs), *(4 * n for n in sums)) if n >= 100} - sizes
    secret = {n for n in secret if n not in shown_in_formulas(page, steps)}
    assert len(secret) > 3
    for text in texts:
        plain = text.replace("{,}", ",").replace(",", "")
        told = {n for n in secret if re.search(rf"(?<![\d.×·#a-f]){n}(?![\d.×·])", plain)}
        assert not told, [plain[m.start() - 40 : m.end() + 20] for n in told for m in re.finditer(str(n), plain)][:3]
        assert "✓" not in text and "推导一致" not in text and "约" not in text.split("概览")[-1][:300]


def shown_in_formulas(page, steps):
    """Numbers of the lines of a derivation that stay: they are no secret."""
    kept = [expr for chain in chains(students_edition(page, steps)) for expr in chain]
    return {int(node.value) for expr in kept for node in walk_formula(expr) if isinstance(node, Number)}


def test_what_one_kernel_has_goes_with_the_numbers():
    """Each kernel's 577 parameters under a formula whose numbers are blank."""
    found = explain(nn.Sequential(nn.Conv2d(64, 130, 3)), (1, 64, 9, 9), lang="zh")
    full = to_markdown(found.document())
    text = edition_markdown(students_edition(found.document(), ["values"], found.walkthrough))
    assert "The network has ＿＿＿＿ parameters." in edition_markdown(
        students_edition(explain(nn.Sequential(nn.Linear(64, 130)), (1, 64), lang="en").document(), ["last"])
    )
    assert "577" in full and "576" in full and "577" not in text and "576" not in text
