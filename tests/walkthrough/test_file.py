"""A walkthrough in a file: it comes back the same, without torch, and a stranger's cannot do harm."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from nets import walked, zoo_walk
from torch import nn

from explainer import UserError, explain_source, load
from explainer.api import Explanation
from explainer.cli.console import main
from explainer.derive.pipeline import walk_model
from explainer.rules import default_registry
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.read import from_bytes, from_plain
from explainer.walkthrough.file.write import to_plain
from explainer.walkthrough.verdict import Verdict

LANGUAGES = (("zh",), ("en",), ("zh", "en"))
RULES = default_registry().rules


class Alone(nn.Module):
    """A rule's example by itself."""

    def __init__(self, build):
        super().__init__()
        self.step = build()

    def forward(self, *inputs):
        return self.step(*inputs)


def through_a_file(walk):
    """What is read of the lesson's JSON, which has measured what it prints; and the same as it stood there."""
    data = Explanation(walk, ("zh",)).to_dict()
    return from_bytes(json.dumps(data).encode()), data["walkthrough"]


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "googlenet", "vit_b_16"])
def test_documents_from_a_file_are_the_same_bytes(name):
    walk = zoo_walk(name)
    back, written = through_a_file(walk)
    assert to_plain(back) == written
    for langs in LANGUAGES:
        for detail in ("brief", "standard", "full"):
            assert Explanation(back, langs, detail).to_markdown() == Explanation(walk, langs, detail).to_markdown()


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_every_rule_goes_to_a_file_and_comes_back(rule):
    random = Random(rule.name)
    for _ in range(3):
        sample = rule.sample(random)
        walk = walk_model(Alone(sample.build), sample.inputs(), {}, name=rule.name, source="sample")
        back = from_plain(json.loads(json.dumps(to_plain(walk))))
        assert to_plain(back) == to_plain(walk)
        assert back.checks == walk.checks
        assert back.macs_checks == walk.macs_checks
        assert Explanation(back, ("zh", "en"), "full").to_markdown() == (
            Explanation(walk, ("zh", "en"), "full").to_markdown()
        )


def test_verdicts_are_computed_from_what_the_file_holds():
    plain = to_plain(walked(nn.Conv2d(3, 4, 3), (1, 3, 8, 8)))
    assert from_plain(plain).agrees
    plain["layers"][0]["owned"][0]["numel"] += 1
    assert from_plain(plain).layers[0].params_verdict is Verdict.DISAGREES
    assert not from_plain(plain).agrees


def test_a_total_beyond_what_doubles_hold_survives():
    plain = to_plain(walked(nn.Linear(2, 2), (1, 2)))
    large = 2**70
    plain["census"]["torch_params"] = large
    assert from_plain(json.loads(json.dumps(plain))).totals.torch_params == large


# Without these nothing but the file is needed: an import of any is an error.
BLOCKED = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "numpy", "sympy", "timm", "transformers"}:
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Nothing())
from explainer.cli.console import main
sys.exit(main(sys.argv[1:]))
"""


def without_torch(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BLOCKED, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """VGG16's lesson as a file, in a folder of its own."""
    folder = tmp_path_factory.mktemp("lesson")
    Explanation(zoo_walk("vgg16"), ("zh",)).save(folder / "vgg16.json")
    return folder / "vgg16.json"


@pytest.mark.parametrize("lang", ["zh", "en", "zh,en"])
def test_pages_are_made_where_there_is_no_torch(lesson, tmp_path, lang):
    out = tmp_path / "page"
    made = without_torch(tmp_path, str(lesson), "--lang", lang, *[f"-o{out}{end}" for end in (".md", ".html", ".pdf")])
    assert (made.returncode, "recorded" in made.stderr or "记录" in made.stderr) == (0, True), made.stderr
    here = Explanation(zoo_walk("vgg16"), tuple(lang.split(",")))
    (tmp_path / "here").mkdir()
    here.save(tmp_path / "here/page.md")
    assert Path(f"{out}.md").read_bytes() == (tmp_path / "here/page.md").read_bytes()
    pictures = sorted((tmp_path / "here/page.files").iterdir())
    assert pictures and all(
        (tmp_path / "page.files" / each.name).read_bytes() == each.read_bytes() for each in pictures
    )
    assert Path(f"{out}.html").read_text() == here.to_html()
    assert Path(f"{out}.pdf").read_bytes()[:5] == b"%PDF-"


