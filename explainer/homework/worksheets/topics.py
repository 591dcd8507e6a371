"""What a worksheet can be about: families of rules under the names that teachers use, in Chinese and in English."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity

_LEARNED: tuple[Quantity, ...] = ("params", "params", "bytes", "weights", "bias")
_SEEN: tuple[Quantity, ...] = ("params", "shape", "macs", "bytes", "weights", "bias", "flops", "activations")


@dataclass(frozen=True)
class Topic:
    """A family of layers.

    key: what stands in a sheet's id; names: what else it answers to; rules: each with the level from which it is drawn;
    quantities: what is asked, the first ones most often.
    """

    key: str
    title: Bi
    names: tuple[str, ...]
    rules: tuple[tuple[str, int], ...]
    quantities: tuple[Quantity, ...]

    def rules_at(self, level: int) -> tuple[str, ...]:
        """The names of the rules drawn from at this level."""
        return tuple(name for name, least in self.rules if least <= level)


TOPICS = (
    Topic(
        "conv",
        Bi("卷积层", "convolution"),
        ("convolution", "conv2d", "卷积", "卷积层"),
        (("conv2d", 1), ("conv1d", 2), ("conv3d", 3)),
        _SEEN,
    ),
    Topic(
        "tconv",
        Bi("转置卷积层", "transposed convolution"),
        ("transposed", "transposed-convolution", "convtranspose", "deconv", "转置卷积", "转置卷积层", "反卷积"),
        (("conv_transpose2d", 1), ("conv_transpose1d", 2), ("conv_transpose3d", 3)),
        ("shape", "params", "shape", "macs", "bytes", "weights"),
    ),
    Topic(
        "linear",
        Bi("全连接层", "fully connected layers"),
        ("fc", "dense", "fully-connected", "全连接", "全连接层", "线性层"),
        (("linear", 1), ("bilinear", 3)),
        ("params", "macs", "bytes", "weights", "bias", "flops"),
    ),
    Topic(
        "pool",
        Bi("池化层", "pooling"),
        ("pooling", "maxpool", "avgpool", "池化", "池化层"),
        (
            ("max_pool2d", 1),
            ("avg_pool2d", 1),
            ("max_pool1d", 2),
            ("adaptive_avg_pool2d", 2),
            ("avg_pool1d", 2),
            ("max_pool3d", 3),
        ),
        ("shape", "shape", "activations", "params"),
    ),
    Topic(
        "bn",
        Bi("批归一化层", "batch normalization"),
        ("batchnorm", "batch-norm", "batch_norm", "batch-normalization", "批归一化", "批归一化层", "批量归一化"),
        (("batch_norm2d", 1), ("batch_norm1d", 2), ("batch_norm3d", 3)),
        ("params", "params", "bytes"),
    ),
    Topic(
        "norm",
        Bi("层归一化与组归一化", "layer and group normalization"),
        ("layernorm", "layer-norm", "layer_norm", "ln", "groupnorm", "层归一化", "层归一化层", "组归一化", "归一化"),
        (("layer_norm", 1), ("group_norm", 1), ("rms_norm", 2), ("instance_norm", 3)),
        ("params", "params", "bytes"),
    ),
    Topic("lstm", Bi("长短期记忆层", "LSTM"), ("长短期记忆", "长短期记忆层"), (("LSTM", 1), ("LSTMCell", 2)), _LEARNED),
    Topic("gru", Bi("门控循环层", "GRU"), ("门控循环", "门控循环层"), (("GRU", 1), ("GRUCell", 2)), _LEARNED),
    Topic(
        "rnn",
        Bi("循环层", "recurrent layers"),
        ("recurrent", "循环", "循环层", "循环神经网络"),
        (("RNN", 1), ("LSTM", 1), ("GRU", 1), ("RNNCell", 2), ("LSTMCell", 2), ("GRUCell", 2)),
        _LEARNED,
    ),
    Topic(
        "attn",
        Bi("注意力层", "attention"),
        ("attention", "multihead", "mha", "注意力", "注意力层", "多头注意力"),
        (("multi_head_attention", 1),),
        ("params", "params", "bytes"),
    ),
    Topic(
        "embed",
        Bi("嵌入层", "embedding"),
        ("embedding", "嵌入", "嵌入层", "词嵌入"),
        (("embedding", 1), ("embedding_bag", 3)),
        ("params", "bytes", "params", "shape"),
    ),
    Topic(
        "act",
        Bi("激活层与丢弃层", "activation and dropout"),
        ("activation", "relu", "dropout", "激活", "激活层", "激活函数", "丢弃层"),
        (("ReLU", 1), ("Sigmoid", 1), ("GELU", 1), ("Dropout", 1), ("PReLU", 2)),
        ("params", "activations"),
    ),
    Topic(
        "units",
        Bi("存储量与计算量", "memory and cost"),
        ("unit", "memory", "flops", "单位", "存储", "存储量", "显存", "计算量"),
        (("conv2d", 1), ("linear", 1), ("embedding", 1)),
        ("bytes", "macs", "bytes", "flops"),
    ),
)

UNKNOWN = Bi(
    zh="没有知识点“{topic}”{near}。可用的有：{topics}。",
    en="There is no topic '{topic}'{near}. The topics are: {topics}.",
)
NEAR = Bi(zh="，相近的有 {name}", en=" (did you mean {name}?)")
NONE = Bi(
    zh="请给出至少一个知识点，例如 --topic conv,batchnorm。",
    en="Give at least one topic, as in --topic conv,batchnorm.",
)


def find_topics(names: str | Iterable[str]) -> tuple[Topic, ...]:
    """`"conv,batchnorm"` or `["卷积", "bn"]` → the topics, each once, in the order given. Raises UserError."""
    listed = (
        names.replace("，", ",").replace("、", ",").replace("+", ",").split(",") if isinstance(names, str) else names
    )
    given = [name.strip() for name in listed if name.strip()]
    if not given:
        raise UserError(NONE)
    return tuple(dict.fromkeys(_topic(name) for name in given))


def _topic(name: str) -> Topic:
    plain = unicodedata.normalize("NFKC", name).casefold().replace(" ", "-")
    known = {alias.casefold(): topic for topic in TOPICS for alias in (topic.key, *topic.names)}
    if plain in known:
        return known[plain]
    close = difflib.get_close_matches(plain, list(known), 1)
    raise UserError(
        UNKNOWN.format(
            topic=name,
            near=NEAR.format(name=close[0]) if close else Bi("", ""),
            topics=Bi(
                "、".join(f"{topic.key}（{topic.title.zh}）" for topic in TOPICS),
                ", ".join(f"{topic.key} ({topic.title.en})" for topic in TOPICS),
            ),
        )
    )
