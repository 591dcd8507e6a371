"""Symbols for hyperparameters: the letters that are usual for some names, the names themselves for all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.probing.stages import Stage

Known = Mapping[str, tuple[str, Bi]]
_USUAL: tuple[tuple[str, Bi, tuple[str, ...]], ...] = (
    ("N", Bi("批量大小", "batch size"), ("batch",)),
    ("T", Bi("序列长度", "length of the sequence"), ("tokens",)),
    ("s", Bi("图像边长", "side of the image"), ("side",)),
    ("V", Bi("词表大小", "size of the vocabulary"), ("vocab_size", "num_embeddings", "n_vocab", "vocab")),
    (
        "T_max",
        Bi("最大序列长度", "longest sequence"),
        ("max_position_embeddings", "n_positions", "n_ctx", "block_size", "max_len", "seq_len", "max_seq_len"),
    ),
    (
        "d",
        Bi("隐藏维数", "width"),
        ("hidden_size", "n_embd", "d_model", "dim", "embed_dim", "hidden_dim", "hidden_sizes", "embed_dims", "dims"),
    ),
    ("d_x", Bi("词向量维数", "width of the word vectors"), ("embedding_dim",)),
    (
        "L",
        Bi("块数", "number of blocks"),
        (
            "num_hidden_layers",
            "n_layer",
            "num_layers",
            "n_layers",
            "encoder_layers",
            "depth",
            "layers",
            "depths",
            "block_layers",
            "num_blocks",
            "n_blocks",
        ),
    ),
    (
        "n_h",
        Bi("注意力头数", "number of heads"),
        ("num_attention_heads", "n_head", "num_heads", "n_heads", "heads", "nhead", "encoder_attention_heads"),
    ),
    ("n_kv", Bi("键值头数", "number of key-value heads"), ("num_key_value_heads", "num_kv_heads", "n_kv_heads")),
    (
        "f",
        Bi("前馈网络的中间维数", "inner width of the feed-forward network"),
        ("intermediate_size", "n_inner", "ffn_dim", "encoder_ffn_dim", "d_ff", "mlp_dim", "dim_feedforward"),
    ),
    ("d_h", Bi("每个头的维数", "width of a head"), ("head_dim", "d_kv")),
    (
        "E",
        Bi("专家数", "number of experts"),
        ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"),
    ),
    (
        "k",
        Bi("每个词元用到的专家数", "number of experts that a token uses"),
        ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "top_k"),
    ),
    ("d_e", Bi("专家的中间维数", "inner width of an expert"), ("moe_intermediate_size",)),
    ("n_s", Bi("句子类型数", "number of segment types"), ("type_vocab_size",)),
    ("K", Bi("类别数", "number of classes"), ("num_labels", "num_classes", "n_classes", "classes")),
    ("I", Bi("图像边长", "side of the image"), ("image_size", "img_size")),
    ("p", Bi("图像块边长", "side of a patch"), ("patch_size", "patch_sizes")),
    (
        "c",
        Bi("输入图像的通道数", "number of channels of the input image"),
        ("num_channels", "in_channels", "in_chans", "in_ch"),
    ),
    ("W", Bi("窗口边长", "side of a window"), ("window_size",)),
    ("i", Bi("输入特征数", "number of input features"), ("input_size", "in_features", "in_dim", "input_dim")),
    ("w", Bi("每组的基准宽度", "base width of a group"), ("width_per_group",)),
    ("w", Bi("宽度", "width"), ("width", "base_width", "base", "base_channels", "width_mult")),
    ("C", Bi("块的输出通道数", "number of channels of the blocks"), ("block_channels",)),
    (
        "C_0",
        Bi("输入端的输出通道数", "number of channels after the input stage"),
        ("stem_channels", "num_init_features"),
    ),
    ("l_c", Bi("最后一段的通道数", "number of channels of the last stage"), ("last_channel",)),
    ("f_s", Bi("通道数缩小的倍数", "divisor of the numbers of channels"), ("feature_scale",)),
    (
        "b",
        Bi(
            "1×1卷积的输出通道数与增长率之比",
            "number of channels of the 1×1 convolution, as a multiple of the growth rate",
        ),
        ("bn_size",),
    ),
    ("e", Bi("通道扩展的倍数", "factor by which the inside is wider"), ("expansion_ratio", "expand_ratio")),
    (
        "h",
        Bi("前馈网络中间的倍数", "factor by which the feed-forward network is wider inside"),
        ("mlp_ratio", "mlp_ratios"),
    ),
    ("q", Bi("压缩的比例", "share that squeezing leaves"), ("squeeze_ratio",)),
    (
        "R",
        Bi("键和值的边长缩小的倍数", "factor by which the sides of keys and values shrink"),
        ("sr_ratios", "sr_ratio"),
    ),
    ("C", Bi("卷积层的输出通道数", "output channels of the convolutions"), ("conv_dim",)),
    ("κ", Bi("卷积核大小", "kernel size"), ("conv_kernel", "kernel_size", "kernel_sizes")),
    ("g", Bi("分组数", "number of groups"), ("groups", "cardinality")),
    ("d_E", Bi("词嵌入的维数", "width of the embeddings"), ("embedding_size",)),
    ("n_g", Bi("共用参数的组数", "number of groups of blocks that share parameters"), ("num_hidden_groups",)),
    ("L_g", Bi("每组的块数", "number of blocks in a group"), ("inner_group_num",)),
    ("n_r", Bi("相对位置的桶数", "number of buckets of relative positions"), ("relative_attention_num_buckets",)),
    ("L_d", Bi("解码器的块数", "number of blocks of the decoder"), ("decoder_layers", "num_decoder_layers")),
    ("f_d", Bi("解码器前馈网络的中间维数", "inner width of the decoder's feed-forward network"), ("decoder_ffn_dim",)),
    ("n_d", Bi("解码器的注意力头数", "number of heads of the decoder"), ("decoder_attention_heads",)),
    ("T_s", Bi("源序列的最大长度", "longest source"), ("max_source_positions",)),
    ("T_t", Bi("目标序列的最大长度", "longest target"), ("max_target_positions",)),
    ("n_m", Bi("梅尔频带数", "number of mel bands"), ("num_mel_bins",)),
    ("d_p", Bi("投影的维数", "width of the projection"), ("projection_dim",)),
    ("r_kv", Bi("键值隐向量的维数", "width of the latent of keys and values"), ("kv_lora_rank",)),
    ("r_q", Bi("查询隐向量的维数", "width of the latent of queries"), ("q_lora_rank",)),
    ("d_r", Bi("每个头带旋转位置的维数", "rotated width of a head"), ("qk_rope_head_dim",)),
    ("d_n", Bi("每个头不带位置的维数", "width of a head without positions"), ("qk_nope_head_dim",)),
    ("d_v", Bi("每个头的值的维数", "width of a head's values"), ("v_head_dim",)),
    ("L_0", Bi("开头不用专家的块数", "number of blocks at the beginning without experts"), ("first_k_dense_replace",)),
    ("E_s", Bi("共享专家数", "number of experts that serve every token"), ("n_shared_experts", "num_shared_experts")),
    ("r", Bi("增长率", "growth rate"), ("growth_rate",)),
)
_RECURRENT: tuple[tuple[str, Bi, tuple[str, ...]], ...] = (  # the letters of the recurrent layers' own formulas
    ("h", Bi("隐藏单元数", "number of hidden units"), ("hidden_size", "hidden_dim", "n_hidden", "hidden")),
    ("D", Bi("词向量维数", "width of the word vectors"), ("embedding_dim", "embed_dim", "emb_dim", "embedding_size")),
    ("n", Bi("循环层的层数", "number of recurrent layers"), ("num_layers", "n_layers")),
)
_KNOWN = {name: (letter, meaning) for letter, meaning, names in _USUAL for name in names}
_KNOWN_RECURRENT = _KNOWN | {name: (letter, meaning) for letter, meaning, names in _RECURRENT for name in names}
LONG = 10  # letters of a name that is its own symbol
NAMED = Bi(zh="模型自定的参数", en="argument of the model's own")
IMAGE = (Bi("图像的高", "height of the image"), Bi("图像的宽", "width of the image"))
ENTRY = Bi(zh="{meaning}（第{n}项）", en="{meaning} (entry {n})")
BLOCKS = Bi(zh="第{n}段的块数", en="blocks of stage {n}")
OF_STAGE = Bi(zh="第{n}段的{meaning}", en="{meaning} in stage {n}")


def symbols_for(
    names: Sequence[str], stages: Mapping[str, Stage] | None = None, *, recurrent: bool = False
) -> dict[str, Symbol]:
    """A symbol of its own for each name; entries of a list are numbered from 1: L_1, L_2.

    stages: what is known of some entries.
    recurrent: the network has recurrent layers, whose formulas call the state's width h.

    >>> [symbol.name for symbol in symbols_for(["n_embd", "layers[0]", "growth"]).values()]
    ['d', 'L_1', 'growth']
    """
    known = _KNOWN_RECURRENT if recurrent else _KNOWN
    wanted = {name: _letter(name, known) for name in names}
    times = Counter(wanted.values())
    found: dict[str, Symbol] = {}
    used: set[str] = set()
    for name in names:
        letter = wanted[name] if times[wanted[name]] == 1 else _of_part(name, known) or _whole(name)
        while letter in used:
            letter += "_"
        used.add(letter)
        found[name] = Symbol(letter, _meaning(name, (stages or {}).get(name), known))
    return found


def _letter(name: str, known: Known) -> str:
    last = name.rpartition(".")[2]
    entry = re.fullmatch(r"(.+)\[(\d+)\]", last)
    if entry:
        usual = known.get(entry[1])
        return f"{usual[0] if usual else _whole(entry[1])}_{int(entry[2]) + 1}"
    usual = known.get(last)
    return usual[0] if usual else _initials(_whole(last))


def _of_part(name: str, known: Known) -> str:
    """d_vision for `vision_config.hidden_size`, where another part of the model has a width too; nothing for other names."""
    part, _, last = name.rpartition(".")
    usual = known.get(last)
    return f"{usual[0]}_{_whole(part).removesuffix('_config')}" if usual and part else ""


def _initials(name: str) -> str:
    """A long name of several words as a letter with an index: r_anb for `relative_attention_num_buckets`."""
    words = [word for word in name.split("_") if word]
    if len(words) < 2 or len(name) <= LONG or not all(word[0].isalpha() for word in words):
        return name
    return f"{words[0][0]}_{''.join(word[0] for word in words[1:])}"


def _whole(name: str) -> str:
    """The name as an identifier: `vision_config.hidden_size` → `vision_hidden_size`."""
    name = re.sub(r"_config(?=\.)", "", name)
    name = re.sub(r"\[(\d+)\]", lambda entry: f"_{int(entry[1]) + 1}", name)
    return re.sub(r"\W", "_", name)


def _meaning(name: str, stage: Stage | None, known: Known) -> Bi:
    usual = known.get(re.sub(r"\[\d+\]$", "", name.rpartition(".")[2]))
    meaning = usual[1] if usual else NAMED
    if stage is not None and (stage.counts or usual):
        return BLOCKS.format(n=stage.number) if stage.counts else OF_STAGE.format(n=stage.number, meaning=meaning)
    entry = re.search(r"\[(\d+)\]$", name)
    if entry and int(entry[1]) < len(IMAGE) and usual and usual[0] == "I":
        return IMAGE[int(entry[1])]
    return ENTRY.format(n=int(entry[1]) + 1, meaning=meaning) if entry else meaning