def test_answers_are_judged_where_there_is_no_torch(lesson, tmp_path):
    right = without_torch(tmp_path, "ask", str(lesson), "features.0.params", "1792", "--lang", "en")
    assert right.returncode == 0, right.stderr
    wrong = without_torch(tmp_path, "ask", str(lesson), "total.params", "138,000,000,1", "--lang", "en")
    assert wrong.returncode in (1, 2)
    (tmp_path / "answers.csv").write_text("features.0.params,1792\ntotal.params,138357544\n")
    graded = without_torch(tmp_path, "check", str(lesson), "answers.csv", "--lang", "en")
    assert graded.returncode == 0, graded.stdout + graded.stderr


def test_a_lesson_in_a_file_takes_no_options_of_a_model(lesson, capsys):
    for option in (["--input", "1,3,224,224"], ["--arg", "num_classes=10"], ["--real"], ["--train"]):
        assert main([str(lesson), *option, "--lang", "en"]) == 2
        assert option[0] in capsys.readouterr().err


def test_from_python(lesson, tmp_path):
    assert load(lesson, lang="zh").totals.params == 138_357_544
    made = explain_source(str(lesson), lang="en", detail="brief")
    assert made.agrees
    (tmp_path / "not.json").write_text("{}")
    with pytest.raises(UserError):
        load(tmp_path / "not.json")


