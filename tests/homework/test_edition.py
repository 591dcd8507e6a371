"""The students' edition: chosen steps blank, the rest as the teacher has it, and no result given away beside."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest
from torch import nn

from explainer.api import explain, explain_source
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
from explainer.i18n.bilingual import shape_text
from explainer.lesson.exercises import exercises_of
from explainer.lesson.phrases import numbers_text
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


def test_a_sentence_does_not_tell_the_size_that_is_asked_for(document):
    pages = edition_markdown(students_edition(document, ["last"]))
    for begins in ("特征图由3×32×32变为", "The feature map goes from 3×32×32 to "):
        if begins in to_markdown(document):
            assert pages.count(begins) == 1 and f"{begins}＿" in pages


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


@cache
def explained_case(name, lang):
    (model, size) = next((model, size) for one, model, size in CASES if one == name)
    return explain(model, size, lang=lang)


@pytest.mark.parametrize("lang", ["zh", "en", "zh,en"])
@pytest.mark.parametrize("steps", [["last"], ["values"], ["substituted", "last"]])
@pytest.mark.parametrize("name", [case[0] for case in CASES])
def test_no_result_is_anywhere_in_any_format(name, steps, lang, tmp_path):
    found = explained_case(name, lang)
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
    nothing_told(texts, walk, page, steps)


def nothing_told(texts, walk, page, steps):
    """No parameters, multiply-accumulates, sums of them, FLOPs or bytes, no roundings, and no ticks beside blanks."""
    macs = [layer.macs.value for layer in walk.layers if layer.macs]
    params = [layer.params.value for layer in walk.layers if layer.params]
    rows = [row for template in walk.templates for row in template.rows]
    sums = [sum(layer.counted for layer in walk.layers), sum(macs)]
    blocks = [*(row.params for row in rows), *(row.macs for row in rows if row.macs)]
    sizes = {value for layer in walk.layers for _, size in layer.shape for value in (size.value, *size.values.values())}
    sizes |= {value for layer in walk.layers if layer.params for value in layer.params.values.values()}
    secret = {*macs, *params, *sums, *blocks, *(2 * n for n in macs), *(4 * n for n in sums)}
    secret = {n for n in secret if n >= 100} - sizes
    secret = {n for n in secret if n not in shown_in_formulas(page, steps)}
    assert len(secret) > 3
    for text in texts:
        plain = text.replace("{,}", ",").replace(",", "")
        told = {n for n in secret if re.search(rf"(?<![\d.×·#a-f]){n}(?![\d.×·])", plain)}
        told |= {n for n in secret if n > 9999 and re.search(rf"(?<![\d,]){n:,}(?![\d,])", text.replace("{,}", ","))}
        assert not told, [plain[m.start() - 40 : m.end() + 20] for n in told for m in re.finditer(str(n), plain)][:3]
        assert "✓" not in text and "推导一致" not in text and "约" not in text.split("概览")[-1][:300]


def shown_in_formulas(page, steps):
    """Numbers of the lines of a derivation that stay: they are no secret."""
    kept = [expr for chain in chains(students_edition(page, steps)) for expr in chain]
    return {int(node.value) for expr in kept for node in walk_formula(expr) if isinstance(node, Number)}


class Residual(nn.Module):
    """conv, norm, conv, added to its input or to a 1×1 convolution of it."""

    def __init__(self, inside, outside):
        super().__init__()
        self.a, self.norm = nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside)
        self.b = nn.Conv2d(outside, outside, 3, padding=1)
        self.side = nn.Conv2d(inside, outside, 1, bias=False) if inside != outside else nn.Identity()

    def forward(self, x):
        return self.b(self.norm(self.a(x)).relu()) + self.side(x)


def stages():
    """Two stages of residual blocks, so that the lesson has blocks, their instances, and parts of the network."""
    stage = [nn.Sequential(Residual(a, b), Residual(b, b), Residual(b, b)) for a, b in ((20, 36), (36, 52))]
    return nn.Sequential(
        nn.Conv2d(3, 20, 5), nn.ReLU(), *stage, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(52, 7)
    )


def equal_blocks():
    """Blocks that differ in nothing: their formula has no symbols, and simplified it is the result."""
    layer = nn.TransformerEncoderLayer(44, 4, 99, batch_first=True)
    return nn.Sequential(nn.Linear(30, 44), nn.TransformerEncoder(layer, 3, enable_nested_tensor=False))


IN_DETAIL = [*CASES, ("stages", stages(), (1, 3, 21, 21)), ("equal blocks", equal_blocks(), (1, 9, 30))]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("detail", ["brief", "handout", "standard", "full"])
@pytest.mark.parametrize(("name", "model", "size"), IN_DETAIL, ids=[case[0] for case in IN_DETAIL])
def test_no_result_and_no_working_is_anywhere_in_any_detail(name, model, size, detail, lang):
    found = explain(model, size, lang=lang, detail=detail, times="×" if lang == "en" else "·")
    page, walk = found.document(), found.walkthrough
    for steps in (["last"], ["values"], ["substituted", "last"]):
        text = edition_markdown(students_edition(page, steps, walk))
        nothing_told([text.split("## 练习")[0].split("## Exercises")[0]], walk, page, steps)
        assert not re.search(r"^## (答案|Answers|常见错误|Pitfalls|论文和文档中的数|What papers)", text, re.MULTILINE)
        for layer in walk.layers:
            working = layer.params and layer.value and numbers_text(layer.params).replace("·", found.times)
            if working and len(re.findall(r"\d+", working)) > 2 and steps[0] != "last":
                assert working not in text
        shapes = {shape_text(layer.call.output_shapes[0][1:]) for layer in walk.layers if layer.call.output_shapes}
        for shape in (shape for shape in shapes if "×" in shape):
            assert not re.search(rf"→\s*{shape}|\| {shape} \|", text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_exercises_are_asked_and_not_answered(lang):
    found = explain(stages(), (1, 3, 21, 21), lang=lang, detail="handout")
    full = to_markdown(found.document())
    text = edition_markdown(students_edition(found.document(), ["last"], found.walkthrough))
    title, answers = {"zh": ("## 练习", "## 答案"), "en": ("## Exercises", "## Answers")}[lang]
    questions = full.split(title)[1].split(answers)[0]
    assert questions.count("\n\n") > 3 and text.split(title)[1].strip() == questions.strip()
    for exercise in exercises_of(found.walkthrough):
        value = int(exercise.chain[-1].value)
        assert value < 100 or f"{value:,}" not in text.replace("{,}", ",")


def test_a_family_s_formula_is_made_of_results():
    """Its coefficients are the parameters of the blocks."""
    found = explain_source("resnet18", inputs=["1x3x64x64"], lang="en", detail="handout")
    assert "73{,}984L_1" in to_markdown(found.document())
    for steps in (["last"], ["values"]):
        text = edition_markdown(students_edition(found.document(), steps, found.walkthrough)).replace("{,}", ",")
        assert not re.search(r"73,984|295,424|4,720,640|11,689,512|11\.69|11\.7|1\.81", text)


def test_what_is_given_stays():
    """The sizes that a block is built with, and a precision, are no results, though their numbers may be."""
    found = explain(equal_blocks(), (1, 9, 30), lang="en", detail="handout")
    text = edition_markdown(students_edition(found.document(), ["values"], found.walkthrough))
    assert "44→99→44" in text and "10⁻" in text and "176" not in text
    found = explain(stages(), (1, 3, 21, 21), lang="en", detail="handout")
    text = edition_markdown(students_edition(found.document(), ["values"], found.walkthrough))
    assert re.search(r"with \$C\$ ?= ?52:", text)


class Aside(nn.Module):
    """Half of its parameters are used by no pass."""

    def __init__(self):
        super().__init__()
        self.used, self.aside = nn.Linear(47, 59), nn.Linear(53, 71)

    def forward(self, x):
        return self.used(x).relu()


@pytest.mark.parametrize("detail", ["brief", "handout", "standard"])
def test_what_a_pass_does_not_use_is_a_result_too(detail):
    found = explain(Aside(), (1, 47), lang="en", detail=detail)
    text = edition_markdown(students_edition(found.document(), ["last"], found.walkthrough)).replace("{,}", "")
    assert not re.search("2832|3834|6666", text.replace(",", ""))


def test_bytes_give_no_parameters_away():
    found = explain(stages(), (1, 3, 21, 21), lang="en", show="all")
    total = 4 * found.totals.params
    assert f"{total:,}" in to_markdown(found.document()).replace("{,}", ",")
    for steps in (["last"], ["values"]):
        text = edition_markdown(students_edition(found.document(), steps, found.walkthrough)).replace("{,}", ",")
        assert f"{total:,}" not in text


def test_formulas_left_blank_stand_in_no_table():
    found = explain(stages(), (1, 3, 21, 21), lang="en", detail="handout")
    full = to_markdown(found.document())
    text = edition_markdown(students_edition(found.document(), ["formula"], found.walkthrough))
    for formula in (r"9C_{\mathrm{out}}", r"\cdot C_{\mathrm{in}}", r"F_{\mathrm{in}}\cdot"):
        assert formula in full and formula not in text


def test_what_one_kernel_has_goes_with_the_numbers():
    """Each kernel's 577 parameters under a formula whose numbers are blank."""
    found = explain(nn.Sequential(nn.Conv2d(64, 130, 3)), (1, 64, 9, 9), lang="zh")
    full = to_markdown(found.document())
    text = edition_markdown(students_edition(found.document(), ["values"], found.walkthrough))
    assert "The network has ＿＿＿＿ parameters." in edition_markdown(
        students_edition(explain(nn.Sequential(nn.Linear(64, 130)), (1, 64), lang="en").document(), ["last"])
    )
    assert "577" in full and "576" in full and "577" not in text and "576" not in text
