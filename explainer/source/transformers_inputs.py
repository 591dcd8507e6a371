"""What transformers' models are given where nobody said: by the names of their forward's arguments, and the configuration.

A sentence, a picture, a second of sound; for a vision tower the patches of one picture and how they lie. There is more than one
guess, and the one that gets furthest counts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from math import lcm, prod
from typing import Any

import torch
from torch import nn

from explainer.source.asked_inputs import asked_for
from explainer.source.failing_code import Failure
from explainer.source.inputs import Input, InputSpec, InputValue
from explainer.source.libraries import Guesses

TOKENS = 128  # a sentence's length where nobody gave one
GRID = 16  # patches of a picture, in each direction; or a few more, where so many at a time become one
SECOND = 16_000  # samples of a second of sound
FRAMES = 16  # pictures of a film
POINTS = 3_000  # frames of half a minute of sound


def inputs_of(model: nn.Module, config: Any) -> tuple[Guesses, dict[str, Any]]:
    """Inputs by the name that the model gives its main one and by what its forward demands; then with a second kind too."""
    main: str | list[str] = getattr(model, "main_input_name", "input_ids")
    name = main if isinstance(main, str) else main[0]  # OneFormer names two
    parameters = inspect.signature(model.forward).parameters
    demanded = [key for key, value in parameters.items() if value.default is value.empty and value.kind in _NAMED]
    names = list(dict.fromkeys([*([name] if name in parameters or not demanded else []), *demanded]))
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in parameters:
        names.append("decoder_input_ids")
    options = {"use_cache": False} if "use_cache" in parameters else {}
    guesses = [_together(names, config)]
    for other in _SECOND_KINDS:
        if other in parameters and other not in names:
            guesses += [_together([*names, other], config), _together([other], config)]
    guesses += [_together([*demanded, *kinds], config) for kinds in _COMPANIES if set(kinds) <= set(parameters)]
    guesses += [_as_squares(guess, config) for guess in guesses]
    return tuple(dict.fromkeys(guess for guess in guesses if guess)), options


def better_inputs(model: nn.Module) -> Callable[[Failure, _Arguments], Iterable[_Arguments]]:
    """What else to give after a failure: see `asked_inputs`."""
    config = getattr(model, "config", None)

    def better(failure: Failure, given: _Arguments) -> Iterable[_Arguments]:
        inputs, named = given
        if not inputs:
            for one in asked_for(failure, named, lambda name, given: _others(name, config, given)):
                if any(one.get(name) is not None and named.get(name) is None for name in _GRIDS):
                    yield from (((), other) for other in _in_patches(one, config))
                yield (), one

    return better


def _in_patches(given: dict[str, Any], config: Any) -> Iterable[dict[str, Any]]:
    """Where it is said how patches lie, pictures come as patches: small pictures of their own, in a row."""
    count, width = _patches(config)
    vision = _part(config, "vision_config")
    side, channels = _number(vision, 14, "patch_size"), _number(vision, 3, "in_channels", "in_chans", "num_channels")
    for name in _PICTURES:
        if name in given and given[name].dim() >= 4 and width % (channels * side * side) == 0:
            square = (width // (channels * side * side) * channels, side, side)
            for shape in ((1, count, *square), (count, *square), (count, width)):
                yield {**given, name: InputSpec(shape, "float32").given(not given[name].is_meta)}


def _others(name: str, config: Any, given: Mapping[str, Any]) -> list[Input]:
    """Inputs of a name that the forward does not demand: of the lengths that the others have."""
    lengths = {size: None for value in given.values() if hasattr(value, "shape") for size in value.shape[1:]}
    if name.endswith("mask"):
        masks = [(1, size) for size in (_length(config), *lengths) if size > 3]
        return [InputSpec(mask, "int64", name) for mask in dict.fromkeys(masks)]
    if name.endswith(("_lens", "_lengths", "lens", "lengths")):
        return [InputValue(torch.tensor([max(lengths, default=TOKENS)]), name)]
    if name in _SETTINGS:
        setting = getattr(config, _SETTINGS[name], None)
        first = setting[0] if isinstance(setting, list | tuple) and setting else setting
        return [InputValue(first, name)] if first is not None else []
    if name.startswith(("num_", "n_")):
        return [InputValue(number, name) for number in (max(lengths, default=TOKENS), 32)]
    return [_one(name, config, False)]


_SETTINGS = {"bandwidth": "target_bandwidths", "n_docs": "n_docs"}  # inputs that a setting lists
_Arguments = tuple[tuple[Any, ...], dict[str, Any]]
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_SECOND_KINDS = ("pixel_values", "input_ids", "input_features", "inputs_embeds", "input_values")
_PICTURES = ("pixel_values", "hidden_states")
_COMPANIES = (  # what goes together
    ("input_ids", "pixel_values", "input_features"),
    ("input_ids", "input_features"),
    ("input_ids", "bbox", "pixel_values"),
    ("pixel_values", "input_points"),
    ("states", "actions", "rewards", "returns_to_go", "timesteps"),
)


def _together(names: list[str], config: Any) -> tuple[Input, ...]:
    grid = any(name in names for name in _GRIDS)
    if "pixel_position_ids" in names:  # patches in a row, of each of several pictures
        patches = InputSpec((1, *_patches(config)), "float32", "pixel_values")
        return tuple(patches if name == "pixel_values" else _one(name, config, grid) for name in dict.fromkeys(names))
    return tuple(_one(name, config, grid) for name in dict.fromkeys(names))


def _as_squares(guess: tuple[Input, ...], config: Any) -> tuple[Input, ...]:
    """The same with every patch as a small picture of its own, or two pictures side by side to be matched; () if neither fits."""
    made: list[Input] = []
    for one in guess:
        if isinstance(one, InputSpec) and one.name in _PICTURES and len(one.shape) in (2, 4):
            vision = _part(config, "vision_config")
            channels, side = (
                _number(vision, 3, "in_channels", "in_chans", "num_channels"),
                _number(vision, 14, "patch_size"),
            )
            squares = (one.shape[0], channels, side, side) if len(one.shape) == 2 else (1, 2, *one.shape[1:])
            made.append(InputSpec(squares, one.dtype, one.name))
        else:
            made.append(one)
    return tuple(made) if made != list(guess) else ()


def _one(name: str, config: Any, grid: bool) -> Input:
    """An input by its name. grid: the pictures come as patches in a row."""
    if grid and name in (*_PICTURES, "pixel_values_videos", "patch_embeds"):
        return InputSpec(_patches(config), "float32", name)
    if name in _GRIDS:
        return InputValue(torch.tensor(_GRIDS[name](_grid(config))), name)
    if name in _VALUES:
        return InputValue(_VALUES[name](config), name)
    dtype = "int64" if name.endswith(("_ids", "_idx", "bbox", "aspect_ratio_ids", "codes", "timesteps")) else "float32"
    return InputSpec(_shape(name, config), dtype, name)


_GRIDS: Mapping[str, Callable[[int], list[list[int]]]] = {
    "grid_thw": lambda side: [[1, side, side]],
    "image_grid_thw": lambda side: [[1, side, side]],
    "spatial_shapes": lambda side: [[side, side]],
    "target_sizes": lambda side: [[side, side]],
}
_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "merge_sizes": lambda config: torch.tensor([2]),
    "num_options": lambda config: torch.tensor([[2]]),
    "num_patches": lambda config: _grid(config) ** 2,
    "chunk_sample_lengths": lambda config: torch.tensor([SECOND]),
    "freq": lambda config: torch.zeros(1, 1, dtype=torch.int64),
}


def _shape(name: str, config: Any) -> tuple[int, ...]:
    vision = _part(config, "vision_config", "image_encoder", "backbone_config")
    channels, sides = _number(vision, 3, "num_channels", "in_channels", "in_chans"), _sides(vision)
    frames = getattr(vision, "num_frames", None)
    cut = getattr(vision, "max_num_tiles", None)  # a picture cut into tiles
    tiles = (1, cut) if isinstance(cut, int) else (frames,) if frames else ()
    length, width = _length(config), _width(config)
    series = _series(config)
    shapes: dict[str, tuple[int, ...]] = {
        "pixel_values": (1, *tiles, channels, *sides),
        "pixel_values_videos": (1, frames or FRAMES, channels, *sides),
        "image": (1, channels, *sides),
        "aspect_ratio_mask": (1, 1, _number(vision, 4, "max_num_tiles")),
        "pixel_attention_mask": (1, _grid(config) ** 2),
        "pixel_position_ids": (1, _grid(config) ** 2, 2),
        "prompt_pixel_values": (1, channels, *sides),
        "prompt_masks": (1, channels, *sides),
        "inputs_embeds": (1, length, width),
        "hidden_states": (1, length, width),
        "last_hidden_state": (1, length, width),
        "query_embeds": (1, 32, width),
        "patch_embeds": (1, _grid(config) ** 2, width),
        "input_values": _sound(config),
        "input_features": _features(config),
        "input_features_mask": _features(config)[:1] + _features(config)[-1:],
        "audio_mel": _features(config),
        "audio_mel_mask": (1, POINTS),
        "mel_spectrogram": (1, TOKENS, _number(config, 80, "num_mel_bins")),
        "spectrogram": (1, TOKENS, _number(config, 80, "model_in_dim", "num_mel_bins")),
        "bbox": (1, length, 4),
        "actions": (1, TOKENS, _number(config, 4, "act_dim")),
        "rewards": (1, TOKENS, 1),
        "returns_to_go": (1, TOKENS, 1),
        "timesteps": (1, TOKENS),
        "states": (1, TOKENS, _number(config, 17, "state_dim")),
        "past_values": series,
        "past_observed_mask": series,
        "past_time_features": (*series[:2], _number(config, 1, "num_time_features")),
        "flattened_patches": (1, TOKENS, 2 + channels * _number(vision, 16, "patch_size") ** 2),
        "input_points": (1, 1, 1, 2),
        "latents": (1, TOKENS, width),
        "aspect_ratio_ids": (1, 1),
    }
    return shapes.get(name, (1, length))


def _part(config: Any, *names: str) -> Any:
    """The configuration of a part, where there is one."""
    return next((part for name in names if (part := getattr(config, name, None)) is not None), config)


def _number(config: Any, otherwise: int, *names: str) -> int:
    """The first of these settings that is a whole number."""
    found = (getattr(config, name, None) for name in names)
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool)), otherwise)


def _sides(vision: Any) -> tuple[int, int]:
    size = getattr(vision, "image_size", None) or getattr(vision, "img_size", None) or 224
    ratios = getattr(vision, "scaled_images_ratios", None)
    if ratios:  # Depth Pro cuts a picture, made smaller, into patches of this size
        size = int(vision.patch_size / min(ratios))
    if isinstance(size, Mapping):
        size = (size.get("height", 224), size.get("width", 224))
    if isinstance(size, list | tuple):
        return (int(size[0]), int(size[-1]))
    return (int(size), int(size))


def _patches(config: Any) -> tuple[int, int]:
    """The patches of one picture in a row: how many, and the numbers in each (two pictures of a film at a time)."""
    vision = _part(config, "vision_config")
    side = getattr(vision, "patch_size", 14)
    sides = prod(side) if isinstance(side, list | tuple) else side**2
    films = _number(vision, 1, "temporal_patch_size")
    return _grid(config) ** 2, _number(vision, 3, "in_channels", "in_chans", "num_channels") * films * sides


def _grid(config: Any) -> int:
    """Patches of a picture in each direction: GRID, brought up to what they are pooled and merged by."""
    vision = _part(config, "vision_config")
    by = lcm(*(_number(vision, 1, name) or 1 for name in ("pooling_kernel_size", "spatial_merge_size")))
    return -(-GRID // by) * by


def _features(config: Any) -> tuple[int, ...]:
    """A spectrogram, bands first: half a minute, or as much as the model takes."""
    sound = _part(config, "audio_config", "audio_encoder_config", "encoder_config")
    bands = _number(sound, 80, "num_mel_bins", "feature_size", "input_feat_per_channel", "input_dim", "input_feat_size")
    if isinstance(getattr(sound, "spec_size", None), int):  # CLAP takes a picture of the sound
        return 1, 1, 1001, _number(sound, 64, "num_mel_bins")
    longest = _number(sound, POINTS // 2, "max_source_positions")
    return (1, bands, 2 * longest) if hasattr(sound, "max_source_positions") else (1, bands, POINTS)


def _sound(config: Any) -> tuple[int, ...]:
    """A second of sound, or a spectrogram where the configuration speaks of mel bins."""
    bins, frames = getattr(config, "num_mel_bins", None), getattr(config, "max_length", None)
    return (1, frames, bins) if isinstance(bins, int) and isinstance(frames, int) else (1, SECOND)


def _series(config: Any) -> tuple[int, ...]:
    """Measured values over time: as many as the model looks back, and its lags."""
    lags = getattr(config, "lags_sequence", None) or [0]
    length = _number(config, TOKENS, "context_length", "prediction_length") + max(lags)
    channels = _number(config, 1, "num_input_channels", "input_size")
    return (1, length) if channels == 1 and hasattr(config, "lags_sequence") else (1, length, channels)


def _width(config: Any) -> int:
    return _number(_part(config, "text_config"), 0, "hidden_size", "d_model", "embed_dim", "hidden_dim") or 768


def _length(config: Any) -> int:
    longest = getattr(_part(config, "text_config"), "max_position_embeddings", None)
    return min(TOKENS, longest) if isinstance(longest, int) and longest > 0 else TOKENS
