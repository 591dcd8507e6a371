"""What a pass that broke on guessed inputs was asking for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from explainer.derive.pipeline import walk_guesses
from explainer.source.asked_inputs import asked_for, missing_names
from explainer.source.inputs import InputSpec


class Named(nn.Module):
    """Says in words what it lacks."""

    def forward(self, hidden_states, bbox=None, scale=1.0):
        if bbox is None:
            raise ValueError("You have to specify bbox, and scale is 1.0")
        return hidden_states + bbox


class HandedOn(nn.Module):
    """What is None in the part that fails has another name in the whole."""

    class Part(nn.Module):
        def forward(self, x, states):
            return x + states.sum()

    def __init__(self):
        super().__init__()
        self.part = self.Part()

    def forward(self, x, other=None, encoder_states=None):
        return self.part(x, encoder_states)


class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(160, 8)

    def forward(self, x):
        return self.first(x)


class Sound(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 4, 3)

    def forward(self, x):
        _batch, _channels, _length = x.shape
        return self.first(x)


class Spectrogram(nn.Module):
    """Takes frames before bands, and 40 of these."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(40, 8)

    def forward(self, x):
        return self.first(x)


class Codes(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 4)

    def forward(self, code):
        return self.table(code)


class InPieces(nn.Module):
    """Takes sound in pieces of a length that it says in the line that fails."""

    def __init__(self):
        super().__init__()
        self.piece, self.first = 640, nn.Linear(640, 8)

    def forward(self, sound):
        if sound.shape[1] % self.piece:
            raise ValueError("not in pieces")
        return self.first(sound.view(1, -1, self.piece))


class Hides(nn.Module):
    def forward(self, x, mask):
        return x * ~mask


class ByPlace(nn.Module):
    """Each place has a matrix of its own."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(9, 24, 4))

    def forward(self, x):
        return torch.matmul(x[:, :, None, :], self.weight)


class OfPictures(nn.Module):
    """Of two pictures the mask says which word sees which."""

    def forward(self, pictures, mask):
        shown = mask[..., None].expand(-1, -1, -1, 5).reshape(1, 128, -1)
        return shown + pictures.view(1, 1, 10)


class ChannelsLast(nn.Module):
    def forward(self, picture):
        return picture.reshape(-1, 2, 4, 2, 4, picture.shape[-1]) + picture.new_empty(3)


class WithTime(nn.Module):
    """What is known of the time is put beside the values: here it is nothing."""

    def __init__(self):
        super().__init__()
        self.scaled, self.first = nn.Linear(9, 9), nn.Linear(9, 4)

    def forward(self, values, time):
        return self.first(torch.cat([self.scaled(values), time], dim=-1))


class Rows(nn.Module):
    """So many patches as there are positions."""

    def __init__(self):
        super().__init__()
        self.first, self.positions = nn.Linear(3, 4), nn.Parameter(torch.zeros(64, 4))

    def forward(self, patches):
        return self.first(patches) + self.positions


class Patches(nn.Module):
    """Pictures as a row of patches, of two by two squares each."""

    def __init__(self):
        super().__init__()
        self.first, self.positions = nn.Linear(12, 4), nn.Parameter(torch.zeros(16, 4))

    def forward(self, picture):
        return self.first(picture) + self.positions


class Squares(nn.Module):
    """As many squares as there are positions, whatever the side."""

    def __init__(self):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(64, 3))

    def forward(self, picture):
        return picture.reshape(-1, 3) + self.positions


class Compares(nn.Module):
    """Pictures beside frames of sound: brought to the same length by their numbers, unless they have it."""

    def __init__(self):
        super().__init__()
        self.both = nn.Linear(12, 2)

    def as_long(self, pictures, sound):
        if pictures.shape[1] == sound.shape[1]:
            return pictures
        if (pictures.new_ones(1) * pictures.shape[1] == sound.shape[1]).all():
            return pictures
        return pictures[:, : sound.shape[1]]

    def forward(self, pictures, sound):
        frames = sound.reshape(1, -1, 4)
        return self.both(torch.cat([self.as_long(pictures, frames), frames], dim=-1))


def guesses(name, given):
    return [InputSpec((1, 128), "float32", name)]


def walked(model, **given):
    seen = []

    def better(failure, arguments):
        seen.append(failure)
        return [((), one) for one in asked_for(failure, arguments[1], guesses)]

    first = {name: torch.empty(shape, device="meta") for name, shape in given.items()}
    walk = walk_guesses(model, [((), first)], better=better, name="net", source="", tolerant=True)
    return walk, seen


@pytest.mark.parametrize(
    ("model", "given", "wanted"),
    [
        (Named(), {"hidden_states": (1, 128)}, ((1, 128), (1, 128))),
        (HandedOn(), {"x": (1, 128)}, ((1, 128), (1, 128))),
        (Wide(), {"x": (1, 3, 80)}, ((1, 3, 160),)),
        (Sound(), {"x": (1, 16000)}, ((1, 1, 16000),)),
        (Spectrogram(), {"x": (1, 40, 3000)}, ((1, 3000, 40),)),
        (Codes(), {"code": (1, 128)}, ((1, 128),)),
        (InPieces(), {"sound": (1, 16000)}, ((1, 16000),)),
        (InPieces(), {"sound": (1, 16001)}, ((1, 16640),)),
        (Hides(), {"x": (1, 128), "mask": (1, 128)}, ((1, 128), (1, 128))),
        (ByPlace(), {"x": (1, 9, 16)}, ((1, 9, 24),)),
        (OfPictures(), {"pictures": (1, 2, 5), "mask": (1, 128)}, ((1, 2, 5), (1, 128, 2))),
        (ChannelsLast(), {"picture": (6, 3, 8, 8)}, ((6, 8, 8, 3),)),
        (WithTime(), {"values": (1, 24, 9), "time": (1, 24, 1)}, ((1, 24, 9), (1, 24, 0))),
        (Patches(), {"picture": (1, 3, 8, 8)}, ((1, 16, 12),)),
        (Squares(), {"picture": (1, 4, 4, 3)}, ((1, 8, 8, 3),)),
        (Rows(), {"patches": (16, 3)}, ((64, 3),)),
        (Compares(), {"pictures": (1, 16, 8), "sound": (1, 36)}, ((1, 9, 8), (1, 36))),
    ],
)
def test_the_next_guess_goes_through(model, given, wanted):
    walk, seen = walked(model, **given)
    assert seen or wanted == tuple(given.values())
    assert walk.completeness.complete
    assert walk.run.input_shapes == wanted


def test_what_has_a_value_already_is_not_asked_for():
    _, (failure, *_) = walked(Named(), hidden_states=(1, 128))
    assert missing_names(failure, {"hidden_states": torch.empty(1)}) == ["bbox"]
    assert missing_names(failure, {"bbox": torch.empty(1)}) == []


def test_there_is_an_end():
    class Never(nn.Module):
        def forward(self, x):
            raise ValueError("a dimension of length 3 at -1! should be broadcastable to [5]")

    walk, seen = walked(Never(), x=(1, 5, 7))
    assert not walk.completeness.complete
    assert len(seen) < 20


def test_a_step_that_needs_values_is_no_reason_to_try_other_shapes():
    class Values(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide = nn.Linear(4000, 4000)

        def forward(self, x):
            return self.wide(x)[x > 0]

    walk, seen = walked(Values(), x=(1, 4000))
    assert len(seen) == 1
    assert walk.run.stopped is not None
