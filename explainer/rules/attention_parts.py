"""What an attention layer consists of, read off a module or off a function's arguments: its widths, heads, tensors, and its formula."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi
from explainer.rules.base import has
from explainer.tracing.call import Call
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import D, bias

projections = Symbol(
    "projections",
    Bi("投影层数", "number of projections"),
    Bi("Q、K、V、输出", "Q, K, V, output"),
    literal=True,
    role=Role.PROJECTIONS,
)
in_projections = Symbol(
    "in_projections",
    Bi("输入投影层数", "number of input projections"),
    Bi("Q、K、V", "Q, K, V"),
    literal=True,
    role=Role.PROJECTIONS,
)
out_bias = Symbol(
    "b_o", Bi("输出层的偏置", "bias of the output layer"), Bi("偏置", "bias"), neutral=0, literal=True, role=Role.BIAS
)
appended = Symbol(
    "appended",
    Bi("附加的键和值", "appended key and value"),
    Bi("附加的键、值", "appended K, V"),
    neutral=0,
    literal=True,
    role=Role.APPENDED,
)
_OTHERS = Bi("键、值的特征维数", "numbers of features of the keys and the values")
D_k = Symbol(
    "D_k", Bi("键的特征维数", "number of features of the keys"), Bi("键的维数", "of keys"), _OTHERS, role=Role.FEATURES
)
D_v = Symbol(
    "D_v",
    Bi("值的特征维数", "number of features of the values"),
    Bi("值的维数", "of values"),
    _OTHERS,
    role=Role.FEATURES,
)
D_o = Symbol(
    "D_o",
    Bi("输出的特征维数", "number of features of the output"),
    Bi("输出的维数", "of the output"),
    role=Role.FEATURES,
)
S = Symbol(
    "S",
    Bi("键和值的序列长度", "sequence length of the keys and values"),
    Bi("键的长度", "length of keys"),
    role=Role.TOKENS,
)
more_keys = Symbol("e", Bi("附加的键的个数", "number of appended keys"), neutral=0, literal=True, role=Role.APPENDED)


@dataclass(frozen=True)
class Attention:
    """The hyperparameters, read off a module or off the function's arguments."""

    width: int
    keys: int
    values: int
    out: int
    heads: int
    in_bias: int
    out_bias: int
    appended: bool
    zero: bool
    packed: Shape | None

    @property
    def alike(self) -> bool:
        """All four projections have one shape."""
        return self.square and self.in_bias == self.out_bias

    @property
    def square(self) -> bool:
        """All four have as many outputs as inputs."""
        return self.keys == self.values == self.out == self.width

    @property
    def last(self) -> Symbol:
        """How wide the output is."""
        return D if self.out == self.width else D_o

    @property
    def numbers(self) -> dict[Symbol, int]:
        return {
            D: self.width,
            D_k: self.keys,
            D_v: self.values,
            D_o: self.out,
            bias: self.in_bias,
            out_bias: self.out_bias,
            projections: 4,
            in_projections: 3,
            appended: 2 * self.appended,
            more_keys: self.appended + self.zero,
        }

    def formula(self) -> Expr:
        if self.alike:
            whole: Expr = projections * (D + bias) * D
        elif self.packed:
            whole = in_projections * (D + bias) * D + (D + out_bias) * self.last
        else:
            whole = (D + bias) * D + (D_k + bias) * D + (D_v + bias) * D + (D + out_bias) * self.last
        return whole + appended * D


# The names of the tensors, and where they stand among the arguments of F.multi_head_attention_forward.
_TENSORS = {
    "in_proj_weight": 5,
    "in_proj_bias": 6,
    "bias_k": 7,
    "bias_v": 8,
    "q_proj_weight": 18,
    "k_proj_weight": 19,
    "v_proj_weight": 20,
}
OF_MODULE = (*_TENSORS, "out_proj.weight", "out_proj.bias")
OF_FUNCTION = {**_TENSORS, "out_proj_weight": 11, "out_proj_bias": 12}


def hyperparameters(call: Call) -> Attention:
    """Widths, heads and which parts there are, of the layer or of the function's arguments."""
    packed, key, value = (
        call.tensor_shape(name, _TENSORS[name]) for name in ("in_proj_weight", "k_proj_weight", "v_proj_weight")
    )
    output = call.option("out_proj").bias if call.module is not None else call.option("out_proj_bias", 12)
    separate = packed is None or key is not None
    width = key[0] if key else packed[1] if packed else 0
    out = None if call.module is not None else call.tensor_shape("out_proj_weight", 11)
    return Attention(
        width=width,
        keys=key[1] if key else width,
        values=value[1] if value else width,
        out=out[0] if out else width,
        heads=call.option("num_heads", 4),
        in_bias=has(call.option("in_proj_bias", 6)),
        out_bias=has(output),
        appended=call.option("bias_k", 7) is not None,
        zero=bool(call.option("add_zero_attn", 9)),
        packed=None if separate else packed,
    )
