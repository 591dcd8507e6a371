"""The letters of a block: one for one thing, all of them numbered where one is."""

from explainer.formula.printing import Plain, plain
from explainer.formula.role import Role
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import same
from explainer.walkthrough.templates.columns import Basis

CHANNELS = Symbol("C", same(""), role=Role.CHANNELS)
FEATURES = Symbol("D", same(""), role=Role.FEATURES)


def letters(basis):
    return [symbol.name for symbol, _ in basis.free]


def test_the_first_of_several_has_a_number_too():
    basis = Basis(None)
    for column in ((192, 256, 480), (64, 128, 192), (97, 131, 208)):
        basis.expressed(column, CHANNELS)
    assert letters(basis) == ["C", "m", "m_2"]
    assert {name: symbol.name for name, symbol in basis.numbered().items()} == {"m": "m_1"}
    assert letters(basis) == ["C", "m_1", "m_2"]


def test_a_letter_by_itself_keeps_its_name():
    basis = Basis(None)
    basis.expressed((192, 256, 480), CHANNELS)
    assert basis.numbered() == {} and letters(basis) == ["C"]


def test_features_that_follow_from_the_input_are_written_in_it():
    basis = Basis(None, widths=(192, 384, 768), given=(96, 192, 384))
    assert plain(basis.expressed((384, 768, 1536), FEATURES), Plain()) == "4D"
    assert plain(basis.expressed((192, 384, 768), FEATURES), Plain()) == "2D"
    assert "输入特征维数" in basis.free[0][0].meaning.zh


def test_features_that_do_not_follow_are_the_blocks_own():
    basis = Basis(None, widths=(192, 384, 768), given=(7, 7, 8))
    assert plain(basis.expressed((192, 384, 768), FEATURES), Plain()) == "D"
    assert basis.free[0][0].meaning.zh == "块的特征维数"
