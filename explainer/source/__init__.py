"""A name or a path → a model and its example input."""

from explainer.source.arguments import InputSpec, parse_arguments, parse_input
from explainer.source.load import Loaded, input_guesses, load, static_inputs

__all__ = ["InputSpec", "Loaded", "input_guesses", "load", "parse_arguments", "parse_input", "static_inputs"]
