"""docs/twenty.md: the answers are what explain gives for that network, the quotations stand in VGG16's handout, the pages are as generated."""

import importlib.util
from pathlib import Path

import pytest
from nets import zoo_walk

from explainer.api import Explanation, explain_source
from explainer.cost.cost import cost_of

ROOT = Path(__file__).resolve().parent.parent


def _tool():
    spec = importlib.util.spec_from_file_location("twenty_page", ROOT / "tools" / "twenty_page.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["twenty_page"] = module
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


@pytest.fixture(scope="module")
def walks():
    target = f"{TOOL.NET}:AnotherNet"
    return {batch: explain_source(target, batch=batch, lang="en", show="all").walkthrough for batch in (1, 16)}


@pytest.fixture(scope="module")
def handout():
    return {
        lang: Explanation(zoo_walk("vgg16"), (lang,), "handout", pictures=False).to_markdown() for lang in ("zh", "en")
    }


def figure(walks, name):
    walk = walks[1]
    layers = {layer.path: layer for layer in walk.layers}
    path, what = name.partition(" ")[::2]
    if name == "total params":
        return (walk.totals.torch_params,)
    if name == "batch":
        return (walks[16].totals.params, walks[16].macs.value)
    if name == "conv1 bytes":
        layer = next(one for one in walks[16].layers if one.path == "conv1")
        size = 4
        for side in layer.call.output_shapes[0]:
            size *= side
        return (size,)
    layer = layers[path]
    sides = layer.call.output_shapes[0][-2:]
    return {
        "each": lambda: (layer.value // layer.call.output_shapes[0][1],),
        "params": lambda: (layer.value or 0,),
        "height": lambda: sides[:1],
        "width": lambda: sides[1:],
        "sides": lambda: sides,
        "macs": lambda: (layer.macs.value,),
        "flops": lambda: (2 * layer.macs.value,),
        "field": lambda: cost_of(walk).receptive[layer.index].sizes[:1],
    }[what]()


def test_there_are_twenty():
    assert len(TOOL.QUESTIONS) == 20 and len({one.question.zh for one in TOOL.QUESTIONS}) == 20


@pytest.mark.parametrize("one", TOOL.QUESTIONS, ids=lambda one: one.figure)
def test_the_answer_is_what_explain_gives(walks, one):
    assert tuple(figure(walks, one.figure)) == one.answer
    for value in one.answer:
        said = f"{value:,}" if value >= 10_000 else str(value)
        assert said in one.working.zh and said in one.working.en


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_handout_says_so(handout, lang):
    for one in TOOL.QUESTIONS:
        assert one.quotes
        for quote in one.quotes:
            assert quote[lang] in handout[lang], quote[lang]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_as_generated(lang):
    assert (ROOT / "docs" / TOOL.PAGES[lang]).read_text(encoding="utf-8") == TOOL.page(lang), "run tools/twenty_page.py"
