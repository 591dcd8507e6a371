"""A layer as it would be written in a program: valid Python, every option that bears on a figure, and none that does not."""

from __future__ import annotations

from explainer.homework.expressions import expression
from explainer.i18n.bilingual import shape_text
from explainer.walkthrough.call import Call, Op

_NO_MATTER = ("eps=", "momentum=", "inplace=", "p=", "dropout=")
_USUAL = {"affine=True", "elementwise_affine=True", "track_running_stats=True", "dilation=1", "ceil_mode=False"}
_OF_INSTANCES = {
    "affine=False",
    "track_running_stats=False",
    "bias=True",
    "bias=False",
}  # what InstanceNorm has by itself
_WORD = expression(r"(padding|padding_mode)=([a-z]+)")


def layer_line(call: Call) -> str:
    """`Conv2d(3, 64, kernel_size=(3, 3), padding='same')`."""
    op = call.op
    if op is None:
        return call.type
    if not op.text and op.tensors:  # a class that prints nothing of itself: what it has
        return f"{call.type}({', '.join(f'{name}: {shape_text(shape)}' for name, shape in op.tensors.items())})"
    if "embed_dim" in op.options and "num_heads" in op.options:
        return f"{call.type}({', '.join(_attention(op))})"
    usual = _USUAL | ({"bias=True"} if "affine" in op.text else set())
    if call.type.startswith("InstanceNorm"):
        usual = _OF_INSTANCES - ({"bias=False"} if op.options.get("affine") else set())
    given = [_WORD.sub(r"\1='\2'", part) for part in _parts(op.text)]
    kept = [part for part in given if part not in usual and not part.startswith(_NO_MATTER)]
    if op.options.get("ceil_mode") and "ceil_mode=True" not in kept:  # AvgPool1d does not print it
        kept.append("ceil_mode=True")
    return f"{call.type}({', '.join(kept)})"


def _parts(text: str) -> list[str]:
    """`3, 64, kernel_size=(3, 3)` in its arguments."""
    parts: list[str] = []
    depth = 0
    for piece in text.split(", "):
        if depth:
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
        depth += piece.count("(") - piece.count(")")
    return [part for part in parts if part]


def _attention(op: Op) -> list[str]:
    """What torch does not print of attention itself."""
    width = op.options["embed_dim"]
    options = [f"embed_dim={width}", f"num_heads={op.options['num_heads']}"]
    options += [] if "in_proj_bias" in op.tensors else ["bias=False"]
    if (op.options.get("kdim", width), op.options.get("vdim", width)) != (width, width):
        options += [f"kdim={op.options['kdim']}", f"vdim={op.options['vdim']}"]
    options += ["add_bias_kv=True"] if "bias_k" in op.tensors else []
    options += ["add_zero_attn=True"] if op.options.get("add_zero_attn") else []
    return options + (["batch_first=True"] if op.options.get("batch_first") else [])
