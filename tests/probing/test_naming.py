"""The letters of a family: those of the layers' own formulas."""

from explainer.probing.naming import symbols_for

NAMES = ["vocab_size", "embedding_dim", "hidden_size", "num_layers"]


def test_a_recurrent_network_says_h_and_d_as_its_layers_do():
    assert [one.name for one in symbols_for(NAMES, recurrent=True).values()] == ["V", "D", "h", "n"]


def test_any_other_has_a_width_and_blocks():
    found = symbols_for(NAMES)
    assert [one.name for one in found.values()] == ["V", "d_x", "d", "L"]
    assert found["num_layers"].meaning.zh == "块数"
