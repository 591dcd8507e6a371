"""A name or a path → a model and its example input."""

from explainer.source.arguments import parse_arguments
from explainer.source.inputs import Input, InputSpec, InputValue, parse_input, texts_of
from explainer.source.load import Loaded, input_guesses, load, static_inputs

__all__ = [
    "Input",
    "InputSpec",
    "InputValue",
    "Loaded",
    "input_guesses",
    "load",
    "parse_arguments",
    "parse_input",
    "static_inputs",
    "texts_of",
]