def test_the_first_schema_is_told_from_ours(tmp_path, capsys):
    (tmp_path / "old.json").write_text('{"schema": 1, "calls": []}')
    assert main([str(tmp_path / "old.json"), "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "schema 1" in said
    assert len(said.strip().splitlines()) == 1


def as_others_write_it(kept):
    """The same lesson as other programs leave it behind."""
    text = json.dumps(kept)
    backwards = json.dumps({key: kept[key] for key in reversed(kept)})
    return {
        "keys in another order": backwards.encode(),
        "the one key that is read": json.dumps({"walkthrough": kept["walkthrough"]}).encode(),
        "with a mark in front": b"\xef\xbb\xbf" + text.encode(),
        "in UTF-16, as PowerShell redirects": text.encode("utf-16"),
        "other keys changed": json.dumps({**kept, "calls": [], "totals": "lies", "schema": 7}).encode(),
    }


@pytest.mark.parametrize("form", as_others_write_it({"walkthrough": 0}))
def test_a_lesson_is_known_by_its_key_whoever_wrote_it_down(form, lesson, tmp_path, capsys):
    (tmp_path / "x.json").write_bytes(as_others_write_it(json.loads(lesson.read_bytes()))[form])
    assert main(["ask", str(tmp_path / "x.json"), "total.params", "138357544", "--lang", "en"]) == 0
    assert "Correct" in capsys.readouterr().out


def test_a_later_format_is_said_to_be_one(lesson, tmp_path, capsys):
    kept = json.loads(lesson.read_bytes())
    kept["walkthrough"] |= {"format": 99, "unheard_of": True}
    (tmp_path / "x.json").write_text(json.dumps(kept))
    assert main([str(tmp_path / "x.json"), "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "newer" in said
    assert "99" in said
    assert len(said.strip().splitlines()) == 1


def deep(depth):
    row = 1
    for _ in range(depth):
        row = ["+", row, 1]
    return row


def changed(key, value):
    """A small walkthrough with one place changed; `key` is a path of keys and numbers."""
    plain = to_plain(walked(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (1, 3, 8, 8)))
    at = plain
    *way, last = key
    for step in way:
        at = at[step]
    at[last] = value
    return plain


HOSTILE = {
    "no layers": (("layers",), 7),
    "an unknown kind": (("rules", 0), ["conv2d", 0, "NOTHING"]),
    "an index that is not there": (("layers", 0, "parameters"), 99),
    "a negative index": (("layers", 0, "parameters"), -1),
    "an input from the future": (("layers", 0, "operands", 0, "source"), 5),
    "a formula too deep": (("parameters", 0, "formula"), deep(3000)),
    "a formula too long": (("parameters", 0, "formula"), ["+", *[1] * 5000]),
    "a zero divisor": (("parameters", 0, "formula"), ["*", 1, ["inv", 0]]),
    "a symbol without a value": (("parameters", 0, "values"), []),
    "an unknown symbol": (("parameters", 0, "formula"), "nobody"),
    "an unknown operation": (("parameters", 0, "formula"), ["exec", 1, 2]),
    "nothing to add": (("parameters", 0, "formula"), ["+"]),
    "a number too large": (("parameters", 0, "formula"), 10**60),
    "a product too large": (("parameters", 0, "formula"), ["*", *[10**39] * 1000]),
    "half a parameter": (("parameters", 0, "formula"), ["frac", 1, 2]),
    "an argument of an unknown kind": (("layers", 0, "args"), [{"call": "os.system"}]),
    "an empty mapping for an argument": (("layers", 0, "args"), [{}]),
    "a shape of nothing": (("layers", 0, "output_shapes"), []),
    "a rule that says nothing": (("layers", 0, "output"), None),
    "what no rule says": (("layers", 0, "rule"), None),
    "a later format": (("format",), 99),
    "a key of nobody's": (("surprise",), 1),
    "a long text": (("texts", 0), "x" * 100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_strangers_file_is_refused_in_one_sentence(name, tmp_path, capsys):
    plain = changed(*HOSTILE[name])
    sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))
    with pytest.raises(Refused):
        from_plain(plain)
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"schema": 2, "walkthrough": plain}))
    assert main([str(path), "--lang", "en"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith(str(path))
    assert len(said.splitlines()) == 1


def test_braces_in_a_strangers_text_are_only_braces(tmp_path):
    plain = changed(("texts", 0), ["{0.__class__}", "{x}"])
    text = Explanation(from_plain(plain), ("zh", "en"), "full").to_markdown()
    assert "<class" not in text


def test_a_truncated_file_is_a_sentence(lesson, tmp_path, capsys):
    data = lesson.read_bytes()
    for size in (0, 1, 100, len(data) // 2, len(data) - 3):
        (tmp_path / "x.json").write_bytes(data[:size])
        assert main([str(tmp_path / "x.json"), "--lang", "en"]) == 2
        assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("start", ["[", '{"a":'])
def test_a_bottomless_file_is_a_lesson_that_cannot_be_read(start, tmp_path, capsys):
    (tmp_path / "x.json").write_text('{"walkthrough":' + start * 100_000)
    assert main([str(tmp_path / "x.json"), "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "no usable walkthrough" in said
    assert len(said.strip().splitlines()) == 1


def of_steps(count):
    """A lesson of so many steps, as a large language model's, one layer deep or eighty, may have."""
    plain = to_plain(
        walk_model(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), (torch.zeros(1, 2),), {}, name="x", source="x")
    )
    first, step = plain["layers"]
    return {**plain, "layers": [first, *[step] * (count - 1)]}


def test_a_lesson_of_many_steps_is_read_and_one_of_too_many_is_refused():
    walk = from_plain(of_steps(25_000))
    assert len(walk.layers) == 25_000
    assert walk.complete
    assert walk.macs.value == 4
    with pytest.raises(Refused, match="100,000 steps"):
        from_plain(of_steps(100_001))


def test_reading_takes_as_much_for_each_step_however_many_there_are():
    def calls(count):
        seen = 0

        def one(*_):
            nonlocal seen
            seen += 1

        plain = of_steps(count)
        sys.setprofile(one)
        try:
            from_plain(plain)
        finally:
            sys.setprofile(None)
        return seen

    few, more, most = calls(200), calls(400), calls(800)
    assert most - more <= 2.1 * (more - few)
