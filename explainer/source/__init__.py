"""A name or a path → a model and its example input."""

from explainer.source.load import Loaded, input_guesses, load, static_inputs
from explainer.source.parse import InputSpec, parse_arguments, parse_input

__all__ = ["InputSpec", "Loaded", "input_guesses", "load", "parse_arguments", "parse_input", "static_inputs"]
