"""A sentence that names options of the command line, as it is said to somebody who calls us from Python."""

from __future__ import annotations

import re

_FLAGS = "train|real|ledger|measure|symbols|relatives|checkpoint"
_NAMED = "batch|show|lang|detail|dtype|tokens|shards|group|times|terms"
# Patterns as text: compiled (5 ms) when a sentence needs them, which few commands say.
_SHAPE = r"--input (?:(\w+)=)?(\d+(?:,\d+)*)(?::(\w+))?(?![\w=:])"
_WRITTEN = r"--(input|arg) ([\w.]+=[^\s，；。]*[^\s，；。.,;:)])((?: --\1 [\w.]+=[^\s，；。]*[^\s，；。.,;:)])*)"
_CHANGED = r"--what-if (\w+=[\w.]+)"
_OTHERS = (
    (rf"--({_FLAGS})\b(?!-)", r"\1=True"),
    (rf"--({_NAMED})\b(?!-)", r"\1"),
    (r"--input\b(?: options?)?", "inputs"),
    (r"--arg\b", "arguments"),
    (r"--what-if\b", "what_if"),
)
_LISTS = {"input": "inputs", "arg": "arguments"}


def in_python(sentence: str, *, tensors: bool = False) -> str:
    """The sentence with the arguments of `explain_source`; tensors: with those of `explain`, which takes tensors.

    >>> in_python("write --input 1,3,224,224.")
    'write inputs=["1,3,224,224"].'
    >>> in_python("write --input 1,3,224,224.", tensors=True)
    'write input_size=(1, 3, 224, 224).'
    """
    if "--" not in sentence:
        return sentence
    sentence = re.sub(_SHAPE, _as_tensor if tensors else _as_text, sentence)
    sentence = re.sub(_CHANGED, r"what_if(\1)", re.sub(_WRITTEN, _as_list, sentence))
    for option, argument in _OTHERS:
        sentence = re.sub(option, argument, sentence)
    return sentence


def _as_text(found: re.Match[str]) -> str:
    return f'inputs=["{found[0].removeprefix("--input ")}"]'


def _as_tensor(found: re.Match[str]) -> str:
    name, sizes, dtype = found.groups()
    numbers = sizes.replace(",", ", ")
    tensor = f"torch.zeros({numbers}{f', dtype=torch.{dtype}' if dtype else ''})"
    if name:
        return f'kwargs={{"{name}": {tensor}}}'
    return f"inputs=[{tensor}]" if dtype else f"input_size=({numbers}{'' if ',' in numbers else ','})"


def _as_list(found: re.Match[str]) -> str:
    written = found[0].split(f"--{found[1]} ")[1:]
    return f"{_LISTS[found[1]]}=[{', '.join(repr(one.strip()) for one in written)}]".replace("'", '"')
