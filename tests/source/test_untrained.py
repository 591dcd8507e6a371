"""Nothing is downloaded: a model that fetches its weights is built without them, and everything is put back."""

import socket
import urllib.request

import pytest
import torch
from torch import nn

from explainer.errors import UserError
from explainer.source.load import load
from explainer.source.untrained import LEFT_OUT, untrained

HEAD = "import torch\nfrom torch import nn\nfrom torch.hub import load_state_dict_from_url\n"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        {fetch}
"""
ADDRESS = "https://weights.invalid/net.pth"
FETCHES = {
    "as it is": f"self.load_state_dict(load_state_dict_from_url('{ADDRESS}'))",
    "from torch.hub": f"self.load_state_dict(torch.hub.load_state_dict_from_url('{ADDRESS}', progress=False), strict=True)",
    "another head": f"s = load_state_dict_from_url('{ADDRESS}'); s.pop('fc.bias'); del s['fc.weight']; self.load_state_dict(s)",
    "renamed": f"s = load_state_dict_from_url('{ADDRESS}'); self.load_state_dict({{k[7:]: v for k, v in s.items()}})",
}


def written(tmp_path, text):
    (tmp_path / "net.py").write_text(HEAD + text, encoding="utf-8")
    return str(tmp_path / "net.py")


@pytest.mark.parametrize("case", FETCHES)
def test_a_model_that_fetches_weights_is_built_without_and_that_is_said(case, tmp_path):
    loaded = load(written(tmp_path, NET.format(fetch=FETCHES[case])))
    assert sum(one.numel() for one in loaded.model.parameters()) == 16
    assert LEFT_OUT in loaded.notes


def test_weights_fetched_when_the_file_is_imported(tmp_path):
    text = f"Net = nn.Linear(3, 4)\nNet.load_state_dict(load_state_dict_from_url('{ADDRESS}'))\n"
    assert LEFT_OUT in load(written(tmp_path, text) + ":Net").notes


def test_a_ready_made_model_of_torchvision_with_weights():
    loaded = load("squeezenet1_1", {"weights": "DEFAULT"})
    assert sum(one.numel() for one in loaded.model.parameters()) == 1_235_496
    assert LEFT_OUT in loaded.notes and LEFT_OUT not in load("squeezenet1_1").notes


def test_what_asks_for_an_address_itself_is_a_sentence(tmp_path):
    fetch = f"import urllib.request; urllib.request.urlopen('{ADDRESS}')"
    with pytest.raises(UserError) as raised:
        load(written(tmp_path, NET.format(fetch=fetch)))
    assert "nothing is downloaded here" in raised.value.message.en


def test_everything_is_put_back_and_real_weights_still_load():
    before = torch.hub.load_state_dict_from_url, nn.Module.load_state_dict, socket.getaddrinfo
    with untrained(), untrained():
        layer = nn.Linear(2, 2)
        layer.load_state_dict({"weight": torch.ones(2, 2), "bias": torch.zeros(2)})
        assert layer.weight.sum() == 4
        with pytest.raises(RuntimeError, match="Missing key"):
            layer.load_state_dict({})
        with pytest.raises(OSError, match="nothing is downloaded here"):
            urllib.request.urlopen(ADDRESS)
        kept = torch.hub.load_state_dict_from_url
    assert (torch.hub.load_state_dict_from_url, nn.Module.load_state_dict, socket.getaddrinfo) == before
    assert kept is not before[0]
