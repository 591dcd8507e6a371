"""transformers' models: `hf:NAME`, `hf:path/config.json`. Nothing is downloaded."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible
from explainer.plain_file import bytes_of
from explainer.source.build import build
from explainer.source.build_failures import build_failed
from explainer.source.libraries import Guesses, library, near_names, unknown
from explainer.source.recipe import MadeBy
from explainer.source.transformers_inputs import inputs_of
from explainer.source.unknown_names import on_the_hub

NO_SETTING = Bi(
    zh="配置里没有“{name}”这一项。{near}请检查 --arg 里的名称。",
    en="The configuration has no '{name}'.{near} Check the names given with --arg.",
)
EMPTY = Bi("文件是空的", "the file is empty")
NO_JSON = Bi("它不是JSON", "it is no JSON")
NO_TYPE = Bi("里面没有 model_type", "it has no model_type")
BAD_CONFIG = Bi(
    zh="配置文件 {path} 无法读取：{reason}。应为transformers的 config.json，其中要有 model_type。",
    en="The configuration {path} cannot be read: {reason}. It should be a transformers config.json with a model_type.",
)


def from_transformers(name: str, arguments: Mapping[str, Any]) -> tuple[nn.Module, Guesses, dict[str, Any], MadeBy]:
    """An architecture by model type, class, or local config.json, with its default configuration. Raises UserError.

    arguments: settings of the configuration; what it works out from others (a head's width) follows them.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    transformers = library("transformers")
    try:
        config, make, settings = _architecture(transformers, name)
        for key in arguments:
            if not hasattr(config, key):
                raise UserError(NO_SETTING.format(name=key, near=near_names(key, vars(config))))
        if arguments:
            settings = {**settings, **arguments}
            config = type(config).from_dict(settings)
    except UserError:
        raise
    except Exception as error:  # a configuration that is not valid by itself
        raise build_failed(name, error) from error
    model = build(lambda: make(config), name, {}, shown={})
    return model, *inputs_of(model, config), MadeBy(make, settings, configuration=type(config))


def name_of(name: str) -> str:
    """What a lesson is called: a configuration after its file, `config.json` and a folder after the folder."""
    path = Path(name)
    if path.suffix != ".json" and not path.is_dir():
        return name
    return path.resolve().parent.name if path.name == "config.json" else path.resolve().stem


def _architecture(transformers: ModuleType, name: str) -> tuple[Any, Callable[[Any], Any], dict[str, Any]]:
    """The configuration, what makes a model of it, and the settings that were given."""
    types = transformers.CONFIG_MAPPING
    path = Path(name)
    path = path / "config.json" if path.is_dir() else path
    if path.suffix == ".json" or path.is_file():
        settings = _settings(path)
        if settings["model_type"] not in types:
            raise UserError(unknown("transformers", str(settings["model_type"]), types))
        config = types[settings["model_type"]].from_dict(settings)
        heads = [getattr(transformers, head, None) for head in settings.get("architectures") or ()]
        return config, next((head for head in heads if head), transformers.AutoModel.from_config), settings
    found = getattr(transformers, name, None)
    if isinstance(found, type) and issubclass(found, transformers.PreTrainedModel):
        kind: Any = found
        if kind.config_class:
            return kind.config_class(), kind, {}
    for key in (name, name.replace("_", "-"), name.replace("-", "_")):
        if key in types:
            config = types[key]()
            return config, _class_of(transformers, config), {}
    raise UserError(on_the_hub(name, types) or unknown("transformers", name, types))


def _class_of(transformers: ModuleType, config: Any) -> Callable[[Any], Any]:
    """AutoModel's choice; for the configuration of a part (a vision tower) the model class beside it."""
    if type(config) in transformers.MODEL_MAPPING:
        make: Callable[[Any], Any] = transformers.AutoModel.from_config
        return make
    home = importlib.import_module(type(config).__module__.replace("configuration_", "modeling_"))
    classes = [value for value in vars(home).values() if isinstance(value, type)]
    own = [kind for kind in classes if getattr(kind, "config_class", None) is type(config)]
    named = [kind for kind in own if kind.__name__.endswith("Model") and "PreTrained" not in kind.__name__]
    found = [*named, *(kind for kind in own if "PreTrained" not in kind.__name__)]
    return found[0] if found else transformers.AutoModel.from_config


def _settings(path: Path) -> dict[str, Any]:
    try:
        text = bytes_of(path)
    except OSError as error:
        reason = same(str(error).splitlines()[0])
        raise UserError(BAD_CONFIG.format(path=visible(str(path)), reason=reason)) from error
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = NO_JSON if text.strip() else EMPTY
        raise UserError(BAD_CONFIG.format(path=visible(str(path)), reason=reason)) from error
    if not isinstance(settings, dict) or not isinstance(settings.get("model_type"), str):
        raise UserError(BAD_CONFIG.format(path=visible(str(path)), reason=NO_TYPE))
    return dict(settings)
