"""Printed figures of well-known models: each is ours rounded or cut, or says why not; `which` and the lesson answer with them."""

import pytest
from nets import zoo_walk

from explainer.cost.published import COUNTED, Figure, Source, explained, of_size, published
from explainer.i18n.bilingual import Bi
from explainer.ledger.identify.documented import documented
from explainer.lesson.compose import compose
from explainer.render.markdown import to_markdown
from explainer.source.load import load

QUICK = (
    "vgg16",
    "vgg19",
    "resnet50",
    "densenet121",
    "mobilenet_v2",
    "efficientnet_b0",
    "vit_b_16",
    "convnext_tiny",
    "swin_t",
)
NOWHERE = Source(Bi("某处", "somewhere"), "https://example.org")


def test_every_entry_is_whole():
    models = published()
    assert len(models) >= 40 and len({one.params for one in models}) == len(models)
    for one in models:
        for figure in one.figures:
            assert figure.of in COUNTED and figure.source.url.startswith("https://")
            assert figure.value and figure.source.place.zh != figure.source.place.en
            if figure.of == "params":
                assert figure.fit(one.params) != "other" or figure.why is not None


@pytest.mark.parametrize("name", QUICK)
def test_what_is_printed_is_ours_rounded_or_cut_or_says_why(name):
    found = explained(zoo_walk(name))
    assert found
    for one in found:
        assert one.own is not None
        assert one.fit != "other" or one.figure.why is not None


@pytest.mark.parametrize("one", [one for one in published() if one.settings], ids=lambda one: one.name)
def test_the_settings_give_the_model(one):
    model = load(one.named, dict(one.settings)).model
    assert sum(parameter.numel() for parameter in model.parameters()) == one.params


@pytest.mark.parametrize(
    ("says", "own", "fit"),
    [
        ("138 M", 138_357_544, "rounded"),
        ("3.4 M", 3_470_760, "cut"),  # 3.5 rounded
        ("110 M", 109_482_240, "rounded"),  # to two digits: a zero at the end may be none
        ("117 M", 124_439_808, "other"),
        ("7.80 G", 7_801_405_440, "rounded"),
        ("7.80 G", 7_811_405_440, "other"),  # its zero stands behind the point, and counts
        ("70 B", 68_976_648_192, "rounded"),
        ("70 B", 64_976_648_192, "other"),
    ],
)
def test_rounded_cut_or_another(says, own, fit):
    assert Figure("params", says, NOWHERE).fit(own) == fit


def test_the_reasons_in_both_languages():
    said = {one.label.zh: one.label.en for one in documented(zoo_walk("mobilenet_v2"))}
    assert said[
        "MobileNetV2论文（Sandler等，2018）表4写作3.4 M：不含归一化层的参数量为3,470,760，舍去尾数即得此数"
    ] == (
        "3.4 M in table 4 of the MobileNetV2 paper (Sandler et al., 2018): 3,470,760 parameters without the norms, truncated, not rounded"
    )


def test_a_changed_model_is_none_of_these():
    lesson = zoo_walk("vgg16")
    assert "论文和文档中的数" in to_markdown(compose(lesson, ("zh",)))
    assert "论文和文档中的数" not in to_markdown(compose(lesson, ("zh",), detail="brief"))
    assert not explained(zoo_walk("vgg16_bn"))


def test_one_model_is_read_without_the_others():
    every = published()
    assert all(of_size(one.params) == tuple(other for other in every if other.params == one.params) for one in every)
    assert of_size(1) == ()
